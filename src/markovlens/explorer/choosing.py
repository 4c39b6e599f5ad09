"""Which sequences an explorer holds, where all would make too large a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.explaining.explanation import Explanation
from markovlens.sequences import starts_of

MOST_BYTES = 2_600_000  # of steps, before base64 makes a third more of them
FIRST = ("test", "valid", "train")


@dataclass(frozen=True, slots=True)
class Held:
    """Some of the recorded sequences, and of one that is too long for all only the beginning.

    Attributes:
        numbers: (M,), which, ascending.
        lengths: (M,), how many steps of each.
        rows: the places of these steps among all recorded ones.
    """

    numbers: np.ndarray
    lengths: np.ndarray
    rows: np.ndarray


def held(explanation: Explanation, *, bytes_a_step: int, most_bytes: int = MOST_BYTES) -> Held:
    """Return as many whole sequences as there is room for.

    Those come first that cards show excerpts of, then those of the test, validation and training
    parts. One that is longer than all the room is cut.
    """
    room = most_bytes // bytes_a_step
    lengths = explanation.trace.lengths
    taken: dict[int, int] = {}
    for number in _order(explanation):
        length = int(lengths[number]) if taken else min(int(lengths[number]), room)
        if number not in taken and length <= room:
            taken[number] = length
            room -= length
    numbers = np.array(sorted(taken))
    cut = np.array([taken[number] for number in numbers])
    starts = starts_of(lengths)[numbers]
    offsets = np.arange(cut.sum()) - np.repeat(starts_of(cut), cut)
    return Held(numbers, cut, np.repeat(starts, cut) + offsets)


def _order(explanation: Explanation) -> list[int]:
    shown = [
        window.sequence
        for card in explanation.cards
        for window in (*card.typical, *card.boundary, *card.disputed)
    ]
    return [*shown, *(int(number) for split in FIRST for number in explanation.splits[split])]
