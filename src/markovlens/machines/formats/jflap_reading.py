"""Finite automata and Moore machines of JFLAP as machines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.formats.chart import BOTH, Chart, check_size, machine_of
from markovlens.machines.formats.jflap import ACCEPTOR, MOORE
from markovlens.machines.formats.naming import legend_in
from markovlens.machines.formats.xml_text import parsed
from markovlens.machines.machine import Machine

_RANGE = re.compile(r"\[.-.\]")


def read(content: bytes) -> Machine:
    """Return the machine of a deterministic finite automaton, or of a Moore machine.

    What a finite automaton has no transition for, is rejected, as in JFLAP. A transition that reads
    several letters reads one symbol of that name.

    Raises:
        DataError: no such file, one of another kind or that leaves a choice, or what
            `chart.machine_of` refuses.
    """
    root, legend = parsed(content), legend_in(content.decode("utf-8", errors="replace"))
    kind = (root.findtext("type") or "").strip()
    if root.tag != "structure" or kind not in (ACCEPTOR, MOORE):
        raise DataError(
            "expected a finite automaton (fa) or a Moore machine of JFLAP, got "
            f"{kind or root.tag!r}",
            page="unreadable-machine",
        )
    inside = root.find("automaton")
    inside = root if inside is None else inside  # JFLAP 4 has it all at the top
    states, arrows = inside.findall("state"), inside.findall("transition")
    check_size(len(states))
    both = tuple(legend.classes) or (BOTH if kind == ACCEPTOR else ())
    said = {_attribute(state, "id"): _answer(state, kind, both) for state in states}
    start = _start(states)
    moves, symbols = _moves(arrows)
    single = legend.more.get("autonomous") is True
    entered = {name: each for name, each in said.items() if name != start or _enters(moves, name)}
    classes = tuple(dict.fromkeys([*both, *entered.values()]))
    number = {name: code for code, name in enumerate(classes)}
    chart = Chart(
        start,
        {name: _row(number.get(each), len(classes)) for name, each in said.items()},
        {(source, "" if single else letter): row for (source, letter), row in moves.items()},
        () if single else tuple(dict.fromkeys([*legend.symbols, *symbols])),
        classes,
        names={_attribute(s, "id"): s.findtext("label") or s.get("name") or "" for s in states},
        rejects=0 if kind == ACCEPTOR else None,
    )
    return machine_of(chart, legend)


def _attribute(element: Element, name: str) -> str:
    found = element.get(name)
    if found is None:
        raise DataError(
            f"expected every {element.tag} to have {name!r}, got one without",
            page="unreadable-machine",
        )
    return found


def _answer(state: Element, kind: str, both: Sequence[str]) -> str:
    if kind == MOORE:
        return (state.findtext("output") or "").strip()
    if len(both) != 2:
        raise DataError(
            f"expected two classes of an automaton in its legend, got {len(both)}",
            page="unreadable-machine",
        )
    return both[state.find("final") is not None]


def _start(states: Sequence[Element]) -> str:
    found = [_attribute(state, "id") for state in states if state.find("initial") is not None]
    if len(found) != 1:
        raise DataError(
            f"expected one initial state, got {len(found)}; mark one in JFLAP",
            page="unreadable-machine",
        )
    return found[0]


def _moves(
    arrows: Sequence[Element],
) -> tuple[dict[tuple[str, str], dict[str, float]], list[str]]:
    """Return where each symbol leads, and the symbols as they come."""
    moves: dict[tuple[str, str], dict[str, float]] = {}
    for arrow in arrows:
        source, target, letter = (arrow.findtext(tag) or "" for tag in ("from", "to", "read"))
        if not letter or _RANGE.fullmatch(letter) or (source, letter) in moves:
            what = repr(letter) if letter else "nothing (lambda)"
            raise DataError(
                f"expected one transition for each state and symbol, got one from {source!r} that "
                f"reads {what}; convert it to a DFA in JFLAP (Convert, Convert to DFA)",
                page="unreadable-machine",
            )
        moves[source, letter] = {target: 1.0}
    return moves, list(dict.fromkeys(letter for _, letter in moves))


def _enters(moves: Mapping[tuple[str, str], Mapping[str, float]], name: str) -> bool:
    return any(name in row for row in moves.values())


def _row(code: int | None, n_classes: int) -> np.ndarray | None:
    return None if code is None else np.eye(n_classes)[code]
