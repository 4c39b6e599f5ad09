"""The short table of an explanation: size, fidelity and interval, floors, verdict, sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from markovlens.explaining.sentences import broken, counted, either
from markovlens.faithfulness.causes.counterfactuals import CONFIRMED, EDITS, RANDOM
from markovlens.faithfulness.scores.digest import MEASURE_NAMES
from markovlens.faithfulness.scores.distinct import n_distinct, of_them_distinct
from markovlens.faithfulness.scores.evaluate import EXPLAINED
from markovlens.faithfulness.scores.guarantees import Guarantee
from markovlens.faithfulness.scores.shrinking import NEVER, first_of
from markovlens.faithfulness.scores.tally import Score
from markovlens.machines.machine import BELIEF
from markovlens.outputs import Output
from markovlens.spelling import fixed
from markovlens.status import Judgement

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

NUMBERS = 22  # letters of a score with its interval
FLOOR = "knows no state of the network"
ASKED = "counterfactuals that the network confirms"
TARGETS = "the machine is held against the network, right or wrong"
LONGER = "on strings 2 to 4 times as long"
FIDELITY = "closed-loop fidelity"  # what verdicts on decisions call the number they go by
JUDGED = "balanced agreement"  # which it is, whatever measure fits what the outputs are for
VERDICTS_OWN = "of decisions: the verdict goes by it"


@dataclass(frozen=True, slots=True)
class Line:
    """A score in the table.

    Attributes:
        name: what it is, in words.
        score: with its interval.
        about: what it should be held against.
    """

    name: str
    score: Score
    about: str = ""

    @property
    def numbers(self) -> str:
        """The value and its interval in words."""
        value = fixed(self.score.value, 3)
        if not isfinite(self.score.low) or not isfinite(self.score.high):
            return f"{value} [-, -]"
        return f"{value} [{fixed(self.score.low, 3)}, {fixed(self.score.high, 3)}]"


def lines_of(explanation: Explanation) -> tuple[Line, ...]:
    """Return the scores of an explanation."""
    return tuple(_lines(explanation))


def _lines(explanation: Explanation) -> Iterator[Line]:
    fidelity = explanation.fidelity
    test = explanation.part("test")
    n_test = counted(len(test), "test sequence") + of_them_distinct(n_distinct(test), len(test))
    yield Line(f"{_measure(explanation)}, closed loop", fidelity.chosen, n_test)
    for name, floor in explanation.floors.items():
        is_met = floor.value >= fidelity.value
        about = f"{FLOOR}; the machine is no higher" if is_met else FLOOR
        yield Line(f"  floor: {name.replace('_', ' ')}", floor, about)
    if explanation.right is not None:
        yield Line("the network itself, against the targets", explanation.right, TARGETS)
    yield from _judged(explanation)
    found = explanation.counterfactuals
    if not isinstance(found, str):
        where = counted(found[EDITS].n_sequences, "sequence")
        edits = f"{counted(found[EDITS].value, 'edit')} in the mean, {where}"
        yield Line(ASKED, found[CONFIRMED], edits)
        yield Line("  after as many random edits", found[RANDOM], "control")


def _judged(explanation: Explanation) -> Iterator[Line]:
    """Yield what the verdict goes by and no line has yet, named where it is another measure."""
    verdict = explanation.verdict
    other = explanation.fidelity.measure == EXPLAINED
    if other and verdict.fidelity is not None:
        about = VERDICTS_OWN + _alone(explanation)
        yield Line(f"{JUDGED}, closed loop", verdict.fidelity, about)
    if verdict.stretched is not None:
        yield Line(LONGER, verdict.stretched, f"{JUDGED} {VERDICTS_OWN}" if other else "")


def _alone(explanation: Explanation) -> str:
    """Return that a verdict judged the moves of a machine alone, where the shown one has beliefs.

    Such a machine was given: those that a verdict picks are shown as they are judged.
    """
    is_belief = explanation.machine.carries == BELIEF
    decides = explanation.machine.output == Output.DISTRIBUTION
    return ", by its most likely moves alone" if is_belief and decides else ""


def guarantee_of(explanation: Explanation) -> Guarantee | None:
    """Return on how few sequences like the test sequences machine and network part at any step.

    None of a network that makes no decisions: the numbers of two are never quite the same.
    """
    test, machine = explanation.part("test"), explanation.machine
    if machine.output != Output.DISTRIBUTION:
        return None
    said = machine.predict(test.sequences).argmax(axis=1)
    parted = first_of((said != test.decisions) & test.has_output, test.sequences)
    level, like = explanation.fidelity.chosen.level, "sequences like the test sequences"
    return Guarantee(len(test), int((parted != NEVER).sum()), level, like, n_distinct(test))


def kept_in_words(explanation: Explanation) -> str:
    """Return on how many sequences machine and network decide alike; "" where none is bounded."""
    bound = guarantee_of(explanation)
    return "" if bound is None else f"machine and network decide alike on {bound}"


def headline(explanation: Explanation) -> str:
    """Return what is said of the network, and which machine stands for it."""
    machine, verdict, settings = explanation.machine, explanation.verdict, explanation.settings
    said = f"{settings.name}: {verdict.verdict}"
    by = "given" if settings.given else f"by {verdict.method}"
    short = ", the best machine judged" if verdict.verdict == Judgement.REFUSED else ""
    return f"{said}; {counted(machine.n_states, 'state')}, {by}{short}{_no_nearer(explanation)}"


def _no_nearer(explanation: Explanation) -> str:
    """Return which floors are as near as the machine, beside a verdict that would praise it."""
    if explanation.verdict.verdict != Judgement.FINITE:
        return ""
    near = [
        name.replace("_", " ")
        for name, floor in explanation.floors.items()
        if floor.value >= explanation.fidelity.value
    ]
    alone = "which knows no state" if len(near) == 1 else "which know no state"
    return f", no nearer than {either(near)}, {alone}" if near else ""


def evidence_of(explanation: Explanation) -> str:
    """Return what a verdict rests on, with the name of the measure that its numbers are of."""
    said = explanation.verdict.evidence
    if FIDELITY in said:
        name = f"{JUDGED} with the network, closed loop{_alone(explanation)},"
        return said.replace(FIDELITY, name, 1)
    return said.replace(f"{LONGER} it is", f"{LONGER} {JUDGED} is", 1)


def measured_in_words(explanation: Explanation) -> str:
    """Return which measure fits what the network's outputs are for, and what tells that."""
    kind = explanation.fidelity.kind
    return f"measured by {_measure(explanation)}: the network {kind.name} ({kind.reason})"


