"""What a state of a machine answers, in words and as a share, whatever its output is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.lettering import shorten
from markovlens.machines.labels import chance
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.spelling import significant

LONGEST = 9  # characters of a name
ON = 0.5  # probability above which a label is on


def said_of(machine: Machine, state: int) -> list[Sequence[str]]:
    """Return what a state answers, line by line, each in words that get shorter.

    It is the likeliest class and its probability if not 1; the labels that are on; or column by
    column the mean ± the standard deviation.
    """
    row = machine.readout[state]
    names = [shorten(name, longest=LONGEST) for name in machine.classes]
    if machine.output == Output.DISTRIBUTION:
        likely = int(row.argmax())
        return [[names[likely]], [chance(float(row[likely])).removeprefix("1")]]
    if machine.output == Output.LABELS:
        return [[name] for name, value in zip(names, row, strict=True) if value > ON] or [["none"]]
    numbers = [_number(machine, state, column) for column in range(len(row))]
    return [
        [f"{name} {number}", number, significant(value)]
        for name, number, value in zip(names, numbers, row, strict=True)
    ]


def _number(machine: Machine, state: int, column: int) -> str:
    value = significant(machine.readout[state, column])
    if machine.spread is None:
        return value
    return f"{value} ± {significant(machine.spread[state, column], 2)}"


def share_of(machine: Machine, state: int) -> float:
    """Return in 0..1 how much a state says, of its colour.

    It is P(second of two classes), or how likely its class is; the share of labels that are on; or
    where the first value lies between the lowest and the highest of any state.
    """
    row = machine.readout[state]
    if machine.output == Output.DISTRIBUTION:
        return float(row[1] if len(row) == 2 else row.max())
    if machine.output == Output.LABELS:
        return float((row > ON).mean())
    first = machine.readout[:, 0]
    room = float(np.ptp(first))
    return float((row[0] - first.min()) / room) if room > 0 else ON
