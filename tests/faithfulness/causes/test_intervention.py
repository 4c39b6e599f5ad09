import numpy as np
import pytest

from helpers.planted import (
    counter_network,
    depth_machine,
    observed,
    parity_machine,
    parity_network,
)
from markovlens.errors import DataError
from markovlens.faithfulness.causes.continuing import draw_points
from markovlens.faithfulness.causes.intervention import TOO_FEW, Explained, intervene
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import automaton
from markovlens.sequences import Sequences


def odd(trace):
    """Return the true state of parity at each step."""
    words = Sequences(trace.inputs, trace.lengths)
    return np.concatenate([np.cumsum(word) % 2 for word in words])


def ask(explained, trace, oracle, n_points=100):
    rng = np.random.default_rng(0)
    points = draw_points(trace, oracle, n_points=n_points, rng=rng)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=rng)
    return intervene({"it": explained}, trace, oracle, points, bootstrap)["it"]


def test_true_states_can_be_exchanged_and_the_controls_differ():
    trace, oracle = observed(parity_network())
    scores = ask(Explained(parity_machine(), odd(trace)), trace, oracle)
    # Units (a, b) at the centroid of a state decode to the same p, as the read-out is linear.
    for name in ("iia", "iia_centroid", "iia_same_state", "iia_informative"):
        assert (scores[name].value, scores[name].high) == (1, 1), name
        assert scores[name].low > 0.9, name
    assert scores["iia_random"].high < 0.9


def test_a_state_that_is_no_state_of_the_network_is_found_out():
    trace, oracle = observed(parity_network())
    wrong = np.random.default_rng(0).integers(2, size=trace.n_steps)
    scores = ask(Explained(parity_machine(), wrong), trace, oracle)
    assert scores["iia"].value < 0.75
    assert scores["iia_same_state"].value < 0.75


def test_a_merged_state_fails_the_swap_within_it():
    """With depths 2, 3, ... taken for one state, a swap within it changes what the network does."""
    trace, oracle = observed(counter_network(), longest=16)
    words = Sequences(trace.inputs, trace.lengths)
    belief = depth_machine(7).run(words).argmax(axis=1)
    exact = ask(Explained(depth_machine(7), belief), trace, oracle)
    merged = np.where(belief == 8, 3, np.minimum(belief, 2))
    coarse = ask(Explained(depth_machine(2), merged), trace, oracle)
    assert exact["iia"].value == exact["iia_same_state"].value == 1
    assert coarse["iia_same_state"].value < 1


def test_where_no_swap_is_informative_there_is_no_score():
    trace, oracle = observed(parity_network())
    always = automaton(np.zeros((1, 2), dtype=int), np.array([True]), start=0, symbols=("0", "1"))
    assert ask(Explained(always, np.zeros(trace.n_steps, dtype=int)), trace, oracle) == TOO_FEW


def test_points_are_the_states_of_their_prefixes():
    trace, oracle = observed(counter_network())
    points = draw_points(trace, oracle, n_points=30, rng=np.random.default_rng(0))
    np.testing.assert_allclose(oracle.observe(points.whole), trace.states[points.row], atol=1e-6)
    last = np.cumsum(trace.lengths) - 1
    np.testing.assert_array_equal(points.row + points.rest.lengths, last[points.sequence])
    np.testing.assert_array_equal(trace.inputs[points.rest_row], points.rest.values)
    assert len(np.unique(points.sequence)) == 30


def test_sequences_of_one_step_have_no_point():
    trace, oracle = observed(parity_network())
    short = trace.select(np.arange(3))
    heads = np.cumsum(short.lengths) - short.lengths
    one_step = type(short)(
        **{name: getattr(short, name)[heads] for name in ("states", "inputs", "outputs")},
        targets=short.targets[heads],
        truth=short.truth[heads],
        lengths=np.ones(3, dtype=int),
        symbols=short.symbols,
        classes=short.classes,
    )
    assert draw_points(one_step, oracle, n_points=5, rng=np.random.default_rng(0)) is None


def test_a_machine_goes_on_from_a_belief_as_in_the_middle_of_a_sequence():
    machine = depth_machine(2)
    whole = Sequences(np.array([0, 0, 1, 1, 1, 0, 1]), np.array([4, 3]))
    belief = machine.run(whole)
    rest = Sequences(np.array([1, 1, 1]), np.array([2, 1]))
    middle = machine.run_from(belief[[1, 5]], rest)
    np.testing.assert_array_equal(middle, belief[[2, 3, 6]])
    with pytest.raises(DataError, match=r"expected a belief \(2, 4\), got \(1, 4\)"):
        machine.run_from(belief[:1], rest)
