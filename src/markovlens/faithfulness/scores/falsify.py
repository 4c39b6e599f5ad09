"""Looking for a string on which a machine and its network disagree, within a budget of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import TOLERANCE, Comparison
from markovlens.errors import DataError
from markovlens.faithfulness.scores.shrinking import NEVER, first_of, shortest_failing, shrunk
from markovlens.faithfulness.scores.strings import (
    covering_strings,
    mutated_strings,
    random_strings,
)
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.outputs import NO_TARGET, is_answered, left_out
from markovlens.sequences import Sequences, steps_of
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

STRATEGIES = ("random", "mutation", "coverage")
BLOCK = 8  # steps; strings of a batch have a multiple of it, or are the longest


@dataclass(frozen=True, slots=True)
class Tests:
    """Strings with what the network says of them.

    Attributes:
        inputs: S strings.
        answers: (N, G), what is compared of its output after each step, see
            `Comparison.seen`.
        answered: bool (N,), the steps at which it says anything; others count for nothing.
    """

    inputs: Sequences
    answers: np.ndarray
    answered: np.ndarray

    @property
    def decisions(self) -> np.ndarray:
        """Int (N,), the most likely class of a network that decides, -1 without an answer."""
        return np.where(self.answered, self.answers[:, 0], NO_TARGET)

    @property
    def n_broken(self) -> int:
        """Strings that are not answered throughout."""
        return int((~np.logical_and.reduceat(self.answered, self.inputs.starts)).sum())


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests that do not depend on the machine, so that a network is asked once for all.

    Attributes:
        random: strings of `strings.random_strings`.
        mutation: edited strings of the held-out split.
        longest: no test is longer; twice the longest held-out string.
        alphabet: which symbols may stand where, as in the held-out strings: no task has others.
        comparison: when an answer is the network's.
    """

    random: Tests
    mutation: Tests
    longest: int
    alphabet: Alphabet
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Found:
    """What one strategy found.

    Attributes:
        n_tests: strings tried.
        first: how many tests it took to the first disagreement, None if there was none.
        n_disagreements: tests with a disagreement at any step.
    """

    n_tests: int
    first: int | None
    n_disagreements: int


@dataclass(frozen=True, slots=True)
class Falsification:
    """What all strategies found, taken in turns: random, mutation, coverage, random, ...

    Attributes:
        n_tests: strings tried; one is failed by disagreement after any of its prefixes.
        n_queries: strings asked of the network for this machine, those for shrinking included.
        tests_to_disagreement: tests to the first disagreement, None if there was none.
        counterexample: the shortest string found whose last step shows a disagreement, after
            deleting all symbols that can be deleted, a begin mark not; None if there was none.
        by_strategy: what each of `STRATEGIES` found.
        rate: share of the random tests that disagree.
        epsilon: the bound when no random test disagrees: with the confidence asked for, a string
            of `random_strings` (lengths uniform up to twice the held-out strings', begin and end
            marks in their places) disagrees with at most this probability, ln(1 / delta) / n. It
            holds for that distribution only. None if a random test disagrees.
        note: of how many tests the steps from some answer on are left out, since the network gave
            none that is finite; empty if of none.
    """

    n_tests: int
    n_queries: int
    tests_to_disagreement: int | None
    counterexample: tuple[int, ...] | None
    by_strategy: dict[str, Found]
    rate: float
    epsilon: float | None
    note: str = ""


def draw_suite(
    trace: Trace,
    oracle: Askable,
    *,
    n_tests: int,
    rng: np.random.Generator,
    tolerance: float = TOLERANCE,
) -> Suite:
    """Return the shared tests, `n_tests` of each strategy.

    `tolerance` is how far off a value or a risk may be, see `Comparison`.

    Raises:
        DataError: the network gives no output at some steps of the trace: what it would answer
            there means nothing, so that strings at large cannot be asked.
    """
    if not trace.has_output.all():
        raise DataError(
            "not every step has an output: free strings cannot be asked", page="no-answers"
        )
    alphabet, longest = (
        Alphabet.of(trace.sequences, len(trace.symbols)),
        2 * int(trace.lengths.max()),
    )
    drawn = random_strings(n_tests, alphabet=alphabet, longest=longest, rng=rng)
    edited = mutated_strings(trace.sequences, n_tests, alphabet=alphabet, longest=longest, rng=rng)
    comparison = Comparison.of(trace, tolerance)
    asked, tried = (ask_all(oracle, strings, comparison) for strings in (drawn, edited))
    return Suite(asked, tried, longest, alphabet, comparison)


