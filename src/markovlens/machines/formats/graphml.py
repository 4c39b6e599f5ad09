"""GraphML (graphml.graphdrawing.org), written by networkx: a node each state, an edge each move.

Nodes have `answer`, the likeliest class, and the probability of each class, or the value; edges
`symbol`, its number `code`, and `probability`. Node `s0` is the start. The legend is an attribute
of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from markovlens.machines.formats.decimals import decimal, units
from markovlens.machines.formats.header import header, losses, unseen
from markovlens.machines.formats.naming import Legend, kept_or_replaced
from markovlens.machines.formats.rows import moves_of
from markovlens.machines.formats.xml_text import FITS
from markovlens.machines.machine import Machine
from markovlens.outputs import Output


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of the one file."""
    symbols = kept_or_replaced(machine.symbols, fits=FITS, prefix="symbol_")
    classes = kept_or_replaced(machine.classes, fits=FITS, prefix="class_")
    states = kept_or_replaced([name for name in machine.states if name], fits=FITS, prefix="state_")
    named = dict(zip([f"s{k + 1}" for k, s in enumerate(machine.states) if s], states, strict=True))
    legend = Legend(
        dict(zip(symbols, machine.symbols, strict=True)),
        dict(zip(classes, machine.classes, strict=True)),
        {f"s{k + 1}": name for k, name in enumerate(machine.states)},
        unseen(machine),
    )
    *about, line = header(machine, legend, losses(machine, chances=True))
    graph = nx.MultiDiGraph(about=" ".join(about), legend=line)
    graph.add_node("s0", start=True)
    for state in range(machine.n_states):
        told = {"name": named[f"s{state + 1}"]} if f"s{state + 1}" in named else {}
        graph.add_node(f"s{state + 1}", start=False, **told, **_answer(machine, state, classes))
    for move in moves_of(machine):
        reads = {"symbol": symbols[move.symbol], "code": move.symbol} if symbols else {}
        for target, chance in zip(move.targets, move.chances, strict=True):
            graph.add_edge(f"s{move.source}", f"s{target}", probability=float(chance), **reads)
    return {"": "\n".join(nx.generate_graphml(graph)) + "\n"}


def _answer(machine: Machine, state: int, classes: tuple[str, ...]) -> dict[str, str | float]:
    """Return the attributes of a node that say what is answered there."""
    row = machine.readout[state]
    if machine.output != Output.DISTRIBUTION:
        return {f"value {name}": float(value) for name, value in zip(classes, row, strict=True)}
    chances = [float(decimal(unit)) for unit in units(row)]
    each = {f"chance {name}": value for name, value in zip(classes, chances, strict=True)}
    return {"answer": classes[int(row.argmax())], **each}
