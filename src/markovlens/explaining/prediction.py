"""One prediction explained: the path, when the answer turned, what would have changed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.errors import DataError, EvidenceWarning, warn
from markovlens.explaining.changes import Change, smallest_change
from markovlens.explaining.cohorts import Cohort, cohort_of
from markovlens.explaining.familiarity import UNUSUAL
from markovlens.explaining.inputs import one_sequence
from markovlens.explaining.sentences import counted
from markovlens.explaining.walks import walk_of
from markovlens.explaining.windows import answer_in_words, shown_inputs
from markovlens.faithfulness.causes.editing import answers_of
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import Sequences

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

MOST_SAID = 3  # steps that are named in words
LEAST_CHANGE = 0.01  # of the largest, below which a step is not named


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence.

    Attributes:
        input: what was read, in words.
        state, name: of the machine after it.
        machine, network: the answer that is explained, after it; the network's is NaN where it
            gives none.
        by_machine, by_network: how far that answer rose by this step, at the first from what is
            usual.
        surprise: of the input after what came before, in bits.
    """

    input: str
    state: int
    name: str
    machine: float
    network: float
    by_machine: float
    by_network: float
    surprise: float


@dataclass(frozen=True, slots=True)
class Trust:
    """How sure an answer is, and whether the sequence is like those that were known.

    Attributes:
        machine, network: what both give the answer at the end.
        agree: whether both say the same at the end; None where the network gives no answer.
        agreement: share of steps at which they do; NaN where the network gives no answer.
        surprise: of the sequence, in bits a step.
        quantile: share of held-out sequences that surprise less.
        unmet: inputs that no training sequence has.
    """

    machine: float
    network: float
    agree: bool | None
    agreement: float
    surprise: float
    quantile: float
    unmet: tuple[str, ...]

    @property
    def usual(self) -> bool:
        """Whether the sequence is like those that the machine was made on."""
        return not self.unmet and not self.quantile > UNUSUAL


@dataclass(frozen=True, slots=True, repr=False)
class Prediction:
    """What is answered to one sequence, and why.

    Attributes:
        about: which class, label or value is explained: of classes the network's own answer.
        answer, machine_answer: of network and machine at the end, in words.
        steps: all steps.
        turned: the step, from 0, from which on the network (or the machine, where the network
            gives no answer) stayed with its last answer; of values that of the largest change.
        trust: how sure that is.
        change: the smallest change of input that leads elsewhere; None where none does.
        why_no_change: in words; "" where there is one.
        cohort: recorded sequences that took the same path.
        unit: what a step is called.
    """

    about: str
    answer: str
    machine_answer: str
    steps: tuple[Step, ...]
    turned: int
    trust: Trust
    change: Change | None
    why_no_change: str
    cohort: Cohort
    unit: str

    @property
    def path(self) -> tuple[int, ...]:
        """The machine's states."""
        return tuple(step.state for step in self.steps)

    def since(self, step: int = 0) -> str:
        """Return which steps from one on raised or lowered the answer most, in a sentence.

        Args:
            step: from 0; the answer before it is compared with that at the end.

        Raises:
            DataError: there is no such step.
        """
        if isinstance(step, bool) or step not in range(len(self.steps)):
            raise DataError(f"step: expected one of 0..{len(self.steps) - 1}, got {step!r}")
        return since_in_words(self.steps, self.about, step, unit=self.unit)

    def __repr__(self) -> str:
        """Return all that in lines."""
        return "\n".join(lines_of(self))


def explain_prediction(
    explanation: Explanation, sequence: Any, *, wanted: str | None = None
) -> Prediction:
    """Return what is answered to one sequence and why; see `Explanation.of`."""
    machine, network = explanation.machine, explanation.network
    inputs = one_sequence(explanation.trace, sequence)
    walk = walk_of(machine, inputs)
    said = machine.predict(inputs)
    told = np.full(said.shape, np.nan)
    if network.answers:
        network.check_unchanged(explanation.part("train"))
        told = network.outputs(inputs).astype(np.float64)
    column = _column(machine, said[-1] if np.isnan(told[-1]).any() else told[-1])
    usual = explanation.trace.outputs[:, column]
    before = (
        float(np.nanmean(usual)),
        float(machine.readout[explanation.walk.states, column].mean()),
    )
    by_step = explanation.familiarity.by_step(walk)
    values = inputs.values
    steps = tuple(
        Step(read, state, machine.name_of(state), *map(float, numbers))
        for read, state, *numbers in zip(
            shown_inputs(machine, values, walk.symbols), walk.states.tolist(),
            said[:, column], told[:, column],
            np.diff(said[:, column], prepend=before[1]),
            np.diff(told[:, column], prepend=before[0]), by_step, strict=True,
        )
    )  # fmt: skip
    change, why_not = smallest_change(explanation, inputs, wanted=wanted)
    return Prediction(
        machine.classes[column],
        answer_in_words(machine, told[-1]) or "not known",
        answer_in_words(machine, said[-1]),
        steps,
        _turned(machine, said if np.isnan(told).any() else told, column),
        _trust(explanation, inputs, said, told, column),
        change,
        why_not,
        cohort_of(explanation, walk),
        explanation.settings.unit,
    )


