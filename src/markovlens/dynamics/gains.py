"""Do kick units cause switches? What they receive is silenced or scaled, with controls beside.

Torre et al. 2025 scale the recurrent drive of kick units, and the noise drive of the units that
feed them, by 0 to 2. Here every change is judged by how often the network then switches, from the
same states and under the same noise as the unchanged network. Controls are as many units that are
no kick units: random ones, and ones that match in mean activity and norm of incoming weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.dynamics.controls import features_of, inputs_of, matched_units, random_units
from markovlens.dynamics.effects import CONTROLS, Effect, outcome_of
from markovlens.dynamics.kicks import KickGroup, units_of
from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.dynamics.switches import likeliest_of
from markovlens.errors import DataError

GAINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
CONTROL_GAINS = (0.0, 2.0)
SILENCED = (1, 2, 3, 6)  # units of a group, the first ones of its ranking
N_STEPS = 200
SETTLING = 10  # steps under the change before anything is counted: switches already under way end

Change = Callable[[NoisyNetwork, np.ndarray], NoisyNetwork]
Scale = Callable[[NoisyNetwork, np.ndarray, float], NoisyNetwork]


@dataclass(frozen=True, slots=True)
class Bench:
    """A network with the runs in which every change of it is tried.

    Attributes:
        network: unchanged.
        noise: (B, T, d).
        start: (B, H), states of normal runs.
        normal: (B, T), likeliest symbols of the unchanged network.
        states: (..., H), of normal runs.
        n_draws: draws of control units.
    """

    network: NoisyNetwork
    noise: np.ndarray
    start: np.ndarray
    normal: np.ndarray
    states: np.ndarray
    n_draws: int

    def effect(
        self, label: str, group: KickGroup, change: Change, draws: np.ndarray, *, level: float
    ) -> Effect:
        """Return what a change of units does, for one or more draws of units (D, k)."""
        changed = (
            likeliest_of(change(self.network, units), self.noise, self.start) for units in draws
        )
        return Effect(
            label,
            group.name,
            level,
            float(self.states[..., draws].mean()),
            outcome_of(self.normal[:, SETTLING:], group.direction),
            [outcome_of(symbols[:, SETTLING:], group.direction) for symbols in changed],
        )

    def controls(
        self, units: np.ndarray, free: np.ndarray, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Return draws (D, k) of random and of matched units among `free`."""
        features = features_of(self.network, self.states)
        return {
            "random": random_units(len(units), free, n_draws=self.n_draws, rng=rng),
            "matched": matched_units(features, units, free, n_draws=self.n_draws, rng=rng),
        }


def bench_of(
    network: NoisyNetwork,
    episode: Episode,
    *,
    n_runs: int,
    n_draws: int,
    rng: np.random.Generator,
) -> Bench:
    """Return a bench whose runs start where the runs of `episode` end.

    Raises:
        DataError: fewer runs in `episode` than asked for.
    """
    start = episode.states[:n_runs, -1]
    if len(start) < n_runs:
        raise DataError(
            f"expected an episode of {n_runs} runs, got {len(start)}; run more of them",
            page="too-few",
        )
    noise = network.noise(n_runs, N_STEPS, rng)
    normal = likeliest_of(network, noise, start)
    return Bench(network, noise, start, normal, episode.states, n_draws)


def silencing(
    bench: Bench, groups: Sequence[KickGroup], rng: np.random.Generator
) -> Iterator[Effect]:
    """Yield what happens when the first units of each group, or control units, stay silent.

    `level` is their number. There are controls for the largest number.
    """
    for group in groups:
        for count in SILENCED:
            if count <= len(group.units):
                yield bench.effect("kick", group, _silence, group.units[None, :count], level=count)
        size = len(group.units)
        if size:
            drawn = bench.controls(group.units, _free(bench, groups), rng)
            for label, draws in drawn.items():
                yield bench.effect(label, group, _silence, draws, level=size)


def recurrent_gain(
    bench: Bench, groups: Sequence[KickGroup], rng: np.random.Generator
) -> Iterator[Effect]:
    """Yield what each gain of the recurrent drive of kick units, or of matched units, does."""
    for group in groups:
        if len(group.units):
            free = _free(bench, groups)
            drawn = {"kick": group.units[None]} | _few(bench.controls(group.units, free, rng))
            yield from _graded(bench, group, drawn, _scale_recurrent)


def noise_gain(
    bench: Bench, groups: Sequence[KickGroup], rng: np.random.Generator
) -> Iterator[Effect]:
    """Yield what each gain of the noise of the inputs of kick units, or of matched units, does."""
    free = _free(bench, groups)
    for group in groups:
        if len(group.units):
            inputs = inputs_of(bench.network, group.units, free)
            others = bench.controls(inputs, np.setdiff1d(free, inputs), rng)
            drawn = {"inputs": inputs[None]} | _few(others)
            yield from _graded(bench, group, drawn, _scale_noise)


def _graded(
    bench: Bench,
    group: KickGroup,
    drawn: Mapping[str, np.ndarray],
    scale: Scale,
) -> Iterator[Effect]:
    for label, draws in drawn.items():
        for gain in CONTROL_GAINS if label in CONTROLS else GAINS:
            yield bench.effect(label, group, _at(scale, gain), draws, level=gain)


def _at(scale: Scale, gain: float) -> Change:
    return lambda network, units: scale(network, units, gain)


def _few(drawn: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return half of the matched draws: a whole curve needs less precision than silencing."""
    return {"matched": drawn["matched"][: (len(drawn["matched"]) + 1) // 2]}


def _free(bench: Bench, groups: Sequence[KickGroup]) -> np.ndarray:
    """Return the units that are in no group."""
    return np.setdiff1d(np.arange(bench.network.n_units), units_of(groups))


def _silence(network: NoisyNetwork, units: np.ndarray) -> NoisyNetwork:
    return network.scaled(units, recurrent=0.0, drive=0.0)


def _scale_recurrent(network: NoisyNetwork, units: np.ndarray, gain: float) -> NoisyNetwork:
    return network.scaled(units, recurrent=gain)


def _scale_noise(network: NoisyNetwork, units: np.ndarray, gain: float) -> NoisyNetwork:
    return network.scaled(units, drive=gain)
