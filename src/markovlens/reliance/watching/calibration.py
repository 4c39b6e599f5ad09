"""What is usual: learnt from recorded sequences that neither network nor machine was made on.

One half of them tells what is usual in which state; how strange the other half is, by that, is what
live sequences are ranked among. So no sequence is ranked that had a part in the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.reliance.watching.learning import (
    Steps,
    crossed,
    longest_runs,
    surprise_of,
    usual_distance,
    usual_surprise,
)
from markovlens.reliance.watching.reading import TESTS, Reader, Tally
from markovlens.reliance.watching.scores import Step, Surprise, Usual
from markovlens.sequences import Sequences

FEWEST = 40  # sequences: above half of them all, a score has a p-value of 1/21 at most
MOST_EDGES = 255
BEYOND = tuple((1.1 ** np.arange(1, 16)).tolist())  # times the largest score
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is usual of a machine's inputs and of its network's answers.

    Attributes:
        surprise: of what comes, in each state.
        inputs: what the surprise of a step usually is, by the state before it (K + 1).
        comparison, answers: how answers are compared, and how far they usually lie apart, by state
            (K); None where no answers were recorded.
        runs: the longest run of one value in the first half of the sequences, by channel.
        edges, counts: of the bins of scores of the second half, by test.
        rate: of steps with an answer those at which network and machine disagreed.
        n_answers, n_sequences: how many steps and sequences that is of.
    """

    surprise: Surprise
    inputs: Usual
    comparison: Comparison | None
    answers: Usual | None
    runs: Mapping[int, float]
    edges: Mapping[str, tuple[float, ...]]
    counts: Mapping[str, tuple[int, ...]]
    rate: float
    n_answers: int
    n_sequences: int

    @property
    def tests(self) -> tuple[str, ...]:
        """What is watched."""
        return tuple(name for name in TESTS if name in self.edges)

    def tally(self) -> Tally:
        """Return the scores of a sequence before its first step."""
        return Tally(self.surprise, self.inputs, self.answers, self.runs)

    def finals(self, sequences: Steps) -> list[Scores]:
        """Return the scores of sequences at their ends, by test."""
        return [self._final(sequence) for sequence in sequences]

    def _final(self, sequence: list[Step]) -> Scores:
        tally, found = self.tally(), {}
        for step in sequence:
            found = tally.add(step)
        return found


def calibrate(
    machine: Machine, inputs: Sequences, outputs: np.ndarray | None = None, *, seed: int = 0
) -> Calibration:
    """Return what is usual.

    Args:
        machine: the machine.
        inputs: held-out sequences, at least `FEWEST`, such as will come; each is one unit.
        outputs: (N, C), the network's answers to them, NaN where it gave none.
        seed: by which sequences are parted into halves.

    Raises:
        DataError: too few sequences, or inputs and outputs that are not the machine's.
    """
    if len(inputs) < FEWEST:
        raise DataError(
            f"expected at least {FEWEST} held-out sequences to learn what is usual, got "
            f"{len(inputs)}; record more, or cut a long recording where it begins anew",
            page="too-few",
        )
    if outputs is not None and np.isnan(outputs[:, 0]).all():
        outputs = None
    comparison = None if outputs is None else Comparison.of_answers(outputs, machine.output)
    order = np.random.default_rng(np.random.SeedSequence(seed)).permutation(len(inputs))
    steps, disagreements = steps_of(machine, inputs, outputs, comparison)
    fitted, ranked = ([steps[i] for i in half] for half in np.array_split(order, 2))
    found = Calibration(
        surprise_of(machine, fitted), usual_surprise(machine, fitted), comparison,
        usual_distance(machine, fitted), longest_runs(machine, fitted), {}, {},
        float(np.mean(disagreements)) if disagreements else 0.0, len(disagreements), len(inputs),
    )  # fmt: skip
    edges = {
        name: _edges(scores) for name, scores in _by_test(_crossed(machine, found, fitted)).items()
    }
    counts = counted(edges, found.finals(ranked))
    return replace(found, edges=edges, counts=counts)


def _crossed(machine: Machine, found: Calibration, fitted: Steps) -> list[Scores]:
    """Return the scores of sequences by what others of them are usually."""
    return [
        scores
        for half, surprise in crossed(machine, fitted)
        for scores in replace(found, surprise=surprise).finals(half)
    ]


def counted(
    edges: Mapping[str, tuple[float, ...]], scores: Sequence[Scores]
) -> dict[str, tuple[int, ...]]:
    """Return how many sequences have scores in each bin, by test."""
    by_test = _by_test(scores)
    counts: dict[str, tuple[int, ...]] = {}
    for name, ends in edges.items():
        bins = np.searchsorted(ends, by_test.get(name, []))
        counts[name] = tuple(np.bincount(bins, minlength=len(ends) + 1).tolist())
    return counts


def steps_of(
    machine: Machine, inputs: Sequences, outputs: np.ndarray | None, comparison: Comparison | None
) -> tuple[Steps, list[bool]]:
    """Return the steps of each sequence, and whether network and machine disagree at answers."""
    reader = Reader(machine, comparison)
    answers = iter(()) if outputs is None else iter(outputs)
    steps: Steps = []
    disagreements: list[bool] = []
    for sequence in inputs:
        reader.runner.reset()
        steps.append([])
        for read in sequence:
            step, said, answer = reader.step(read, lambda _: next(answers, None))
            steps[-1].append(step)
            if answer is not None:
                disagreements.append(reader.disagrees(said, answer))
    return steps, disagreements


def _by_test(sequences: Iterable[Scores]) -> dict[str, list[float]]:
    """Return scores by test; none of a network that did not answer."""
    by_test: dict[str, list[float]] = {}
    for found in sequences:
        for name, score in found.items():
            by_test.setdefault(name, []).append(score)
    return by_test


def _edges(scores: list[float]) -> tuple[float, ...]:
    """Return ends of bins: quantiles of scores, and some beyond them all."""
    levels = np.linspace(0, 1, MOST_EDGES - len(BEYOND))
    within = np.quantile(scores, levels, method="inverted_cdf")
    return tuple(np.unique(np.r_[within, within[-1] * np.array(BEYOND)]).tolist())
