"""networkx's own reader says what we wrote."""

from decimal import Decimal

import networkx as nx
import numpy as np
from hypothesis import given, settings

import markovlens as ml
from helpers.formats import machines
from markovlens.machines.formats.naming import legend_in


@settings(max_examples=60, deadline=None)
@given(machine=machines())
def test_networkx_reads_what_was_written(machine, tmp_path_factory):
    path = tmp_path_factory.mktemp("graphml") / "machine.graphml"
    ml.write_machine(path, machine)
    graph = nx.read_graphml(path, force_multigraph=True)
    legend = legend_in(graph.graph["legend"])
    assert tuple(legend.symbols.values()) == machine.symbols
    assert tuple(legend.classes.values()) == machine.classes
    rows = np.zeros((machine.n_symbols, machine.n_states + 1, machine.n_states))
    sums = {}
    for source, target, marks in graph.edges(data=True):
        symbol = legend.symbols[marks["symbol"]] if machine.symbols else None
        code = machine.symbols.index(symbol) if symbol is not None else 0
        assert marks.get("code", 0) == code
        rows[code, int(source[1:]), int(target[1:]) - 1] += marks["probability"]
        key = source, code
        sums[key] = sums.get(key, 0) + Decimal(repr(marks["probability"]))
    assert set(sums.values()) == {1}
    wanted = np.concatenate([machine.initial[:, None], machine.transition], axis=1)
    np.testing.assert_allclose(rows, wanted, atol=2e-15)
    for state, row in enumerate(machine.readout):
        node = graph.nodes[f"s{state + 1}"]
        assert not node["start"]
        told = [node[f"chance {name}"] for name in legend.classes]
        np.testing.assert_allclose(told, row, atol=2e-15)
        assert legend.classes[node["answer"]] == machine.classes[row.argmax()]
