"""One prediction explained: the path, when the answer turned, what would have changed it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.errors import DataError, EvidenceWarning, warn
from markovlens.explaining.changes import Change, smallest_change
from markovlens.explaining.cohorts import Cohort, cohort_of
from markovlens.explaining.evidence import since_in_words
from markovlens.explaining.familiarity import UNUSUAL
from markovlens.explaining.inputs import one_sequence
from markovlens.explaining.sentences import broken, counted
from markovlens.explaining.strangeness import strange_values, too_long
from markovlens.explaining.walks import walk_of
from markovlens.explaining.windows import answer_in_words, shown_inputs
from markovlens.faithfulness.causes.editing import answers_of
from markovlens.keyed import Listing, with_keys
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.spelling import fixed

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

NO_ANSWER, NOT_KNOWN = "nothing (NaN)", "not known"  # where it has none, where it is not at hand


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
        unmet: symbols that no training sequence has.
        strange: in words, what else none has: a value that is missing or far outside, the length.
    """

    machine: float
    network: float
    agree: bool | None
    agreement: float
    surprise: float
    quantile: float
    unmet: tuple[str, ...]
    strange: tuple[str, ...] = ()

    @property
    def usual(self) -> bool:
        """Whether the sequence is like those that the machine was made on."""
        return not self.unmet and not self.strange and not self.quantile > UNUSUAL


@with_keys(steps="steps")
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
        scale: how far answers differ; 1 of probabilities, else their standard deviation.
        decides: whether answers are one thing or another, and can turn; numbers only move.
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
    scale: float = 1.0
    decides: bool = True

    @property
    def path(self) -> tuple[int, ...]:
        """The machine's states."""
        return Listing((step.state for step in self.steps), "steps")

    def since(self, step: int = 0) -> str:
        """Return which steps from one on raised or lowered the answer most, in a sentence.

        Args:
            step: from 0; the answer before it is compared with that at the end.

        Raises:
            DataError: there is no such step.
        """
        if isinstance(step, bool) or step not in range(len(self.steps)):
            raise DataError(
                f"step: expected one of 0..{len(self.steps) - 1}, got {step!r}", page="out-of-range"
            )
        return since_in_words(self.steps, self.about, step, unit=self.unit, scale=self.scale)

    def __repr__(self) -> str:
        """Return all that in lines that terminals have room for."""
        return "\n".join(line for each in lines_of(self) for line in broken(each))


def explain_prediction(
    explanation: Explanation, sequence: Any, *, wanted: str | None = None
) -> Prediction:
    """Return what is answered to one sequence and why; see `Explanation.of`."""
    inputs = one_sequence(explanation.trace, sequence)
    with warnings.catch_warnings():  # what is strange is said once, and in the prediction
        warnings.simplefilter("ignore", EvidenceWarning)
        found = _explained(explanation, inputs, wanted)
    _warn_of(found.trust)
    return found


def _explained(explanation: Explanation, inputs: Sequences, wanted: str | None) -> Prediction:
    machine, network = explanation.machine, explanation.network
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
        answer_in_words(machine, told[-1]) or (NO_ANSWER if network.answers else NOT_KNOWN),
        answer_in_words(machine, said[-1]),
        steps,
        _turned(machine, said if np.isnan(told).any() else told, column),
        _trust(explanation, inputs, said, told, column),
        change,
        why_not,
        cohort_of(explanation, inputs, walk),
        explanation.settings.unit,
        _scale(machine, usual),
        machine.output in (Output.DISTRIBUTION, Output.LABELS),
    )


def _scale(machine: Machine, answers: np.ndarray) -> float:
    """Return how far recorded answers (N,) differ; 1 of probabilities."""
    free = machine.output == Output.VALUES
    return float(np.nanstd(answers)) if free else 1.0


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
    unit = explanation.settings.unit
    strange = (
        *strange_values(machine, inputs, unit=unit),
        *too_long(len(by_step), known.longest, unit=unit),
    )
    return Trust(
        float(said[-1, column]), float(told[-1, column]), agree, agreement,
        float(by_step.mean()), known.quantile(by_step), unmet, strange,
    )  # fmt: skip


def _warn_of(trust: Trust) -> None:
    """Warn of what no training sequence has."""
    met_not = f"no training sequence has {', '.join(map(repr, trust.unmet))}" if trust.unmet else ""
    said = "; ".join([*filter(None, [met_not]), *trust.strange])
    if said:
        warn(f"{said}: what the machine does there is a rule for the unseen", EvidenceWarning)


def lines_of(prediction: Prediction) -> list[str]:
    """Return a prediction in lines of text."""
    trust, steps, unit = prediction.trust, prediction.steps, prediction.unit
    lines = [
        f"the network answers {prediction.answer}, the machine {prediction.machine_answer}",
        f"path: {' '.join(map(str, _once(prediction.path)))}",
        _turning(prediction),
        prediction.since(0),
        _likeness(trust, unit),
        f"smallest change: {prediction.change or prediction.why_no_change}",
        f"{prediction.cohort}",
    ]
    return [*lines, f"{counted(len(steps), unit)} in all"]


def _likeness(trust: Trust, unit: str) -> str:
    never = [f"never met: {', '.join(trust.unmet)}"] if trust.unmet else []
    surprise = (
        f"({fixed(trust.surprise, 2)} bits per {unit}, more than "
        f"{fixed(100 * trust.quantile, 0)} % of held-out sequences of that length)"
    )
    said = f"like what the machine was made on: {'yes' if trust.usual else 'no'} {surprise}"
    return "; ".join([said, *never, *trust.strange])


def _turning(prediction: Prediction) -> str:
    """Return when an answer turned, and whether the machine went to another state by it."""
    place, steps, unit = prediction.turned, prediction.steps, prediction.unit
    did = "turned" if prediction.decides else "moved"
    if not place:
        stayed = len(_once(prediction.path)) == 1
        how = f"{steps[0].name} throughout" if stayed else f"the same from the first {unit} on"
        return f"never {did}: {how}"
    turn = steps[place]
    how = "into" if turn.state != steps[place - 1].state else "in"
    most = "" if prediction.decides else " most"
    return f"{did}{most} at {unit} {place + 1} (*{turn.input}*), {how} {turn.name}"


def _once(path: Sequence[int]) -> list[int]:
    return [state for place, state in enumerate(path) if not place or path[place - 1] != state]