def _column(machine: Machine, output: np.ndarray) -> int:
    return int(output.argmax()) if machine.output in (Output.DISTRIBUTION, Output.LABELS) else 0


def _turned(machine: Machine, outputs: np.ndarray, column: int) -> int:
    if machine.output in (Output.DISTRIBUTION, Output.LABELS):
        answers = answers_of(machine, outputs)
        others = np.flatnonzero(answers != answers[-1])
        return int(others[-1] + 1) if len(others) else 0
    return int(np.abs(np.diff(outputs[:, column], prepend=outputs[0, column])).argmax())


def _trust(
    explanation: Explanation, inputs: Sequences, said: np.ndarray, told: np.ndarray, column: int
) -> Trust:
    machine, known = explanation.machine, explanation.familiarity
    walk = walk_of(machine, inputs)
    answered = ~np.isnan(told).any(axis=1)
    agree, agreement = None, float("nan")
    if answered.any() and machine.output != Output.RISK:
        same = answers_of(machine, said) == answers_of(machine, told)
        agreement = float(same[answered].mean())
        agree = bool(same[-1]) if answered[-1] else None
    by_step = known.by_step(walk)
    places = np.unique(walk.symbols[~known.met[walk.symbols]])
    unmet = tuple(machine.symbols[symbol] for symbol in places) if machine.symbols else ()
    if unmet:
        warn(
            f"no training sequence has {', '.join(map(repr, unmet))}: what the machine does there "
            "is a rule for the unseen",
            EvidenceWarning,
        )
    return Trust(
        float(said[-1, column]), float(told[-1, column]), agree, agreement,
        float(by_step.mean()), known.quantile(by_step), unmet,
    )  # fmt: skip


def since_in_words(steps: Sequence[Step], about: str, begin: int, *, unit: str) -> str:
    """Return which steps moved an answer most since one of them, in a sentence."""
    first, last = steps[begin], steps[-1]
    known = not np.isnan(last.network)
    end = last.network if known else last.machine
    start = first.network - first.by_network if known else first.machine - first.by_machine
    moved = np.array([each.by_network if known else each.by_machine for each in steps[begin:]])
    way = "rose" if end > start else "fell" if end < start else "stayed"
    with_it = moved if way != "fell" else -moved
    order = [int(place) for place in np.argsort(-with_it, kind="stable")[:MOST_SAID]]
    named = [place for place in order if with_it[place] > LEAST_CHANGE * max(with_it.max(), 0.0)]
    parts = [
        f"*{steps[begin + place].input}* ({unit} {begin + place + 1}: {moved[place]:+.2f}, "
        f"{'by the machine ' if known else ''}{steps[begin + place].by_machine:+.2f})"
        for place in named
        if abs(moved[place]) >= LEAST_CHANGE
    ]
    where = "from the beginning" if not begin else f"since {unit} {begin + 1}"
    told = f"*{about}* {way} {where} from {start:.2f} to {end:.2f}"
    return f"{told}{', most by ' + ', '.join(parts) if parts else ''}."


def lines_of(prediction: Prediction) -> list[str]:
    """Return a prediction in lines of text."""
    trust, steps, unit = prediction.trust, prediction.steps, prediction.unit
    lines = [
        f"the network answers {prediction.answer}, the machine {prediction.machine_answer}",
        f"path: {' '.join(map(str, _once(prediction.path)))}",
        _turning(prediction),
        prediction.since(0),
        f"like what the machine was made on: {'yes' if trust.usual else 'no'} "
        f"({trust.surprise:.2f} bits per {unit}, more than {trust.quantile:.0%} of held-out "
        "sequences)" + (f"; never met: {', '.join(trust.unmet)}" if trust.unmet else ""),
        f"smallest change: {prediction.change or prediction.why_no_change}",
        f"{prediction.cohort}",
    ]
    return [*lines, f"{counted(len(steps), unit)} in all"]


def _turning(prediction: Prediction) -> str:
    """Return when an answer turned, and whether the machine went to another state by it."""
    place, steps, unit = prediction.turned, prediction.steps, prediction.unit
    if not place:
        stayed = len(_once(prediction.path)) == 1
        how = f"{steps[0].name} throughout" if stayed else f"the same from the first {unit} on"
        return f"never turned: {how}"
    turn = steps[place]
    how = "into" if turn.state != steps[place - 1].state else "in"
    return f"turned at {unit} {place + 1} (*{turn.input}*), {how} {turn.name}"


def _once(path: Sequence[int]) -> list[int]:
    return [state for place, state in enumerate(path) if not place or path[place - 1] != state]
