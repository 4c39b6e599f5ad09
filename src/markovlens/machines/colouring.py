"""Colours and rims of states by what they answer, and the legend that tells them.

A class has a colour and a rim of its own, so that colour is never the only sign of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from markovlens.lettering import inches_wide, shorten
from markovlens.machines.keys import SIZE
from markovlens.machines.machine import Machine
from markovlens.machines.saying import share_of
from markovlens.outputs import Output

# Of Paul Tol's light scheme, made for letters on it and for the colour-blind: those first that stay
# farthest apart under each kind of colour blindness. Grey is for all further classes.
CLASS_COLOURS = ("#77AADD", "#EE8866", "#BBCC33", "#FFAABB", "#EEDD88", "#99DDFF", "#44BB99")
OTHER_COLOUR, OTHERS = "#DDDDDD", "any other class"
SOLID = "-"
DASHES = (SOLID, (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
# Pale, so that text stands out on them: from the second class being unlikely to likely; from no
# label or value to all or the highest.
TWO_CLASSES, SHARES = "PuOr", "Blues"
PALE = {TWO_CLASSES: (0.34, 0.32), SHARES: (0.0, 0.35)}  # where a map begins, how far it goes
FAINTEST = 0.5  # of its colour, that a class has where it is no likelier than any other
SIGN, BETWEEN = 0.16, 0.2  # inches: a sign of the legend with its gap, and after its name
LONGEST_NAME = 40  # characters of a class in a legend

Dashes = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Rim:
    """How a state is edged: with which dashes, and whether twice."""

    dashes: Dashes = SOLID
    double: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A class in a legend.

    Attributes:
        name: of the class.
        fill, rim: of its states.
        left, line: inches from the left, and the line of the legend, from 0.
    """

    name: str
    fill: str
    rim: Rim
    left: float
    line: int


def has_class_colours(machine: Machine) -> bool:
    """Return whether each class has a colour: there are more than the two ends of a scale."""
    return machine.output == Output.DISTRIBUTION and len(machine.classes) > 2


def fill_of(machine: Machine, state: int) -> str:
    """Return the colour of a state: that of its class, the paler the less likely that is.

    Of two classes, of labels and of values it lies between two ends, by `saying.share_of`.
    """
    if has_class_colours(machine):
        equal = 1 / len(machine.classes)
        surer = (share_of(machine, state) - equal) / (1 - equal)
        return _paler(_colour(_rank(machine, state)), FAINTEST + (1 - FAINTEST) * surer)
    return between(machine.output, share_of(machine, state))


def between(output: Output, share: float) -> str:
    """Return the colour at a share, 0 to 1, of the way between the two ends of a scale."""
    name = SHARES if output == Output.LABELS else TWO_CLASSES
    begin, reach = PALE[name]
    return to_hex(matplotlib.colormaps[name](begin + reach * share))


def in_words(machine: Machine) -> str:
    """Return what the colours of a machine's states mean."""
    first, last = machine.classes[0], machine.classes[-1]
    if has_class_colours(machine):
        return "colour and rim are those of the class that is answered, paler the less likely it is"
    if machine.output == Output.DISTRIBUTION:
        return f"from {first}, orange, to {last}, purple and with two rims, by how likely each is"
    if machine.output == Output.LABELS:
        return "the darker the more labels are on"
    return f"by the {first} that a state answers, from the lowest, orange, to the highest, purple"


def rim_of(machine: Machine, state: int) -> Rim:
    """Return how a state is edged: by its class, of two classes the second one twice."""
    if machine.output != Output.DISTRIBUTION:
        return Rim()
    if has_class_colours(machine):
        return _rim(_rank(machine, state))
    return Rim(double=bool(machine.readout[state].argmax() == 1))


def legend_of(machine: Machine, states: Sequence[int], *, width: float) -> list[Sign]:
    """Return the classes that some states answer, as a legend of lines so many inches wide.

    There is none where no class has a colour.
    """
    if not has_class_colours(machine):
        return []
    ranks = {_rank(machine, state): int(machine.readout[state].argmax()) for state in states}
    signs: list[Sign] = []
    left, line = 0.0, 0
    for rank, decision in sorted(ranks.items()):
        named = OTHERS if rank == len(CLASS_COLOURS) else machine.classes[decision]
        name = shorten(named, longest=LONGEST_NAME)
        wide = SIGN + inches_wide(name, size=SIZE)
        if left and left + wide > width:
            left, line = 0.0, line + 1
        signs.append(Sign(name, _colour(rank), _rim(rank), left, line))
        left += wide + BETWEEN
    return signs


def _rank(machine: Machine, state: int) -> int:
    """Return the place of a state's class among those with colours; one more where it has none.

    Of more classes than colours only those that some state answers have one, in their order.
    """
    decisions = machine.readout.argmax(axis=1)
    if len(machine.classes) <= len(CLASS_COLOURS):
        return int(decisions[state])
    answered = np.unique(decisions[machine.visitable])
    return min(int(np.searchsorted(answered, decisions[state])), len(CLASS_COLOURS))


def _colour(rank: int) -> str:
    return to_hex((*CLASS_COLOURS, OTHER_COLOUR)[rank])


def _rim(rank: int) -> Rim:
    if rank == len(CLASS_COLOURS):
        return Rim()
    return Rim(DASHES[rank % len(DASHES)], double=rank >= len(DASHES))


def _paler(colour: str, strength: float) -> str:
    red, green, blue = 1 - strength * (1 - np.array(to_rgb(colour)))
    return to_hex((red, green, blue))
