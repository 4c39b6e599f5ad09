"""What is learnt of sequences as they are usually, by the machine's state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.reliance.watching.scores import Step, Surprise, Usual

SYMBOLS_PRIOR = 5.0  # steps that the symbols of all states count with in each
Steps = list[list[Step]]


def _together(sequences: Steps) -> tuple[list[Step], np.ndarray, np.ndarray]:
    """Return all steps, and the machine's states (N,) before and after each."""
    steps = [step for sequence in sequences for step in sequence]
    before, state = (np.array([getattr(s, name) for s in steps]) for name in ("before", "state"))
    return steps, before, state


def crossed(machine: Machine, sequences: Steps) -> Iterator[tuple[Steps, Surprise]]:
    """Yield each half of sequences with the surprise as learnt from the other.

    Sequences surprise less by what was learnt from themselves; of many symbols, much less.
    """
    halves = sequences[::2], sequences[1::2]
    for half, other in (halves, halves[::-1]):
        yield half, surprise_of(machine, other)


def usual_surprise(machine: Machine, sequences: Steps) -> Usual:
    """Return what the surprise of a step usually is, by the state before it (K + 1)."""
    parts = [
        (step.before, surprise.of(step))
        for half, surprise in crossed(machine, sequences)
        for sequence in half
        for step in sequence
    ]
    before, nats = (np.array(part) for part in zip(*parts, strict=True))
    return Usual.of(before, nats, machine.n_states + 1)


def usual_distance(machine: Machine, sequences: Steps) -> Usual | None:
    """Return how far answers usually lie apart, by state (K); None without answers."""
    given = [(step.state, step.off) for each in sequences for step in each if step.off is not None]
    if not given:
        return None
    state, off = (np.array(part) for part in zip(*given, strict=True))
    return Usual.of(state, off, machine.n_states)


def surprise_of(machine: Machine, sequences: Steps) -> Surprise:
    """Return how surprising what comes is, as learnt from sequences."""
    steps, before, state = _together(sequences)
    counts = np.zeros((machine.n_states + 1, machine.n_symbols))
    np.add.at(counts, (before, np.array([step.symbol for step in steps])), 1.0)
    overall = counts.sum(axis=0) + 0.5
    counts += SYMBOLS_PRIOR * overall / overall.sum()
    nats = -np.log(counts / counts.sum(axis=1, keepdims=True))
    by_state = tuple(map(tuple, nats.tolist()))
    if machine.codebook is None:
        return Surprise(by_state)
    places = [at for at, each in enumerate(machine.codebook.channels) if not each.levels]
    values = np.array([step.values for step in steps], dtype=float)
    columns = [_centre_and_scale(state, column, machine.n_states) for column in values.T]
    centre, scale = (np.array(part).T for part in zip(*columns, strict=True))
    return Surprise(
        by_state, tuple(map(tuple, centre.tolist())), tuple(map(tuple, scale.tolist())),
        tuple(at for at in places if np.isfinite(scale[:, at]).all()),
    )  # fmt: skip


def _centre_and_scale(
    state: np.ndarray, column: np.ndarray, n_states: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (K,) of a channel in each state; NaN of an empty one."""
    known = ~np.isnan(column)
    if not known.any():
        return np.full(n_states, np.nan), np.full(n_states, np.nan)
    usual = Usual.of(state[known], column[known], n_states)
    least = max(float(column[known].std()) / 100, np.finfo(float).tiny)
    return np.array(usual.mean), np.maximum(np.sqrt(usual.variance), least)


def longest_runs(machine: Machine, sequences: Steps) -> dict[int, float]:
    """Return the longest run of a value in any sequence, by channel; none of static ones."""
    channels = () if machine.codebook is None else machine.codebook.channels
    places = [at for at, each in enumerate(channels) if not each.static] if channels else [0]
    return {at: max(_longest_run([s.values[at] for s in each]) for each in sequences)
            for at in places}  # fmt: skip


def _longest_run(values: list[float]) -> float:
    given = np.array(values, dtype=float)
    same = (given[1:] == given[:-1]) | (np.isnan(given[1:]) & np.isnan(given[:-1]))
    ends = np.flatnonzero(np.r_[~same, True])
    return float(np.diff(np.r_[-1, ends]).max())
