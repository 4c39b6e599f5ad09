"""Sequences with the answers of `Machine.predict`, by which a file tests itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.codebooks.context import ROW
from markovlens.outputs import Output
from markovlens.reliance.exporting.covering import Taken, path_of, taken, walks
from markovlens.reliance.exporting.plan import Plan
from markovlens.reliance.exporting.rounding import unsure, without
from markovlens.sequences import Sequences

N_SEQUENCES, LONGEST = 12, 12
N_ROWS = 2000  # made-up rows, of which those are read that a walk needs
MOST_PAIRS = 500  # symbols that a machine of a belief reads first and second
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
        states: int (N,), after each step of an automaton; (0,) of a machine of a belief.
        taken: how many of an automaton's moves occur; None of a machine of a belief.
    """

    inputs: Sequences
    decisions: np.ndarray
    answers: np.ndarray
    states: np.ndarray
    taken: Taken | None


def vectors_of(plan: Plan, inputs: Sequences | None, *, seed: int) -> Vectors:
    """Return test vectors: sequences that are given, else made-up ones, with `predict`'s answers.

    Made-up rows lie on the thresholds of the codebook, just above and just below them, and
    elsewhere; some of their values are missing. Symbols take every move of an automaton, up to
    `covering.MOST_STEPS` steps. Sequences end before a row whose code rounding may turn.
    """
    read = None if inputs is None else without(inputs, unsure(plan, inputs))
    if read is None:
        made = made_up(plan, np.random.default_rng(seed))
        read = without(made, unsure(plan, made)) or made
    said = plan.machine.predict(read)
    ends = read.starts + read.lengths - 1
    states, moves = np.empty(0, dtype=int), None
    if not plan.carries_belief:
        symbols = plan.machine.symbols_of(read)
        states = path_of(plan.moves, symbols, read.starts)
        moves = taken(plan.moves, symbols, read.starts)
    return Vectors(read, decisions_of(plan, said), said[ends], states, moves)


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
    """Return sequences of symbols, or of rows near what the codebook compares them with."""
    if not plan.channels:
        n_symbols = plan.machine.n_symbols
        made = _pairs(n_symbols, rng) if plan.carries_belief else []
        made = made or [*walks(plan.moves, np.arange(n_symbols), rng)]
        return Sequences.from_list([np.array(each) for each in made])
    static = any(each.static for each in plan.channels)
    if plan.carries_belief or static or plan.context.kind != ROW or not plan.reads_codes:
        return _rows(plan, rng.integers(1, LONGEST + 1, N_SEQUENCES), rng)
    rows = _rows(plan, np.ones(N_ROWS, dtype=int), rng)
    codes = plan.machine.symbols_of(rows)
    made = [*walks(plan.moves, np.unique(codes), rng)]
    order = [rng.choice(np.flatnonzero(codes == code)) for walk in made for code in walk]
    return Sequences(rows.values[order], np.array([*map(len, made)]), plan.channels)


def _pairs(n_symbols: int, rng: np.random.Generator) -> list[list[int]]:
    """Return sequences with each symbol first, each second, and longer ones of any."""
    firsts = rng.permutation(n_symbols)[:MOST_PAIRS]
    pairs = [[int(rng.integers(n_symbols)), each] for each in firsts.tolist()]
    lengths = rng.integers(1, LONGEST + 1, N_SEQUENCES)
    longer = [rng.integers(n_symbols, size=length).tolist() for length in lengths]
    return [*([each] for each in firsts.tolist()), *pairs, *longer]


def _rows(plan: Plan, lengths: np.ndarray, rng: np.random.Generator) -> Sequences:
    """Return rows (N, D) on what the codebook compares them with, beside it and elsewhere."""
    size = int(lengths.sum())
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
