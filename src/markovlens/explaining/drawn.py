"""What the drawing of an explanation counts, and what it leaves out, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markovlens.machines.edges import START, edges_of
from markovlens.machines.machine import BELIEF
from markovlens.machines.sketching import left_out, shown_and_hidden

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

COUNTS = "Arrows and cards count the same moves, of all recorded sequences"


def note_of(explanation: Explanation) -> str:
    """Return what arrows count, and how many are too weak to be drawn, with their share."""
    machine = explanation.machine
    moved = [edge for edge in edges_of(machine, explanation.flow) if edge.source != START]
    _, hidden = shown_and_hidden(machine, moved)
    of = ": those of the likeliest state at each step, since this machine carries a belief"
    counts = f"{COUNTS}{of if machine.carries == BELIEF else ''}."
    if not hidden:
        return counts
    return f"{counts} {left_out(hidden)} {'is' if len(hidden) == 1 else 'are'} not drawn."
