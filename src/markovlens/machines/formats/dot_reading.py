"""Automata in DOT, as AALpy writes them, as machines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.formats.aalpy_dot import CHAIN, DECIDES, DFA, MOORE
from markovlens.machines.formats.chart import BOTH, Chart, check_size, machine_of
from markovlens.machines.formats.dot_text import Graph, graph_of
from markovlens.machines.formats.naming import Legend, legend_in, text_of
from markovlens.machines.machine import Machine
from markovlens.spelling import is_number

BEGIN = "__start0"
_WHOLE = re.compile(r"[+-]?\d+")


def read(content: bytes) -> Machine:
    """Return the machine of a Dfa, MooreMachine, MarkovChain or Mdp that AALpy wrote.

    Which of them it is, is told by its labels: a bar between name and output, an input and a
    probability on each edge, a probability alone; otherwise it is a DFA, where what is not drawn is
    rejected.

    Raises:
        DataError: no such graph, or what `chart.machine_of` refuses.
    """
    text = text_of(content)
    legend, graph = legend_in(text), graph_of(text)
    start, nodes = _start(graph), {k: v for k, v in graph.nodes.items() if k != BEGIN}
    edges = [
        (source, target, _label(marks)) for source, target, marks in graph.edges if source != BEGIN
    ]
    check_size(len(nodes))
    kind = _kind(legend, nodes, [label for _, _, label in edges])
    said = _outputs(kind, nodes, tuple(legend.classes) or BOTH)
    entered = {name: each for name, each in said.items() if name != start or _enters(edges, name)}
    both = tuple(legend.classes) or (BOTH if kind == DFA else ())
    classes = tuple(dict.fromkeys([*both, *entered.values()]))
    moves, symbols = _moves(kind, edges)
    if kind == CHAIN:  # AALpy's stays where it has no move
        moves = {(name, ""): {name: 1.0} for name in nodes} | moves
    chart = Chart(
        start,
        _answers(nodes, said, classes),
        moves,
        () if kind == CHAIN else tuple(dict.fromkeys([*legend.symbols, *symbols])),
        classes,
        names=_names(kind, nodes),
        rejects=0 if kind == DFA else None,
    )
    return machine_of(chart, legend)


def _enters(edges: Sequence[tuple[str, str, str]], name: str) -> bool:
    return any(target == name for _, target, _ in edges)


def _label(marks: Mapping[str, str]) -> str:
    if "label" not in marks:
        raise DataError(
            "expected a label of every node and edge, as AALpy writes them, got none",
            page="unreadable-machine",
        )
    return marks["label"]


def _start(graph: Graph) -> str:
    found = [target for source, target, _ in graph.edges if source == BEGIN]
    if len(found) != 1 or found[0] not in graph.nodes:
        raise DataError(
            f"expected one edge from {BEGIN!r} to the state it begins in, as AALpy writes it, got "
            f"{len(found)}; add `{BEGIN} -> s0;`",
            page="unreadable-machine",
        )
    return found[0]


def _kind(legend: Legend, nodes: Mapping[str, Mapping[str, str]], labels: Sequence[str]) -> str:
    told = legend.more.get("kind")
    if told in (DFA, MOORE, CHAIN, DECIDES):
        return str(told)
    if any("doublecircle" in marks.get("shape", "") for marks in nodes.values()):
        return DFA
    if all("|" in _label(marks) for marks in nodes.values()):
        return MOORE
    if labels and all("/" in label for label in labels):
        raise DataError(
            "expected an automaton whose states answer, got labels with a slash, as of a Mealy "
            "machine; make a Moore machine of it first",
            page="unreadable-machine",
        )
    if any(":" in label and is_number(label.rpartition(":")[2]) for label in labels):
        return DECIDES
    if all(map(is_number, labels)) and not all(map(_WHOLE.fullmatch, labels)):
        return CHAIN
    return DFA


def _outputs(
    kind: str, nodes: Mapping[str, Mapping[str, str]], both: Sequence[str]
) -> dict[str, str]:
    """Return what each state answers; of a DFA one of both classes."""
    if kind == DFA:
        if len(both) != 2:
            raise DataError(
                f"expected two classes of a DFA in its legend, got {len(both)}",
                page="unreadable-machine",
            )
        doubled = {name: "doublecircle" in m.get("shape", "") for name, m in nodes.items()}
        return {name: both[there] for name, there in doubled.items()}
    if kind == MOORE:
        return {name: _halves(_label(marks))[1] for name, marks in nodes.items()}
    return {name: _label(marks).strip() for name, marks in nodes.items()}


def _halves(label: str) -> tuple[str, str]:
    """Return the name and the output of a state of a Moore machine."""
    name, bar, output = label.strip().removeprefix("{").removesuffix("}").partition("|")
    if not bar:
        raise DataError(
            f"expected `name|output` as the label of a state, got {label!r}",
            page="unreadable-machine",
        )
    return name.strip(), output.strip()


def _answers(
    nodes: Mapping[str, Mapping[str, str]], said: Mapping[str, str], classes: Sequence[str]
) -> dict[str, np.ndarray | None]:
    """Return the answer (C,) of each state; None of a start whose output is no class."""
    number = {name: code for code, name in enumerate(classes)}
    answers: dict[str, np.ndarray | None] = {}
    for name, marks in nodes.items():
        if "readout" in marks:
            answers[name] = _chances(marks["readout"], name, len(classes))
        else:
            code = number.get(said[name])
            answers[name] = None if code is None else np.eye(len(classes))[code]
    return answers


def _chances(text: str, name: str, n_classes: int) -> np.ndarray:
    row = np.array([float(each) for each in text.split()])
    if len(row) != n_classes:
        raise DataError(
            f"expected a probability of each of {n_classes} classes in `readout`, got {len(row)} "
            f"at {name!r}",
            page="unreadable-machine",
        )
    return row


def _moves(
    kind: str, edges: Sequence[tuple[str, str, str]]
) -> tuple[dict[tuple[str, str], dict[str, float]], list[str]]:
    """Return where each symbol leads, and the symbols as they come."""
    moves: dict[tuple[str, str], dict[str, float]] = {}
    for source, target, label in edges:
        symbol, chance = _read(kind, label)
        row = moves.setdefault((source, symbol), {})
        if kind in (DFA, MOORE) and row:
            raise DataError(
                f"expected one edge from {source!r} for {symbol!r}, got another; make it "
                "deterministic where it was made",
                page="unreadable-machine",
            )
        row[target] = row.get(target, 0.0) + chance
    return moves, list(dict.fromkeys(symbol for _, symbol in moves))


def _read(kind: str, label: str) -> tuple[str, float]:
    """Return the symbol and the probability of an edge."""
    if kind in (DFA, MOORE):
        return label.strip(), 1.0
    symbol, _, chance = label.rpartition(":")
    if not is_number(chance) or (kind == DECIDES and ":" not in label):
        raise DataError(
            f"expected a probability on each edge, as in `0.5` or `a:0.5`, got {label!r}; write it "
            "in, or draw an accepting state as a doublecircle if it is a DFA",
            page="unreadable-machine",
        )
    return symbol.strip() if kind == DECIDES else "", float(chance)


def _names(kind: str, nodes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return what states are called: in a label where it is no output, else as nodes are."""
    if kind == MOORE:
        return {name: _halves(_label(marks))[0] for name, marks in nodes.items()}
    return {n: _label(marks) for n, marks in nodes.items()} if kind == DFA else {}
