"""Letters in place of rules too long for a drawing, and the key that tells what they mean."""

from __future__ import annotations

from string import ascii_lowercase
from textwrap import wrap

from markovlens.lettering import inches_wide, printable
from markovlens.machines.labels import LONGEST_RULE
from markovlens.machines.machine import Machine

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


def key_of(machine: Machine, *, width: float) -> list[str]:
    """Return the lines that say which letter is which rule, and which state has which name.

    There are none where no letters stand for any, and nobody named a state.

    Args:
        machine: what is drawn.
        width: inches that a line may fill.
    """
    rules = zip(short_names(machine), machine.symbols, strict=True) if are_rules(machine) else ()
    states = [(str(state), name) for state, name in enumerate(machine.states) if name]
    named = [*rules, *states]
    return [line for letter, rule in named for line in key_lines(letter, rule, width=width)]


def key_lines(letter: str, rule: str, *, width: float) -> list[str]:
    """Return a letter and its rule in as many lines as it takes."""
    text = f"{letter}: {printable(rule)}"
    room = max(int(width / (inches_wide(text, size=SIZE) / len(text))), 20)
    return wrap(text, room, subsequent_indent=INDENT)
