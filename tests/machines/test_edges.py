import numpy as np
import pytest

from markovlens.machines.edges import START, Edge, edges_of, flow_of, split_by_share
from markovlens.machines.labels import edge_label
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences


def between(edges, source, target):
    return next(edge for edge in edges if (edge.source, edge.target) == (source, target))


def test_flow_counts_what_a_deterministic_machine_reads_in_each_state(parity):
    # 1 1 0 | 0 1: states 1 0 0 | 0 1
    flow = flow_of(parity, Sequences(np.array([1, 1, 0, 0, 1]), np.array([3, 2])))
    assert flow.starts.tolist() == [1, 1]
    assert flow.reads.tolist() == [[1, 0], [1, 1]]
    assert flow.visits.tolist() == [3, 2]


def test_edges_merge_symbols_and_carry_share_and_probability(parity):
    inputs = Sequences(np.array([1, 1, 0, 0, 1]), np.array([3, 2]))
    edges = edges_of(parity, flow_of(parity, inputs), prior=0)
    assert {(edge.source, edge.target) for edge in edges} == {
        (START, 0), (START, 1), (0, 0), (0, 1), (1, 0),
    }  # fmt: skip
    edge = between(edges, 1, 0)
    assert edge.flow == 1
    assert edge.share == pytest.approx(1 / 3)
    assert edge.symbols.tolist() == [1]
    assert edge.probabilities.tolist() == [1]
    assert between(edges, START, 1).share == pytest.approx(1 / 2)


def test_lift_is_how_much_likelier_the_edge_is_after_the_symbol(parity):
    inputs = Sequences(np.array([1, 1, 0, 0, 1]), np.array([3, 2]))
    edge = between(edges_of(parity, flow_of(parity, inputs), prior=0), 1, 0)
    # P(edge | symbol 1) = 1/2, P(edge) = 1/3
    assert edge.lifts.tolist() == pytest.approx([1.5])


def test_a_prior_shrinks_the_lift_of_rare_symbols_to_one(parity):
    inputs = Sequences(np.array([1, 1, 0, 0, 1]), np.array([3, 2]))
    edge = between(edges_of(parity, flow_of(parity, inputs), prior=4), 1, 0)
    assert edge.lifts.tolist() == pytest.approx([(1 + 4 / 3) / (2 + 4) / (1 / 3)])


def test_flow_of_a_soft_machine_is_conserved(make_machine, make_trace):
    machine = make_machine(4, 3, 2)
    trace = make_trace(machine)
    flow = flow_of(machine, trace.sequences)
    edges = edges_of(machine, flow)
    arriving = np.zeros(4)
    for edge in edges:
        arriving[edge.target] += edge.flow
        assert edge.flows.sum() == pytest.approx(edge.flow)
    np.testing.assert_allclose(arriving, flow.visits)
    assert sum(edge.share for edge in edges if edge.source != START) == pytest.approx(1)


def test_a_machine_that_ignores_its_inputs_has_edges_without_symbols(make_trace):
    machine = Machine(
        np.array([[1.0, 0.0]]), np.array([[[0.25, 0.75], [1.0, 0.0]]]), np.eye(2), (), ("a", "b"),
        np.ones((1, 2), dtype=bool),
    )  # fmt: skip
    inputs = Sequences(np.array([7, 8, 9]), np.array([3]))
    edges = edges_of(machine, flow_of(machine, inputs))
    assert edge_label(between(edges, 0, 1), machine.symbols, most=3) == ".75"


def test_one_step_sequences_have_starts_and_no_flow(parity):
    edges = edges_of(parity, flow_of(parity, Sequences(np.array([0, 1]), np.array([1, 1]))))
    assert [(edge.source, edge.target) for edge in edges] == [(START, 0), (START, 1)]


def test_weak_edges_are_hidden_but_no_state_is_left_alone(make_machine, make_trace):
    machine = make_machine(6, 3, 2)
    edges = edges_of(machine, flow_of(machine, make_trace(machine).sequences))
    moved = [edge for edge in edges if edge.source != START]
    shown, hidden = split_by_share(moved, least=0.0, most=0)
    assert len(shown) + len(hidden) == len(moved)
    between_two = {(e.source, e.target) for e in moved if e.source != e.target}
    assert {source for source, _ in between_two} == {edge.source for edge in shown}
    assert {target for _, target in between_two} == {edge.target for edge in shown}


def test_what_holds_a_large_part_of_a_states_ways_out_is_drawn():
    none = np.array([])
    moves = [(0, 1, 90.0), (1, 0, 60.0), (0, 2, 9.0), (2, 0, 5.0), (2, 1, 4.0), (0, 0, 1.0)]
    edges = [Edge(source, to, flow, flow / 169, *(none,) * 4) for source, to, flow in moves]
    shown, hidden = split_by_share(edges, least=0.04, most=10)
    assert [(each.source, each.target) for each in shown] == [
        (0, 1),
        (1, 0),
        (0, 2),
        (2, 0),
        (2, 1),
    ]
    assert [(each.source, each.target) for each in hidden] == [(0, 0)]


def test_labels_name_symbols_and_leave_certainty_out(parity):
    inputs = Sequences(np.array([1, 1, 0, 0, 1]), np.array([3, 2]))
    edges = edges_of(parity, flow_of(parity, inputs))
    assert edge_label(between(edges, 1, 0), parity.symbols, most=3) == "1"


def test_labels_of_large_alphabets_show_the_most_characteristic_words(make_machine, make_trace):
    words = tuple(f"word{v:03}-far-too-long" for v in range(40))
    machine = make_machine(3, 40, 2, symbols=words)
    trace = make_trace(machine, n_sequences=200)
    edge = edges_of(machine, flow_of(machine, trace.sequences))[-1]
    label = edge_label(edge, words, most=1).split("\n")
    assert label[0] == words[edge.symbols[edge.lifts.argmax()]][:12] + "…"
