"""Which words lead from one state to another: the word classes of a machine that reads text."""

from __future__ import annotations

import pandas as pd

from markovlens.machines.edges import START, edges_of, flow_of
from markovlens.machines.labels import characteristic
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences
from markovlens.tables.fits import WORDS


def edge_words(
    machine: Machine, sequences: Sequences, *, most: int = 10, least: float = 2.0
) -> pd.DataFrame:
    """Return the most characteristic words of every edge, the highest lift first.

    LISOR (Hou & Zhou 2020) shows an edge as the class of all words that take it; here they are
    ranked by lift, P(edge | word) / P(edge), shrunk towards 1 for rare words. The machine runs on
    the words alone.

    Args:
        machine: the machine.
        sequences: what it reads.
        most: words for each edge.
        least: expected times that a word must take the edge to be listed.

    Returns:
        A row a word of an edge: `source` (-1 is the start) and `target`; `rank` from 1; `word`;
        `count`, the expected times that it takes the edge; `reads`, those that it is read at all
        (after the first symbol, or as the first for edges from the start); `probability`,
        P(target | source, word); `lift`.
    """
    flow = flow_of(machine, sequences)
    reads = flow.reads.sum(axis=1)
    rows = []
    for edge in edges_of(machine, flow):
        common = [i for i in characteristic(edge) if edge.flows[i] >= least]
        for rank, index in enumerate(common[:most], start=1):
            symbol = int(edge.symbols[index])
            total = flow.starts[symbol] if edge.source == START else reads[symbol]
            word = machine.symbols[symbol] if machine.symbols else ""
            found = (edge.flows[index], total, edge.probabilities[index], edge.lifts[index])
            rows.append((edge.source, edge.target, rank, word, *map(float, found)))
    return pd.DataFrame(rows, columns=WORDS.names)
