"""Recorded sequences that took the same path as one, the nearest first, and how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from markovlens.explaining.sentences import counted
from markovlens.explaining.walks import Walk, collapsed
from markovlens.explaining.windows import answer_in_words, shown_inputs
from markovlens.outputs import Output, has_target
from markovlens.sequences import Sequences
from markovlens.spelling import significant
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

MOST = 5
Counts: TypeAlias = tuple[tuple[str, int], ...]
LONGEST = 12  # inputs of a neighbour that are told, its last ones


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A recorded sequence that took the same path.

    Attributes:
        sequence: its number.
        apart: by how many steps in all its stays in the states differ.
        inputs: its last inputs, in words.
        network: what the network answered at its end, in words.
        target: what was right there, in words; "" where that is not known.
    """

    sequence: int
    apart: int
    inputs: tuple[str, ...]
    network: str
    target: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """All recorded sequences that took the same path.

    Attributes:
        count: how many.
        shared: the states at the end of the path that they share.
        whole: whether that is all of it.
        answers: what the network answered at their ends, and how often.
        targets: what was right there, and how often.
        nearest: those that stayed as long in each state, or nearly.
        in_the_mean: whether answers and targets are numbers, told as mean ± standard deviation.
    """

    count: int
    shared: tuple[int, ...]
    whole: bool
    answers: tuple[tuple[str, int], ...]
    targets: tuple[tuple[str, int], ...]
    nearest: tuple[Neighbour, ...]
    in_the_mean: bool = False

    def __str__(self) -> str:
        """Return how many there are, and what became of them."""
        if not self.count:
            return "no other recorded sequence ends in this state"
        end = "ends" if self.count == 1 else "end"
        what = "took this path" if self.whole else f"{end} in {' '.join(map(str, self.shared))}"
        said, right = self._listed(self.answers), self._listed(self.targets)
        ends = f": the network answered {said}" if said else ""
        known = f"; right was {right}" if right else ""
        return f"{counted(self.count, 'recorded sequence')} {what}{ends}{known}"

    def _listed(self, answers: Counts) -> str:
        if self.in_the_mean:
            return ", ".join(answer for answer, _ in answers)
        return ", ".join(f"{answer} {count}" for answer, count in answers)


def cohort_of(explanation: Explanation, inputs: Sequences, walk: Walk) -> Cohort:
    """Return the recorded sequences that took the path of one sequence, without itself.

    Where none took all of it they are those with the longest end of it in common. Itself is the
    first recorded sequence with the same inputs, if there is one.
    """
    path, stays = collapsed(walk.states)
    known = explanation.collapsed
    own = _itself(explanation.trace, inputs)
    others = [place for place in range(len(known)) if place != own]
    same = [place for place in others if known[place][0] == path]
    whole, shared = bool(same), path
    while not same and shared:
        same = [place for place in others if known[place][0][-len(shared) :] == shared]
        shared = shared if same else shared[1:]
    if not same:
        return Cohort(0, (), False, (), (), ())
    mine = np.array(stays[-len(shared) :])
    apart = {
        place: int(np.abs(np.array(known[place][1][-len(shared) :]) - mine).sum()) for place in same
    }
    nearest = sorted(same, key=lambda place: (apart[place], place))[:MOST]
    ends = np.cumsum(explanation.trace.lengths) - 1
    answers, targets = _ended(explanation, ends[same])
    return Cohort(
        len(same),
        shared,
        whole,
        answers,
        targets,
        tuple(_neighbour(explanation, place, apart[place]) for place in nearest),
        explanation.trace.output == Output.VALUES,
    )


def _ended(explanation: Explanation, rows: np.ndarray) -> tuple[Counts, Counts]:
    """Return what the network answered at some steps, and what was right, and how often."""
    trace = explanation.trace
    if trace.output == Output.VALUES:
        targets = np.reshape(trace.targets, (trace.n_steps, -1)).astype(np.float64)
        known = has_target(trace.targets[rows])
        named = zip(trace.classes, _averaged(trace.outputs[rows]), strict=True)
        said = ", ".join(f"{name} {mean}" for name, mean in named if mean)
        right = ", ".join(filter(None, _averaged(targets[rows[known]])))
        return ((said, len(rows)),) if said else (), ((right, int(known.sum())),) if right else ()
    answers = _counted(_answer(explanation, row, short=True) for row in rows.tolist())
    return answers, _counted(_target(explanation, row) for row in rows.tolist())


def _averaged(values: np.ndarray) -> list[str]:
    """Return mean and standard deviation of each column of (M, C) in words, "" of none."""
    found = [column[np.isfinite(column)].astype(np.float64) for column in values.T]
    return [
        significant(each.mean()) + (f" ± {significant(each.std(), 2)}" if len(each) > 1 else "")
        if len(each)
        else ""
        for each in found
    ]


def _itself(trace: Trace, inputs: Sequences) -> int | None:
    """Return the place of the first recorded sequence with the same inputs; None without any."""
    starts, are_rows = trace.sequences.starts, not trace.reads_symbols
    for place in np.flatnonzero(trace.lengths == len(inputs.values)).tolist():
        rows = slice(int(starts[place]), int(starts[place] + trace.lengths[place]))
        if np.array_equal(trace.inputs[rows], inputs.values, equal_nan=are_rows):
            return int(place)
    return None


def _counted(answers: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counts = Counter(answer for answer in answers if answer)
    return tuple(counts.most_common())


def _neighbour(explanation: Explanation, place: int, apart: int) -> Neighbour:
    trace = explanation.trace
    end = int(np.cumsum(trace.lengths)[place])
    rows = slice(end - min(int(trace.lengths[place]), LONGEST), end)
    return Neighbour(
        place,
        apart,
        shown_inputs(explanation.machine, trace.inputs[rows], explanation.walk.symbols[rows]),
        _answer(explanation, end - 1),
        _target(explanation, end - 1),
    )


def _answer(explanation: Explanation, row: int, *, short: bool = False) -> str:
    said = answer_in_words(explanation.machine, explanation.trace.outputs[row])
    decides = explanation.machine.output == Output.DISTRIBUTION
    return said.rsplit(" ", 1)[0] if short and decides else said


def _target(explanation: Explanation, row: int) -> str:
    trace = explanation.trace
    if not has_target(trace.targets[row : row + 1])[0]:
        return ""
    if trace.output == Output.DISTRIBUTION:
        return trace.classes[int(trace.targets[row])]
    return ", ".join(significant(value) for value in np.atleast_1d(trace.targets[row]))
