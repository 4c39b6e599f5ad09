"""Machines as Graphviz text, for other tools."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.machines.machine import Machine

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
        decision = int(readout.argmax())
        shape = "doublecircle" if decision else "circle"
        label = f"{state}\\n{_escape(machine.classes[decision])}"
        lines.append(f'  {state} [shape={shape}, label="{label}"];')
    always = np.ones(machine.n_symbols, dtype=bool)
    lines += _edges("start", machine.initial, always, machine, most_symbols)
    for state in range(machine.n_states):
        rows = machine.transition[:, state]
        lines += _edges(str(state), rows, machine.seen[:, state], machine, most_symbols)
    return "\n".join([*lines, "}"]) + "\n"


def _edges(
    source: str, rows: np.ndarray, seen: np.ndarray, machine: Machine, most: int
) -> list[str]:
    """Return the lines of all edges from one state, whose next-state rows are (V, K)."""
    lines = []
    for target in range(machine.n_states):
        for known in (True, False):
            symbols = np.flatnonzero((rows[:, target] >= LEAST) & (seen == known))
            if len(symbols):
                label = _label(symbols, rows[symbols, target], machine.symbols, most)
                style = "" if known else ", style=dashed"
                lines.append(f'  {source} -> {target} [label="{label}"{style}];')
    return lines


def _label(symbols: np.ndarray, chances: np.ndarray, names: Sequence[str], most: int) -> str:
    """Return the likeliest symbols, one a line, with the probabilities of those not certain."""
    order = np.argsort(-chances, kind="stable")
    parts = []
    for symbol, chance in zip(symbols[order][:most], chances[order][:most], strict=True):
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
