"""Where a network, and a machine, draws the boundary between the two bits of a real language.

A network is asked by bisection: after a prefix of a test string it reads one row on a line across
the boundary, then rows far from it that tell the two states apart in which the row may leave it. A
machine is asked what its codes read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.stats import chi2

from markovlens.activations.oracle import Oracle
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences
from markovlens.tasks.automata import Automaton, run
from markovlens.tasks.base import Split
from markovlens.tasks.real_formal import Boundary

REACH = 1.0  # standard deviations on either side of the true boundary that are searched
FAR = 1.5  # from it, of rows that nobody misreads
HALVINGS = 12
N_PREFIXES, LONGEST_PREFIX, LONGEST_SUFFIX = 300, 20, 4
N_LONG, LONG = 100, 1000  # strings, steps
TRIED = np.linspace(-0.05, 0.05, 41)  # thresholds beside the true one

Reads = Callable[[np.ndarray], np.ndarray]  # rows (S, D) to bits (S,)


@dataclass(frozen=True, slots=True)
class Crossings:
    """Where a network changes its mind.

    Attributes:
        along: (P,), distance from 0 along the normal of the true boundary.
        across: (P, D - 1), the other coordinates.
        asked: prefixes after which the true states differ; at P of them the network's answers do.
    """

    along: np.ndarray
    across: np.ndarray
    asked: int


def placed(boundary: Boundary, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return rows (S, D) at these coordinates."""
    return np.outer(along, boundary.direction) + across @ _others(boundary)


def _others(boundary: Boundary) -> np.ndarray:
    """Return the unit vectors (D - 1, D) along the boundary."""
    return np.linalg.svd(boundary.direction[None])[2][1:]


def bisected(reads: Reads, boundary: Boundary, across: np.ndarray) -> np.ndarray:
    """Return where bits change (S,) along the normal, given the bits at both ends differ."""
    low = np.full(len(across), boundary.threshold - REACH)
    high = low + 2 * REACH
    first = reads(placed(boundary, low, across))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        same = reads(placed(boundary, middle, across)) == first
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


def of_machine(machine: Machine, bit_of: np.ndarray, boundary: Boundary) -> Reads:
    """Return how a machine reads rows, its codes standing for bits (V,)."""

    def reads(rows: np.ndarray) -> np.ndarray:
        lengths = np.ones(len(rows), dtype=int)
        return bit_of[machine.symbols_of(Sequences(rows, lengths, boundary.channels))]

    return reads


def of_network(
    oracle: Oracle, automaton: Automaton, boundary: Boundary, split: Split, rng: np.random.Generator
) -> Crossings:
    """Return where a network draws the boundary after prefixes of test strings."""
    ends = _prefix_ends(split, rng)
    states = split.truth[ends]
    found, asked = [], 0
    for state in np.unique(states):
        suffix = _suffix(automaton, *automaton.successor[state])
        if suffix is None:
            continue
        begun = _states_at(oracle, split, ends[states == state])
        asked += len(begun)
        found.append(_changes(oracle, begun, suffix, boundary, rng))
    along, across = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Crossings(along, across, asked)


def _prefix_ends(split: Split, rng: np.random.Generator) -> np.ndarray:
    """Return rows of the split (P,) that are the last of a prefix."""
    chosen = rng.integers(len(split.inputs), size=N_PREFIXES)
    longest = np.minimum(split.inputs.lengths[chosen], LONGEST_PREFIX)
    return split.inputs.starts[chosen] + rng.integers(longest)


def _states_at(oracle: Oracle, split: Split, ends: np.ndarray) -> np.ndarray:
    """Return the whole state of a network (P, F) after the prefixes that end at these rows."""
    inputs = split.inputs
    starts = inputs.starts[np.searchsorted(inputs.starts, ends, side="right") - 1]
    parts = [inputs.rows[start : end + 1] for start, end in zip(starts, ends, strict=True)]
    return oracle.states_after(Sequences.from_list(parts, inputs.channels))


def _suffix(automaton: Automaton, first: int, second: int) -> tuple[int, ...] | None:
    """Return the shortest word that tells two states apart, None if there is none."""
    words = (word for n in range(LONGEST_SUFFIX) for word in product((0, 1), repeat=n))
    for word in words if first != second else ():
        ends = [first, second]
        for bit in word:
            ends = [int(automaton.successor[state, bit]) for state in ends]
        if automaton.accepting[ends[0]] != automaton.accepting[ends[1]]:
            return word
    return None


def _changes(
    oracle: Oracle,
    begun: np.ndarray,
    suffix: tuple[int, ...],
    boundary: Boundary,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    across = rng.standard_normal((len(begun), len(boundary.channels) - 1))

    def says(rows: np.ndarray) -> np.ndarray:
        outputs, states = oracle.advance(begun, rows)
        for bit in suffix:
            far = np.full(len(rows), boundary.threshold + (FAR if bit else -FAR))
            outputs, states = oracle.advance(states, placed(boundary, far, 0 * across))
        return outputs.argmax(axis=1)

    ends = (np.full(len(begun), boundary.threshold + side * REACH) for side in (-1, 1))
    low, high = (says(placed(boundary, end, across)) for end in ends)
    parted = low != high
    return bisected(says, boundary, across)[parted], across[parted]


def spread(crossings: Crossings) -> float:
    """Return the mean distance of crossings from the plane fitted to them by least squares."""
    columns = np.column_stack([np.ones(len(crossings.along)), crossings.across])
    plane = columns @ np.linalg.lstsq(columns, crossings.along, rcond=None)[0]
    return float(np.abs(crossings.along - plane).mean())


def long_strings(boundary: Boundary, rng: np.random.Generator) -> Sequences:
    """Return long strings of fair bits, read off rows."""
    rows = boundary.rows(rng.integers(2, size=N_LONG * LONG), rng)
    return Sequences(rows, np.full(N_LONG, LONG), boundary.channels)


def steps_until(differs: np.ndarray) -> dict[str, float]:
    """Return the mean number of steps to the first difference, with a 95 % interval.

    Args:
        differs: bool (S, T), whether machine and network decide differently at a step. Strings
            without a difference are censored: the exponential law's estimate is all steps before
            it over the number of strings that have one.
    """
    failed = differs.any(axis=1)
    steps = np.where(failed, differs.argmax(axis=1) + 1, differs.shape[1]).sum()
    n = int(failed.sum())
    low = 2 * steps / chi2.ppf(0.975, 2 * n + 2)
    high = 2 * steps / chi2.ppf(0.025, 2 * n) if n else np.inf
    return {"steps": steps / n if n else np.inf, "steps_low": low, "steps_high": high}


def best_steps(
    oracle: Oracle, automaton: Automaton, boundary: Boundary, rng: np.random.Generator
) -> float:
    """Return the steps to the first difference that the best threshold allows.

    It is the true automaton's, with the threshold of `TRIED` that lasts longest on other strings:
    where the network's boundary depends on what came before, no machine with one boundary for all
    states does much better.
    """

    def steps(strings: Sequences, wanted: np.ndarray, by: float) -> float:
        bits = replace(boundary, threshold=boundary.threshold + by).bits(strings.rows)
        said = automaton.accepting[run(automaton, Sequences(bits, strings.lengths))]
        return steps_until((said != wanted).reshape(N_LONG, -1))["steps"]

    drawn = [long_strings(boundary, rng) for _ in range(2)]
    (chosen_on, first), (kept, second) = (
        (strings, oracle.outputs(strings).argmax(axis=1)) for strings in drawn
    )
    best = max(TRIED, key=lambda by: steps(chosen_on, first, by))
    return steps(kept, second, best)
