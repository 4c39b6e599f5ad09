"""Sequences with the answers of `Machine.predict`, by which a file tests itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.outputs import Output
from markovlens.reliance.exporting.plan import Plan
from markovlens.sequences import Sequences

N_SEQUENCES, LONGEST = 12, 12
MISSING = 0.1  # share of values that are missing
CLOSE = 1e-9  # two answers so near each other are a tie, which rounding may break either way
UNDECIDED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What a file reads to test itself, and what has to come out.

    Attributes:
        inputs: the sequences.
        decisions: int (N,), after each step, -1 where two answers are as good as equal, and of
            answers that are no decisions.
        answers: (S, C), after the last step of each sequence.
    """

    inputs: Sequences
    decisions: np.ndarray
    answers: np.ndarray


def vectors_of(plan: Plan, inputs: Sequences | None, *, seed: int) -> Vectors:
    """Return test vectors: sequences that are given, else made-up ones, with `predict`'s answers.

    Made-up rows lie on the thresholds of the codebook, just above and just below them, and
    elsewhere; some of their values are missing.
    """
    read = made_up(plan, np.random.default_rng(seed)) if inputs is None else inputs
    said = plan.machine.predict(read)
    ends = read.starts + read.lengths - 1
    return Vectors(read, decisions_of(plan, said), said[ends])


def decisions_of(plan: Plan, said: np.ndarray) -> np.ndarray:
    """Return the class (N,) of answers (N, C); -1 of a tie, and where answers are no decision."""
    if plan.machine.output != Output.DISTRIBUTION:
        return np.full(len(said), UNDECIDED)
    decisions = said.argmax(axis=1)
    if not plan.carries_belief or said.shape[1] == 1:
        return decisions
    second, best = np.sort(said, axis=1)[:, -2:].T
    return np.where(best - second > CLOSE, decisions, UNDECIDED)


def made_up(plan: Plan, rng: np.random.Generator) -> Sequences:
    """Return sequences of random symbols, or of rows near what the codebook compares them with."""
    lengths = rng.integers(1, LONGEST + 1, N_SEQUENCES)
    size = int(lengths.sum())
    if not plan.channels:
        return Sequences(rng.integers(plan.machine.n_symbols, size=size), lengths)
    places = _places(plan)
    columns = [
        rng.integers(len(each.levels), size=size).astype(float)
        if each.levels
        else _near(places[place], size, rng)
        for place, each in enumerate(plan.channels)
    ]
    for column, channel in zip(columns, plan.channels, strict=True):
        if channel.static:
            column[:] = np.repeat(column[: len(lengths)], lengths)
        else:
            column[rng.random(size) < MISSING] = np.nan
    return Sequences(np.stack(columns, axis=1), lengths, plan.channels)


def _places(plan: Plan) -> list[np.ndarray]:
    """Return for each channel the values that its rows are compared with."""
    width = len(plan.channels)
    found: list[list[float]] = [[] for _ in range(width)]
    if plan.tree is not None:
        for feature, threshold in zip(plan.tree.feature, plan.tree.threshold, strict=True):
            if 0 <= feature < len(plan.features) and np.isfinite(threshold):
                found[feature % width].append(float(threshold))
    if plan.centres is not None:
        rows = plan.centres.centres * plan.centres.scale.sd + plan.centres.scale.mean
        found = [rows[:, place].tolist() for place in range(width)]
    return [np.array(each or [0.0]) for each in found]


def _near(places: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return values (N,) at places (P,), a float above or below them, or about as far as they."""
    at = rng.choice(places, size)
    spread = np.ptp(places) or np.abs(places).max() or 1.0
    kinds = np.stack(
        [at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf), rng.normal(at, spread)]
    )
    chosen: np.ndarray = kinds[rng.integers(len(kinds), size=size), np.arange(size)]
    return chosen
