"""Files of JFLAP 7 (.jff): a finite automaton of two classes, a Moore machine of more.

JFLAP reads a word letter by letter: symbols of several letters are replaced by single ones, and the
legend says by which. The second of two classes is what accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import cos, pi, sin
from xml.sax.saxutils import escape

from markovlens.errors import DataError
from markovlens.machines.formats.certain import strays, successors
from markovlens.machines.formats.chart import BOTH
from markovlens.machines.formats.header import header, losses, unseen
from markovlens.machines.formats.naming import Legend, kept_or_replaced
from markovlens.machines.formats.xml_text import FITS, comment
from markovlens.machines.machine import Machine

ACCEPTOR, MOORE = "fa", "moore"
_LETTER = re.compile(r"[!-~\u00a1-\u024f]")
_MEANS_NOTHING = "\u03bb\u03b5"  # JFLAP shows what reads nothing as one of these
_RADIUS = 60.0
# a-z, A-Z, 0-9, then Chinese, Yi, Korean and private letters: all of one char, and none a half.
_FREE = [
    *chain(range(97, 123), range(65, 91), range(48, 58)),
    *chain(range(0x4E00, 0xD7A4), range(0xE000, 0xF900)),
]


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of the one file."""
    kind = ACCEPTOR if len(machine.classes) == 2 else MOORE
    letters = letters_of(machine.symbols or ("step",))
    tokens = kept_or_replaced(machine.classes, fits=FITS, prefix="class_")
    answers = BOTH if kind == ACCEPTOR else tokens
    legend = Legend(
        dict(zip(letters, machine.symbols, strict=False)),
        dict(zip(answers, machine.classes, strict=True)),
        {str(state + 1): name for state, name in enumerate(machine.states)},
        {**unseen(machine), "autonomous": not machine.symbols},
    )
    notes = [*losses(machine, chances=False), *strays(machine)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
        comment(header(machine, legend, notes)),
        f"<structure><type>{kind}</type><automaton>",
        *_states(machine, kind, answers),
        *_transitions(machine, kind, letters, answers),
        "</automaton></structure>",
    ]
    return {"": "\n".join(lines) + "\n"}


def letters_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return a different letter for each name: itself, where it is one.

    Raises:
        DataError: more names than a letter of Java, which JFLAP is written in, can be.
    """
    taken = {name for name in names if _LETTER.fullmatch(name)}
    free = [letter for letter in map(chr, _FREE) if letter not in taken]
    if len(names) > len(free) + len(taken):
        raise DataError(
            f"expected at most {len(free) + len(taken)} symbols, a letter each, got {len(names)}; "
            "write it in another format (.json, .prism, .dot)",
            page="format-cannot-hold",
        )
    more = iter(free)
    return tuple(name if name in taken else next(more) for name in names)


def _states(machine: Machine, kind: str, answers: Sequence[str]) -> Iterator[str]:
    size = machine.n_states + 1
    for number in range(size):
        angle = 2 * pi * number / size
        x, y = (_RADIUS * size / 3 * (1.2 + way) for way in (-cos(angle), -sin(angle)))
        marks = _marks(machine, number - 1, kind, answers) if number else ["<initial/>"]
        yield (
            f'<state id="{number}" name="q{number}"><x>{x:.1f}</x><y>{y:.1f}</y>'
            f"{''.join(marks)}</state>"
        )


def _marks(machine: Machine, state: int, kind: str, answers: Sequence[str]) -> list[str]:
    """Return what is said of a state: its name, if it has one, and its answer."""
    code = int(machine.readout[state].argmax())
    name = machine.states[state] if machine.states else ""
    marks = [f"<label>{escape(name)}</label>"] if FITS.fullmatch(name) else []
    if kind == MOORE:
        marks.append(f"<output>{escape(answers[code])}</output>")
    return [*marks, "<final/>"] if kind == ACCEPTOR and code == 1 else marks


def _transitions(
    machine: Machine, kind: str, letters: Sequence[str], answers: Sequence[str]
) -> Iterator[str]:
    first, later = successors(machine)
    said = machine.readout.argmax(axis=1).tolist()
    for source in range(machine.n_states + 1):
        for code, letter in enumerate(letters):
            target = int(later[code, source - 1] if source else first[code])
            gives = f"<transout>{escape(answers[said[target - 1]])}</transout>"
            yield (
                f"<transition><from>{source}</from><to>{target}</to><read>{escape(letter)}</read>"
                f"{gives if kind == MOORE else ''}</transition>"
            )
