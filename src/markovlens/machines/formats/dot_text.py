"""Graphs in the DOT language of Graphviz, as far as automata are written in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markovlens.errors import DataError
from markovlens.machines.formats.chart import check_size

_PIECE = re.compile(
    r"\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/|(?P<quoted>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<arrow>->)|(?P<name>-?(?:\.\d+|\d+(?:\.\d*)?)|[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)"
    r"|(?P<sign>[{}\[\]=;,])",
    re.DOTALL,
)
MOST_EDGES = 2**20
_KEYWORDS = ("node", "edge", "graph")


@dataclass(slots=True)
class Graph:
    """Nodes and edges with their attributes, in the order of the file."""

    nodes: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@dataclass(slots=True)
class _Defaults:
    """Attributes of nodes and edges that come later, and those that each node came with."""

    of: dict[str, dict[str, str]] = field(default_factory=lambda: {word: {} for word in _KEYWORDS})
    born: dict[str, dict[str, str]] = field(default_factory=dict)

    def node(self, name: str) -> dict[str, str]:
        """Return what a node has by default: what was so where it was first spoken of."""
        return self.born.setdefault(name, dict(self.of["node"]))


def graph_of(text: str) -> Graph:
    """Return the graph of a text.

    Raises:
        DataError: it is no directed graph in DOT, ends too early, or has groups of nodes, ports or
            HTML, which automata have not.
    """
    pieces = _Pieces(text)
    pieces.skip("strict")
    if not pieces.skip("digraph"):
        raise pieces.expected("`digraph`")
    if pieces.kind in ("name", "quoted"):
        pieces.take()
    pieces.need("{")
    graph, defaults = Graph(), _Defaults()
    while not pieces.skip("}"):
        _statement(pieces, graph, defaults)
        check_size(len(graph.nodes))
        if len(graph.edges) > MOST_EDGES:
            raise DataError(
                f"expected at most {MOST_EDGES} edges, got more", page="unreadable-machine"
            )
        pieces.skip(";")
    if pieces.kind:
        raise pieces.expected("the end after the last bracket")
    return graph


class _Pieces:
    """The pieces of a text, one after the other; `kind` is "" at its end."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0
        self.kind = self.piece = ""
        self._go_on()

    def _go_on(self) -> None:
        self.kind = self.piece = ""
        while not self.kind and self.place < len(self.text):
            match = _PIECE.match(self.text, self.place)
            if match is None:
                self.piece = self.text[self.place]
                raise self.expected("DOT as AALpy writes it")
            self.place = match.end()
            self.kind, self.piece = match.lastgroup or "", match[0]

    def expected(self, what: str) -> DataError:
        line = self.text.count("\n", 0, self.place) + 1
        return DataError(
            f"line {line}: expected {what}, got {self.piece or 'the end'!r}",
            page="unreadable-machine",
        )

    def skip(self, piece: str) -> bool:
        if self.piece != piece or self.kind == "quoted" or not self.kind:
            return False
        self._go_on()
        return True

    def need(self, piece: str) -> None:
        if not self.skip(piece):
            raise self.expected(repr(piece))

    def take(self) -> str:
        """Return a name, without its quotes, and go on."""
        if self.kind not in ("name", "quoted"):
            raise self.expected("a name")
        found = self.piece
        if self.kind == "quoted":
            # Only quotes are escaped in DOT itself; other backslashes are left to who reads it.
            found = found[1:-1].replace('\\"', '"')
        self._go_on()
        return found


def _statement(pieces: _Pieces, graph: Graph, defaults: _Defaults) -> None:
    is_word = pieces.kind == "name"
    first = pieces.take()
    if is_word and first in _KEYWORDS:
        defaults.of[first].update(_attributes(pieces))
        return
    if is_word and first == "subgraph":
        raise pieces.expected("a graph without subgraphs")
    if pieces.skip("="):
        pieces.take()
        return
    path = [first]
    while pieces.skip("->"):
        path.append(pieces.take())
    found = _attributes(pieces)
    made = [defaults.node(name) for name in path]
    if len(path) == 1:
        graph.nodes.setdefault(first, made[0]).update(found)
    for source, target in zip(path, path[1:], strict=False):
        graph.edges.append((source, target, {**defaults.of["edge"], **found}))


def _attributes(pieces: _Pieces) -> dict[str, str]:
    found: dict[str, str] = {}
    while pieces.skip("["):
        while not pieces.skip("]"):
            name = pieces.take()
            pieces.need("=")
            found[name] = pieces.take()
            if not pieces.skip(","):
                pieces.skip(";")
    return found
