"""What is usual: learnt from recorded sequences that neither network nor machine was made on.

One half of them tells what is usual in which state; how strange the other half is, by that, is what
live sequences are ranked among. So no sequence is ranked that had a part in the scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.reliance.watching.reading import TESTS, Reader, Tally
from markovlens.reliance.watching.scores import Step, Surprise, Usual
from markovlens.sequences import Sequences

FEWEST = 40  # sequences: of half of them every p-value is 1/21 or more
MOST_EDGES = 255
SYMBOLS_PRIOR = 5.0  # steps that the symbols of all states count with in each
Steps = list[list[Step]]
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
    steps, disagreements = _read(machine, inputs, outputs, comparison)
    fitted, ranked = ([steps[i] for i in half] for half in np.array_split(order, 2))
    surprise, usual, answers, runs = _usual(machine, fitted)
    found = Calibration(
        surprise, usual, comparison, answers, runs, {}, {},
        float(np.mean(disagreements)) if disagreements else 0.0, len(disagreements), len(inputs),
    )  # fmt: skip
    edges = {name: _edges(scores) for name, scores in _by_test(_final(found, fitted)).items()}
    counts = counted(edges, list(_final(found, ranked)))
    return replace(found, edges=edges, counts=counts)


def scored(
    calibration: Calibration, machine: Machine, inputs: Sequences, outputs: np.ndarray | None
) -> Iterator[Scores]:
    """Yield the scores of each sequence at its end, by test."""
    steps, _ = _read(machine, inputs, outputs, calibration.comparison)
    return _final(calibration, steps)


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


def _read(
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


def _usual(
    machine: Machine, sequences: Steps
) -> tuple[Surprise, Usual, Usual | None, dict[int, float]]:
    steps = [step for sequence in sequences for step in sequence]
    before, state = (np.array([getattr(s, name) for s in steps]) for name in ("before", "state"))
    surprise = _surprise(machine, steps, before, state)
    nats = np.array([surprise.of(step) for step in steps])
    inputs = Usual.of(before, nats, machine.n_states + 1)
    given = np.array([step.off is not None for step in steps])
    off = np.array([step.off for step in steps if step.off is not None])
    answers = Usual.of(state[given], off, machine.n_states) if len(off) else None
    return surprise, inputs, answers, _longest_runs(machine, sequences)


def _surprise(
    machine: Machine, steps: list[Step], before: np.ndarray, state: np.ndarray
) -> Surprise:
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


def _longest_runs(machine: Machine, sequences: Steps) -> dict[int, float]:
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


def _by_test(sequences: Iterable[Scores]) -> dict[str, list[float]]:
    """Return scores by test; none of a network that did not answer."""
    by_test: dict[str, list[float]] = {}
    for found in sequences:
        for name, score in found.items():
            by_test.setdefault(name, []).append(score)
    return by_test


def _final(calibration: Calibration, sequences: Steps) -> Iterator[Scores]:
    """Yield the scores of sequences at their ends."""
    for sequence in sequences:
        tally = calibration.tally()
        found: Scores = {}
        for step in sequence:
            found = tally.add(step)
        yield found


def _edges(scores: list[float]) -> tuple[float, ...]:
    levels = np.linspace(0, 1, MOST_EDGES)
    return tuple(np.unique(np.quantile(scores, levels, method="inverted_cdf")).tolist())
