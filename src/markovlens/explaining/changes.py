"""The smallest change of one sequence that leads its machine elsewhere, put to the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from markovlens.arguments import check_choice
from markovlens.errors import DataError
from markovlens.explaining.windows import answer_in_words, shown_inputs
from markovlens.faithfulness.causes.counterfactuals import beside
from markovlens.faithfulness.causes.editing import Changed, answers_of
from markovlens.machines.edits import DELETE, INSERT, Edit
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import Sequences

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

CONFIRMED, DISAGREES, NOT_ASKED = (
    "confirmed", "the network disagrees here", "the network was not asked",
)  # fmt: skip
ALREADY = "the network answered so already"


@dataclass(frozen=True, slots=True)
class EditInWords:
    """One edit: its `kind`, its `place` from 0, and what was there and is there now, in words."""

    kind: str
    place: int
    was: str
    now: str

    def __str__(self) -> str:
        """Return the edit in words."""
        at = self.place + 1
        if self.kind == INSERT:
            return f"put *{self.now}* before place {at}"
        if self.kind == DELETE:
            return f"leave out *{self.was}* at place {at}"
        return f"*{self.now}* in place of *{self.was}* at place {at}"


@dataclass(frozen=True, slots=True)
class Change:
    """The fewest edits after which the machine says something else.

    Attributes:
        edits: in words.
        inputs: the sequence after them, in words.
        machine: the machine's answer then, in words.
        network: the network's, "" where it was not asked.
        asked: `confirmed`, `the network disagrees here`, that it answered so before the edits, too,
            or that it was not asked.
    """

    edits: tuple[EditInWords, ...]
    inputs: tuple[str, ...]
    machine: str
    network: str
    asked: str

    def __str__(self) -> str:
        """Return the change in one line."""
        edits = ", ".join(map(str, self.edits))
        says = f"; the network: {self.network}" if self.network else ""
        return f"{edits}: the machine then answers {self.machine}{says} ({self.asked})"


def smallest_change(
    explanation: Explanation, inputs: Sequences, *, wanted: str | None
) -> tuple[Change | None, str]:
    """Return the smallest change of a sequence, or why there is none.

    Args:
        explanation: of the network.
        inputs: one sequence.
        wanted: the class that should come out; any other than the machine's when None.

    Raises:
        ConfigError: there is no such class.
        DataError: a class is wanted where there are none.
    """
    machine, editor = explanation.machine, explanation.editor
    if editor.refusal:
        return None, editor.refusal
    own = int(answers_of(machine, machine.predict(inputs)[-1:])[0])
    says = answers_of(machine, machine.readout)
    goals = says != own if wanted is None else says == _class(machine, wanted)
    if wanted is not None and own == _class(machine, wanted):
        return None, f"the machine answers {wanted} as it is"
    (found,) = editor.shortest(inputs, goals[None])
    if found is None:
        return None, "no edits lead the machine elsewhere"
    after = beside(inputs, [found.values])
    answer = machine.predict(after)[-1]
    if int(answers_of(machine, answer[None])[0]) == own:
        return None, (
            "the fewest edits of its most likely moves leave the machine itself where it was"
        )
    return _put_to(explanation, inputs, found, after, answer), ""


def _put_to(
    explanation: Explanation, inputs: Sequences, found: Changed, after: Sequences,
    answer: np.ndarray,
) -> Change:  # fmt: skip
    machine, network = explanation.machine, explanation.network
    asked, told = NOT_ASKED, ""
    if network.answers:
        before, output = network.outputs(inputs)[-1], network.outputs(after)[-1]
        if not np.isnan(output).any():
            wanted, found_now, found_before = answers_of(
                machine, np.stack([answer, output, before])
            )
            asked = DISAGREES if found_now != wanted else CONFIRMED
            said_so = found_before == wanted and not np.isnan(before).any()
            asked = ALREADY if asked == CONFIRMED and said_so else asked
            told = answer_in_words(machine, output)
    return Change(
        tuple(_in_words(machine, edit, inputs) for edit in found.edits),
        shown_inputs(machine, after.values, machine.symbols_of(after)),
        answer_in_words(machine, answer),
        told,
        asked,
    )


def _in_words(machine: Machine, edit: Edit, inputs: Sequences) -> EditInWords:
    def name(symbol: int) -> str:
        return machine.symbols[symbol] if symbol >= 0 else ""

    return EditInWords(edit.kind, edit.place, name(edit.was), name(edit.symbol))


def _class(machine: Machine, wanted: str) -> int:
    if machine.output != Output.DISTRIBUTION:
        raise DataError(
            f"wanted: expected none, since the network answers with {machine.output} and decides "
            f"between no classes, got {wanted!r}",
            page="needs-decisions",
        )
    check_choice("wanted", wanted, machine.classes)
    return machine.classes.index(wanted)
