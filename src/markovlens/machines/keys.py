"""Letters and cut names, of rules and names too long for a drawing, and the key that tells them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from string import ascii_lowercase
from textwrap import wrap

from markovlens.lettering import inches_wide, printable, shorten
from markovlens.machines.labels import LONGEST_RULE, LONGEST_WORD
from markovlens.machines.machine import Machine
from markovlens.machines.saying import LONGEST as LONGEST_CLASS

LONGEST_TOLD = 300  # characters of a name, of which a key tells no more
SIZE = 8.0  # points, of a key
INDENT = "    "


def are_rules(machine: Machine) -> bool:
    """Return whether the names of a machine's symbols are rules on rows, too long for a drawing."""
    long = any(len(name) > LONGEST_RULE for name in machine.symbols)
    return machine.codebook is not None and long


def short_names(machine: Machine) -> tuple[str, ...]:
    """Return what stands for each of the V symbols in a drawing: its name, or a letter."""
    return letters(len(machine.symbols)) if are_rules(machine) else machine.symbols


def letters(number: int) -> tuple[str, ...]:
    """Return a, b, c, ...; with more symbols than letters a1, b1, and so on."""
    rounds = range(-(-number // len(ascii_lowercase)))
    names = [f"{letter}{turn or ''}" for turn in rounds for letter in ascii_lowercase]
    return tuple(names[:number])


def key_of(machine: Machine, *, width: float, drawn: Collection[str] = ()) -> list[str]:
    """Return the lines that say what letters and cut names stand for, and how states are called.

    There are none where no letters stand for any, no name is cut, and nobody named a state.

    Args:
        machine: what is drawn.
        width: inches that a line may fill.
        drawn: texts of the drawing, in which names of symbols and classes may be cut.
    """
    rules = zip(short_names(machine), machine.symbols, strict=True) if are_rules(machine) else ()
    states = [(str(state), name) for state, name in enumerate(machine.states) if name]
    named = [*rules, *_cut_names(machine, drawn), *states]
    return [line for letter, rule in named for line in key_lines(letter, rule, width=width)]


def _cut_names(machine: Machine, drawn: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what stands in some text for names of which it is a part, and these names."""
    symbols = () if are_rules(machine) else machine.symbols
    for names, lengths in (
        (symbols, (LONGEST_WORD, LONGEST_RULE)),
        (machine.classes, (LONGEST_CLASS,)),
    ):
        for longest in lengths:
            for short, whole in _by_short(names, longest=longest).items():
                if any(short in text for text in drawn):
                    yield short, " or ".join(whole)


def _by_short(names: Sequence[str], *, longest: int) -> dict[str, list[str]]:
    """Return the names that are cut at a length, by what is left of them."""
    found: dict[str, list[str]] = {}
    for name in names:
        if len(name) > longest:
            whole = shorten(name, longest=LONGEST_TOLD)
            found.setdefault(shorten(name, longest=longest), []).append(whole)
    return found


def key_lines(letter: str, rule: str, *, width: float) -> list[str]:
    """Return a letter and its rule in as many lines as it takes."""
    text = f"{letter}: {printable(rule)}"
    room = max(int(width / (inches_wide(text, size=SIZE) / len(text))), 20)
    return wrap(text, room, subsequent_indent=INDENT)
