"""Machines as Graphviz text, for other tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.machines.edges import START, Edge, Flow, edges_of
from markovlens.machines.machine import Machine
from markovlens.machines.saying import said_of
from markovlens.outputs import Output

LEAST = 0.01  # probability below which an edge is left out
CERTAIN = 0.995  # from here on a label leaves the probability out


def machine_to_dot(machine: Machine, *, most_symbols: int = 6, name: str = "machine") -> str:
    """Return the machine as a directed graph in the DOT language.

    Parallel edges are one, labelled with their symbols; what comes only from the builder's rule
    for the unseen is dashed. A state shows its class, and is double where that is not the first.

    Args:
        machine: the machine.
        most_symbols: how many symbols an edge names before it only counts the rest.
        name: the name of the graph.
    """
    lines = [f"digraph {_quote(name)} {{", "  rankdir=LR;", '  start [shape=point, label=""];']
    for state, readout in enumerate(machine.readout):
        shape, said = "circle", [_escape(words[0]) for words in said_of(machine, state)]
        if machine.output == Output.DISTRIBUTION:
            decision = int(readout.argmax())
            shape = "doublecircle" if decision else "circle"
            said = [_escape(machine.classes[decision])]
        given = [_escape(machine.states[state])] if machine.states and machine.states[state] else []
        label = "\\n".join([str(state), *given, *said])
        lines.append(f'  {state} [shape={shape}, label="{label}"];')
    edges = edges_of(machine, _once(machine))
    for edge in sorted(edges, key=lambda edge: (edge.source, edge.target)):
        lines += _lines(edge, machine, most_symbols)
    return "\n".join([*lines, "}"]) + "\n"


def _once(machine: Machine) -> Flow:
    """Return the counts of each symbol read once at first and once in each state, visited or not.

    The likeliest symbols of an edge are then those with the largest flow.
    """
    n_symbols, n_states = machine.n_symbols, machine.n_states
    return Flow(np.ones(n_symbols), np.ones((n_symbols, n_states)), np.ones(n_states))


def _lines(edge: Edge, machine: Machine, most: int) -> list[str]:
    """Return the line of an edge, and that of what comes only from the builder's rule."""
    begins = edge.source == START
    source = "start" if begins else str(edge.source)
    seen = np.full(len(edge.symbols), True) if begins else machine.seen[edge.symbols, edge.source]
    lines = []
    for known in (True, False):
        own = (edge.probabilities >= LEAST) & (seen == known)
        if own.any():
            label = _label(edge.symbols[own], edge.probabilities[own], machine.symbols, most)
            style = "" if known else ", style=dashed"
            lines.append(f'  {source} -> {edge.target} [label="{label}"{style}];')
    return lines


def _label(symbols: np.ndarray, chances: np.ndarray, names: Sequence[str], most: int) -> str:
    """Return the first symbols, one a line, with the probabilities of those not certain."""
    parts = []
    for symbol, chance in zip(symbols[:most], chances[:most], strict=True):
        name = _escape(names[symbol]) if names else ""
        chance_text = "" if chance >= CERTAIN else f"{chance:.2f}"
        parts.append(": ".join(part for part in (name, chance_text) if part))
    if len(symbols) > most:
        parts.append(f"+{len(symbols) - most} more")
    return "\\n".join(parts)


def _quote(text: str) -> str:
    return f'"{_escape(text)}"'


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
