"""Whether a machine's states are the network's: put the network into one, and see what it does.

Interchange intervention accuracy (Geiger et al. 2021), with the controls without which it means
little: a swap within one state, which should change nothing, and a move as long in a random
direction, which should not do what a state does.

Of decisions and labels it is counted how often the network does what the machine says. Values and
risks are numbers, which no machine of few states says exactly: there it is how much of the *change*
that the swap makes is the change that the machine says (`effects`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.faithfulness.causes.continuing import (
    Plan,
    Points,
    foretell,
    go_on,
    share_of,
)
from markovlens.faithfulness.causes.effects import FEWEST_SEQUENCES, Continued, Seen, effects
from markovlens.faithfulness.scores.tally import Bootstrap, Score
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

if TYPE_CHECKING:  # only those who hand over a network need torch
    from markovlens.activations.oracle import Oracle

SWAPS = ("iia", "iia_centroid", "iia_same_state", "iia_random")
TOO_FEW = f"fewer than {FEWEST_SEQUENCES} sequences with an informative swap"


@dataclass(frozen=True, slots=True)
class Explained:
    """What is tested of one abstraction.

    Attributes:
        machine: the machine.
        decoded: int (N,), its state after each step of the trace, read off the activations.
    """

    machine: Machine
    decoded: np.ndarray


def intervene(
    explained: Mapping[str, Explained],
    trace: Trace,
    oracle: Oracle,
    points: Points,
    bootstrap: Bootstrap,
) -> dict[str, dict[str, Score] | str]:
    """Return for each method its `SWAPS` scores and `iia_informative`, or why it has none.

    Of values and risks they are `effects.EFFECTS` in their place. The network is put into a donor's
    whole state (all layers, an LSTM's cells) and reads the rest of the base's input. `iia` is the
    share of steps at which it then decides as the machine does from the *donor's* decoded state.
    Only informative steps count, those at which the machine's continuations from the donor's and
    from the base's state differ: elsewhere agreement is free. `iia_informative` is the share of
    steps that are. On the same steps:

    - `iia_centroid`: the network is put at the mean whole state of the donor's decoded state.
    - `iia_random`: its own state is moved in a random direction, as far as the donor is away.
      Scored against the donor's continuation too: it shows what a disturbance of this size does.
    - `iia_same_state`: the donor has the base's decoded state; scored against what the undisturbed
      network does, as such a swap should change nothing.

    Of labels all this is counted label by label, and averaged over labels.

    A swap is left out of a score where the network's answer after it is not finite at a step that
    counts: its own states may be so large that one moved as far at random is beyond its floats.
    `Score.note` says how many are.

    Args:
        explained: the abstractions, by method.
        trace: held-out sequences.
        oracle: the network.
        points: where states are exchanged.
        bootstrap: over the trace's sequences; the base's sequence is the unit.
    """
    donors = {
        method: donors_of(one.decoded[points.row], points) for method, one in explained.items()
    }
    starts = {method: _starts(each, points) for method, each in donors.items()}
    comparison = Comparison.of(trace)
    seen = go_on(oracle, points.rest, starts, comparison)
    score = effects if comparison.graded else _shares
    scores: dict[str, dict[str, Score] | str] = {}
    for method, one in explained.items():
        continued = foretell(one.machine, donors[method].plan(), points, trace, comparison)
        found = score(continued, seen[method], bootstrap)
        scores[method] = found or TOO_FEW
    return scores


@dataclass(frozen=True, slots=True)
class Donors:
    """For each base: its state, a donor of another state and one of the same; -1 where none is."""

    state: np.ndarray
    donor: np.ndarray
    same: np.ndarray

    def plan(self) -> Plan:
        """Return what the machine says of it."""
        goal = self.state[self.donor]
        return Plan(self.state, goal, moved=self.donor >= 0, same=self.same >= 0)


def donors_of(state: np.ndarray, points: Points) -> Donors:
    """Return who gives a state to whom, by the machine's state (P,) at each place."""
    differs = state[points.order] != state[:, None]
    itself = points.order == np.arange(len(state))[:, None]
    return Donors(
        state, _first_in(points.order, differs), _first_in(points.order, ~differs & ~itself)
    )


def _first_in(order: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the first entry (P,) of each row of `order` that is wanted, -1 where none is."""
    found = order[np.arange(len(order)), wanted.argmax(axis=1)]
    return np.where(wanted.any(axis=1), found, -1)


def _starts(plan: Donors, points: Points) -> np.ndarray:
    """Return the whole states (4, P, F) of `SWAPS`; where there is no donor, whatever it be."""
    whole = points.whole.astype(np.float64)
    donors = whole[plan.donor]
    distance = np.linalg.norm(donors - whole, axis=1, keepdims=True)
    member = plan.state[:, None] == plan.state[plan.donor]  # (P, base): in the donor's state
    centroids = (member / member.sum(axis=0)).T @ whole
    disturbed = whole + distance * points.direction
    return np.stack([donors, centroids, whole[plan.same], disturbed]).astype(np.float32)


def _shares(continued: Continued, seen: Seen, bootstrap: Bootstrap) -> dict[str, Score]:
    """Return how often the network answers as it should, by `SWAPS`; nothing of too few steps."""
    informative = continued.counted[:, None] & (continued.from_donor != continued.from_base)
    within = informative & continued.has_same[:, None]
    wanted = {name: (continued.from_donor, informative) for name in SWAPS}
    wanted["iia_same_state"] = (continued.undisturbed, within)
    scores: dict[str, Score] = {}
    for name, answers, given in zip(SWAPS, seen.answers, seen.given, strict=True):
        right, where = wanted[name]
        known = continued.answered(given)
        score = share_of(answers == right, where & known[:, None], continued, bootstrap)
        if score is not None:
            scores[name] = replace(score, note=continued.note(known, where.any(axis=1)))
    if "iia" not in scores:
        return {}
    counted = np.broadcast_to(continued.counted[:, None], informative.shape)
    share = share_of(informative, counted, continued, bootstrap)
    return scores if share is None else scores | {"iia_informative": share}