def _why(explanation: Explanation) -> list[str]:
    """Return why a network is not called finite-state, in lines; none where it is."""
    finite = explanation.verdict.verdict == Judgement.FINITE
    return [] if finite else broken(evidence_of(explanation), indent="  ")


def _measure(explanation: Explanation) -> str:
    measure = explanation.fidelity.measure
    return MEASURE_NAMES.get(measure, measure.replace("_", " "))


def in_lines(explanation: Explanation) -> str:
    """Return the table as text."""
    splits = ", ".join(f"{len(part)} {name}" for name, part in explanation.splits.items())
    trace = explanation.trace
    steps = counted(trace.n_steps, explanation.settings.unit)
    lines = [
        *broken(headline(explanation)),
        *_why(explanation),
        *broken(f"{counted(len(trace), 'sequence')} of {steps} in all: {splits}"),
        *broken(measured_in_words(explanation)),
    ]
    rows = lines_of(explanation)
    width = max(len(line.name) for line in rows)
    asked = next((place for place, row in enumerate(rows) if row.name == ASKED), len(rows))
    before, after = _scores(rows[:asked], width), _scores(rows[asked:], width)
    lines += [*before, *broken(kept_in_words(explanation), indent="  "), *after]
    if isinstance(explanation.counterfactuals, str):
        lines += broken(f"no counterfactuals: {explanation.counterfactuals}", indent="  ")
    sentences = (line for card in explanation.cards for line in broken(card.sentence))
    return "\n".join([*lines, *sentences])


def _scores(rows: Sequence[Line], width: int) -> list[str]:
    """Return scores in columns, names so many letters wide; what is said stays in its own."""
    heads = [f"  {row.name:{width}} {row.numbers:{NUMBERS}} " for row in rows]
    told = [
        broken(row.about, indent=head, inside=" " * len(head)) or [head.rstrip()]
        for head, row in zip(heads, rows, strict=True)
    ]
    return [line for lines in told for line in lines]


def scores_in_plain(explanation: Explanation) -> list[dict[str, Any]]:
    """Return the scores as values that JSON has."""
    return [
        {
            "name": line.name.strip(),
            "value": line.score.value,
            "low": line.score.low,
            "high": line.score.high,
            "level": line.score.level,
            "n_sequences": line.score.n_sequences,
            "about": line.about,
        }
        for line in lines_of(explanation)
    ]