def falsify(
    machine: Machine, suite: Suite, oracle: Askable, *, confidence: float, rng: np.random.Generator
) -> Falsification:
    """Return what the tests of a suite, and as many that are made for the machine, find.

    Args:
        machine: run from the inputs alone.
        suite: of this network.
        oracle: the network.
        confidence: 1 - delta of the bound, in (0, 1).
        rng: of the tests made for the machine.
    """
    n_tests, alphabet = len(suite.random.inputs), suite.alphabet
    made = covering_strings(machine, n_tests, alphabet=alphabet, longest=suite.longest, rng=rng)
    tests = {
        "random": suite.random,
        "mutation": suite.mutation,
        "coverage": ask_all(oracle, made, suite.comparison),
    }
    failed = {
        name: first_disagreement(machine, one, suite.comparison) for name, one in tests.items()
    }
    found = {name: _found(steps) for name, steps in failed.items()}
    word, n_shrinking = _shortest(machine, oracle, tests, failed, suite=suite)
    agrees = found["random"].n_disagreements == 0
    n_random = found["random"].n_tests
    return Falsification(
        n_tests=sum(one.n_tests for one in found.values()),
        n_queries=sum(one.n_tests for one in found.values()) + n_shrinking,
        tests_to_disagreement=_in_turns(found),
        counterexample=word,
        by_strategy=found,
        rate=found["random"].n_disagreements / n_random,
        epsilon=float(np.log(1 / (1 - confidence)) / n_random) if agrees else None,
        note=left_out(
            sum(one.n_broken for one in tests.values()),
            sum(one.n_tests for one in found.values()),
            "tests, in part or as a whole,",
        ),
    )


def first_disagreement(machine: Machine, tests: Tests, comparison: Comparison) -> np.ndarray:
    """Return the step (S,) at which each string first shows a disagreement, or `NEVER`."""
    said = comparison.said(machine.predict(tests.inputs))
    differs = ~np.all(comparison.same(said, tests.answers), axis=1) & tests.answered
    return first_of(differs, tests.inputs)


def shrink(
    machine: Machine,
    oracle: Askable,
    word: np.ndarray,
    comparison: Comparison,
    *,
    n_kept: int = 0,
) -> tuple[np.ndarray, int]:
    """Return a word without any part that can be deleted, and the number of queries it took.

    In each round every part of 1, 2, 4, ... symbols is deleted by itself, and the shortest string
    that still shows a disagreement is kept. The first `n_kept` symbols, a begin mark, stay.
    """

    def failing(words: Sequences) -> np.ndarray:
        return first_disagreement(machine, ask_all(oracle, words, comparison), comparison)

    return shrunk(word, failing, n_kept=n_kept)


@dataclass(frozen=True, slots=True)
class DrawnOut:
    """A network whose sequences are drawn out to a few common lengths: fewer, larger batches.

    It reads from left to right, so what follows a sequence changes no answer, but for the last
    digits of its probabilities, which depend on how many sequences are read at once.
    """

    oracle: Askable

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output (N, C) after each step of the sequences themselves."""
        lengths = np.minimum(-(-inputs.lengths // BLOCK) * BLOCK, inputs.lengths.max())
        row = np.minimum(steps_of(lengths), np.repeat(inputs.lengths - 1, lengths))
        rows = inputs.values[row + np.repeat(inputs.starts, lengths)]
        kept = steps_of(lengths) < np.repeat(inputs.lengths, lengths)
        return self.oracle.outputs(Sequences(rows, lengths, inputs.channels))[kept]


def ask_all(oracle: Askable, inputs: Sequences, comparison: Comparison) -> Tests:
    """Return strings with the network's answers."""
    outputs = DrawnOut(oracle).outputs(inputs)
    return Tests(inputs, comparison.seen(outputs), is_answered(outputs))


def _found(failed: np.ndarray) -> Found:
    where = np.flatnonzero(failed != NEVER)
    return Found(len(failed), int(where[0]) + 1 if len(where) else None, len(where))


def _in_turns(found: dict[str, Found]) -> int | None:
    """Return the test at which the first disagreement comes when the strategies take turns."""
    turns = [
        (one.first - 1) * len(found) + place
        for place, one in enumerate(found.values(), start=1)
        if one.first is not None
    ]
    return min(turns, default=None)


def _shortest(
    machine: Machine,
    oracle: Askable,
    tests: dict[str, Tests],
    failed: dict[str, np.ndarray],
    *,
    suite: Suite,
) -> tuple[tuple[int, ...] | None, int]:
    words = [
        shortest_failing(tests[name].inputs, failed[name])
        for name in tests
        if (failed[name] >= 0).any()
    ]
    if not words:
        return None, 0
    n_kept = bool(suite.alphabet.opening)
    word, n_queries = shrink(machine, oracle, min(words, key=len), suite.comparison, n_kept=n_kept)
    return tuple(word.tolist()), n_queries
