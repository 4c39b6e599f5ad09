"""One network watched: whether its monitor ever cries wolf, how soon it is right, what it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta, binom

from markovlens.machines.machine import Machine
from markovlens.reliance.watching.calibration import (
    FEWEST,
    Calibration,
    Scores,
    calibrate,
    steps_of,
)
from markovlens.reliance.watching.changes import CHANGES, plant
from markovlens.reliance.watching.strangers import Clouds, strangeness
from markovlens.reliance.watching.streams import Plan, Trial, path, trial
from markovlens.sequences import Sequences
from markovlens.trace import Trace

NONE, OTHER_SEED, NOISY_WEIGHTS = "none", "other_seed", "noisy_weights"
KINDS = (NONE, OTHER_SEED, NOISY_WEIGHTS, *CHANGES)
DRAWN_QUIET = 20  # streams without a change in the figure


@dataclass(frozen=True, slots=True)
class Settings:
    """How monitors are tried.

    Attributes:
        alpha: chance of ever raising a false alarm.
        streams: without a change, by which that chance is checked.
        changed_streams: with each planted change.
        ranked: sequences of the calibration in each stream.
        before, after: sequences before and after the change; without one `after` come.
    """

    alpha: float
    streams: int
    changed_streams: int
    ranked: int
    before: int
    after: int

    def plan(self, change: str) -> Plan:
        """Return how streams with a change are drawn."""
        if change == NONE:
            return Plan(self.streams, self.ranked, 0, self.after, self.alpha)
        return Plan(self.changed_streams, self.ranked, self.before, self.after, self.alpha)


@dataclass(frozen=True, slots=True)
class Watched:
    """A network with its machine, and sequences to watch it on.

    Attributes:
        machine, train: its machine, and its trace on training sequences.
        held_out, live: traces on test sequences, by which is calibrated and that come.
        read: records the network on other inputs.
        other, noisy: answers (N, C) to the live sequences of the network of another seed, and of
            this one with noise on its weights; None where there is none.
    """

    machine: Machine
    train: Trace
    held_out: Trace
    live: Trace
    read: Callable[[Sequences], Trace]
    other: np.ndarray | None
    noisy: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Found:
    """What came of watching one network.

    Attributes:
        rows: of the table of alarms, without whose they are.
        usual: how strange each live sequence is, by score.
        strange: the same of the changed ones, by change.
        paths: the evidence of all tests together along streams with each change, (n, before +
            after) by change: the largest of all tests.
        tests: what was watched: without answers of the network, not the network.
    """

    rows: list[dict[str, Any]]
    usual: dict[str, np.ndarray]
    strange: dict[str, dict[str, np.ndarray]]
    paths: dict[str, np.ndarray]
    tests: tuple[str, ...]


def enough(n_sequences: int) -> bool:
    """Return whether so many test sequences make two halves that are each enough."""
    return n_sequences // 2 >= FEWEST


def watch(watched: Watched, settings: Settings, seed: np.random.SeedSequence) -> Found:
    """Return what a monitor of a network does in streams without and with planted changes."""
    plants, streams, drawn = seed.spawn(3)
    machine, held_out = watched.machine, watched.held_out
    calibration = calibrate(machine, held_out.sequences, held_out.outputs)
    rng = np.random.default_rng(plants)
    traces = {name: watched.read(plant(name, watched.live.sequences, rng)) for name in CHANGES}
    pools = {NONE: _pool(calibration, machine, watched.live.sequences, watched.live.outputs)}
    for name, outputs in {OTHER_SEED: watched.other, NOISY_WEIGHTS: watched.noisy}.items():
        if outputs is not None:
            pools[name] = _pool(calibration, machine, watched.live.sequences, outputs)
    for name, trace in traces.items():
        pools[name] = _pool(calibration, machine, trace.sequences, trace.outputs)
    usual, seeds = pools[NONE][0], dict(zip(pools, streams.spawn(len(pools)), strict=True))
    rows = []
    for name, (scores, rate) in pools.items():
        plan = settings.plan(name)
        found = trial(calibration, usual, scores, plan, seeds[name])
        rows.append(_row(name, found, plan) | {"rate": calibration.rate, "disagreement": rate})
    clouds = Clouds.of(watched.train)
    return Found(
        rows,
        strangeness(calibration, machine, clouds, watched.live),
        {name: strangeness(calibration, machine, clouds, each) for name, each in traces.items()},
        _paths(calibration, pools, settings, drawn),
        calibration.tests,
    )


def _pool(
    calibration: Calibration, machine: Machine, inputs: Sequences, outputs: np.ndarray
) -> tuple[list[Scores], float | None]:
    """Return the scores of sequences, and how often the network disagrees with the machine."""
    steps, disagreements = steps_of(machine, inputs, outputs, calibration.comparison)
    return calibration.finals(steps), float(np.mean(disagreements)) if disagreements else None


def _row(change: str, found: Trial, plan: Plan) -> dict[str, Any]:
    alarmed = found.first > 0
    share, n_streams = float(alarmed.mean()), len(alarmed)
    low, high = proportion(int(alarmed.sum()), n_streams)
    delay, delay_low, delay_high = median_of(np.where(alarmed, found.first, np.inf))
    tests = [test for test, here in zip(found.tests, alarmed, strict=True) if here]
    return {
        "change": change, "alpha": plan.alpha, "n_streams": n_streams, "n_ranked": plan.n_ranked,
        "n_before": plan.before, "n_after": plan.after,
        "alarms": share, "alarms_low": low, "alarms_high": high,
        "early": float(found.early.mean()),
        "delay": delay, "delay_low": delay_low, "delay_high": delay_high,
        "test": max(sorted(set(tests)), key=tests.count) if tests else None,
    }  # fmt: skip


def proportion(count: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper & Pearson 1934)."""
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, total - count + 1))
    high = 1.0 if count == total else float(beta.ppf(1 - tail, count + 1, total - count))
    return low, high


def median_of(
    values: np.ndarray, level: float = 0.95
) -> tuple[float | None, float | None, float | None]:
    """Return the median of values (R,) and its exact interval from order statistics.

    What is infinite is None.
    """
    ordered, n_values = np.sort(values), len(values)
    low = int(binom.ppf((1 - level) / 2, n_values, 0.5))
    ends = ordered[max(low - 1, 0)], ordered[min(n_values - low, n_values - 1)]
    return tuple(
        float(each) if np.isfinite(each) else None for each in (ordered[(n_values - 1) // 2], *ends)
    )  # type: ignore[return-value]


def _paths(
    calibration: Calibration,
    pools: Mapping[str, tuple[list[Scores], float | None]],
    settings: Settings,
    seed: np.random.SeedSequence,
) -> dict[str, np.ndarray]:
    """Return the largest evidence along a few streams with each change."""
    plan = settings.plan(OTHER_SEED)
    usual, found = pools[NONE][0], {}
    for (name, (scores, _)), one in zip(pools.items(), seed.spawn(len(pools)), strict=True):
        walks = [
            path(calibration, usual, scores, plan, each)
            for each in one.spawn(DRAWN_QUIET if name == NONE else 1)
        ]
        found[name] = np.array([np.max(list(walk.values()), axis=0) for walk in walks])
    return found
