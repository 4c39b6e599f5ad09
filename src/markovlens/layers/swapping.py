"""What becomes of a network's answers when some of its layers are put into another state.

An interchange intervention (Geiger et al. 2021, "Causal Abstractions of Neural Networks"), layer by
layer. The other layers stay where they were, so that a layer on whose state nothing rests changes
nothing, and one that others overrule is overruled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.faithfulness.causes.continuing import (
    Points,
    foretell,
    go_on,
    share_of,
)
from markovlens.faithfulness.causes.effects import Continued, Seen
from markovlens.faithfulness.causes.intervention import Donors, donors_of
from markovlens.faithfulness.scores.tally import Bootstrap, Score
from markovlens.layers.probing import Probe, exchanged, random_directions
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Oracle

ALONE, UP_TO, FROM = "iia", "iia_up_to", "iia_from"
RANDOM, SAME = "iia_random", "iia_same_state"
PROBED, PROBED_RANDOM = "iia_probe", "iia_probe_random"
SWAPS = (ALONE, RANDOM, SAME, PROBED, PROBED_RANDOM, UP_TO, FROM)
Place = tuple[int, str]  # a layer's number from below, and one of `SWAPS`


@dataclass(frozen=True, slots=True)
class Stack:
    """A network that can be asked, its layers from below, and places to change its state at.

    Attributes:
        oracles: of each layer; all are of one network.
        points: the places; each is base and donor.
        donors: who gives a state to whom.
    """

    oracles: Sequence[Oracle]
    points: Points
    donors: Donors

    def starts(self, probes: Sequence[Probe], rng: np.random.Generator) -> dict[Place, np.ndarray]:
        """Return whole states (P, F) of all bases, by the layer and what was done to it."""
        own = [oracle.observe(self.points.whole) for oracle in self.oracles]
        given = [states[self.donors.donor] for states in own]
        top = len(own) - 1
        starts = {}
        for layer, (base, donor) in enumerate(zip(own, given, strict=True)):
            for name, states in self._of_layer(base, donor, probes[layer], rng):
                starts[layer, name] = self._put({layer: states})
            starts[layer, UP_TO] = self._put(dict(list(enumerate(given))[: layer + 1]))
            starts[layer, FROM] = self._put(dict(list(enumerate(given))[layer : top + 1]))
        return starts

    def _of_layer(
        self, base: np.ndarray, donor: np.ndarray, probe: Probe, rng: np.random.Generator
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the states (P, D) that one layer is put into."""
        direction = rng.normal(size=base.shape)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        yield ALONE, donor
        yield RANDOM, base + np.linalg.norm(donor - base, axis=1, keepdims=True) * direction
        yield SAME, base[self.donors.same]
        yield PROBED, exchanged(base, donor, probe.directions)
        yield PROBED_RANDOM, exchanged(base, donor, random_directions(probe, rng))

    def _put(self, layers: Mapping[int, np.ndarray]) -> np.ndarray:
        whole = self.points.whole
        for layer, states in layers.items():
            whole = self.oracles[layer].put(whole, states.astype(np.float32))
        return whole


def swap_layers(
    stack: Stack,
    machine: Machine,
    trace: Trace,
    probes: Sequence[Probe],
    *,
    bootstrap: Bootstrap,
    rng: np.random.Generator,
) -> dict[Place, Score | None]:
    """Return for each layer and each of `SWAPS` how often the network goes on as demanded.

    Only informative steps count, those after the swap at which the machine's answers from the
    donor's state and from the base's differ. `iia` is the share of them at which the network
    answers as the machine does from the *donor's* state when this layer alone has the donor's;
    `iia_up_to` when all layers up to this one have, `iia_from` when this and all above it have.
    Controls on the same steps:

    - `iia_random`: the layer is moved at random, as far as the donor is away.
    - `iia_same_state`: the donor is another sequence's that is in the base's own state; the answer
      should stay what the undisturbed network gives.
    - `iia_probe`: only what the layer's probe looks at is the donor's; `iia_probe_random` as many
      directions that lie anyhow.

    None where fewer than `FEWEST_SEQUENCES` sequences have such a step.
    """
    comparison = Comparison.of(trace)
    starts = stack.starts(probes, rng)
    whole = np.stack(list(starts.values()))
    seen = go_on(stack.oracles[0], stack.points.rest, {"all": whole}, comparison)["all"]
    continued = foretell(machine, stack.donors.plan(), stack.points, trace, comparison)
    return {
        place: _share(place[1], Seen(answers[None], given[None]), continued, bootstrap)
        for place, answers, given in zip(starts, seen.answers, seen.given, strict=True)
    }


def _share(name: str, seen: Seen, continued: Continued, bootstrap: Bootstrap) -> Score | None:
    where = continued.counted[:, None] & (continued.from_donor != continued.from_base)
    wanted = continued.from_donor
    if name == SAME:
        where, wanted = where & continued.has_same[:, None], continued.undisturbed
    known = continued.answered(seen.given[0])
    hits = seen.answers[0] == wanted
    score = share_of(hits, where & known[:, None], continued, bootstrap)
    note = continued.note(known, where.any(axis=1))
    return None if score is None else replace(score, note=note)


def donors_among(states: np.ndarray, points: Points) -> Donors:
    """Return who gives a state to whom, by the machine's state (N,) after each step."""
    return donors_of(states[points.row], points)
