from itertools import product

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks.base import Source
from markovlens.tasks.markov import (
    SOURCES,
    bayes_accuracy,
    chain,
    draw,
    filter_beliefs,
    predict_next,
)


def path_probability(source, path, symbols):
    probability = source.initial[path[0]] * source.emission[path[0], symbols[0]]
    for t in range(1, len(path)):
        probability *= source.transition[path[t - 1], path[t]]
        probability *= source.emission[path[t], symbols[t]]
    return probability


def enumerated_belief(source, symbols):
    """Return P(last latent state | symbols) by summing over all latent paths."""
    belief = np.zeros(len(source.initial))
    for path in product(range(len(source.initial)), repeat=len(symbols)):
        belief[path[-1]] += path_probability(source, path, symbols)
    return belief / belief.sum()


def enumerated_next(source, symbols):
    """Return P(next symbol | symbols), summing over all latent paths one step longer."""
    totals = np.zeros(source.emission.shape[1])
    for path in product(range(len(source.initial)), repeat=len(symbols) + 1):
        for following in range(len(totals)):
            totals[following] += path_probability(source, path, [*symbols, following])
    return totals / totals.sum()


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_made_of_distributions(name):
    source = SOURCES[name]
    for rows in (source.initial[None], source.transition, source.emission):
        assert rows.min() >= 0
        np.testing.assert_allclose(rows.sum(axis=1), 1)
    assert len(source.initial) == int(name[-1])


def test_chains_have_the_published_matrices():
    np.testing.assert_allclose(
        chain(3).transition,
        [[0.7764, 0.2236, 0], [0.2236, 0.5528, 0.2236], [0, 0.2236, 0.7764]],
        atol=1e-4,
    )
    np.testing.assert_allclose(
        chain(3).emission, [[0.99, 0.01, 0], [0.495, 0.01, 0.495], [0, 0.01, 0.99]]
    )
    for n_states, step, inner in ((2, 0.05, None), (4, 0.3684, 0.2632), (5, 0.4729, 0.0543)):
        transition = chain(n_states).transition
        assert transition[0, 1] == pytest.approx(step, abs=1e-4)
        assert inner is None or transition[1, 1] == pytest.approx(inner, abs=1e-4)


def test_the_other_sources_have_the_published_matrices():
    np.testing.assert_allclose(np.diag(SOURCES["full_3"].emission), 0.98)
    np.testing.assert_allclose(SOURCES["full_3"].transition[0], [0.95, 0.025, 0.025])
    np.testing.assert_allclose(SOURCES["cycle_4"].transition[0], [0.95, 0.025, 0, 0.025])
    np.testing.assert_allclose(SOURCES["mess3"].transition[1], [0.05, 0.9, 0.05])
    np.testing.assert_allclose(SOURCES["mess3"].emission[2], [0.075, 0.075, 0.85])


@pytest.mark.parametrize("name", SOURCES)
def test_the_filter_equals_the_sum_over_all_latent_paths(name):
    source = SOURCES[name]
    rng = np.random.default_rng(0)
    sequences = Sequences.from_list([draw(source, 1, length=t, rng=rng)[1][0] for t in (4, 1, 3)])
    beliefs = filter_beliefs(source, sequences)
    following = predict_next(source, beliefs)
    row = 0
    for symbols in sequences:
        for step in range(len(symbols)):
            read = symbols[: step + 1].tolist()
            np.testing.assert_allclose(beliefs[row], enumerated_belief(source, read), atol=1e-12)
            np.testing.assert_allclose(following[row], enumerated_next(source, read), atol=1e-12)
            row += 1


def test_a_long_sequence_does_not_underflow():
    symbols = draw(SOURCES["mess3"], 1, length=5000, rng=np.random.default_rng(0))[1][0]
    beliefs = filter_beliefs(SOURCES["mess3"], Sequences.from_list([symbols]))
    np.testing.assert_allclose(beliefs.sum(axis=1), 1)


def test_a_sequence_that_the_source_cannot_write_is_named():
    alternating = Source(np.array([0.5, 0.5]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2))
    sequences = Sequences.from_list([[0, 1, 0], [1, 0, 0]])
    with pytest.raises(DataError, match="sequence 1: .* at step 2"):
        filter_beliefs(alternating, sequences)


@pytest.mark.parametrize("name", ["chain_4", "cycle_4", "mess3"])
def test_drawn_sequences_have_the_statistics_of_the_source(name):
    source = SOURCES[name]
    latent, symbols = draw(source, 4000, length=12, rng=np.random.default_rng(0))
    n_states, n_symbols = source.emission.shape
    moves = np.zeros((n_states, n_states))
    np.add.at(moves, (latent[:, :-1], latent[:, 1:]), 1)
    written = np.zeros((n_states, n_symbols))
    np.add.at(written, (latent, symbols), 1)
    first = np.bincount(latent[:, 0], minlength=n_states) / len(latent)
    np.testing.assert_allclose(first, source.initial, atol=0.03)
    np.testing.assert_allclose(moves / moves.sum(1, keepdims=True), source.transition, atol=0.015)
    np.testing.assert_allclose(written / written.sum(1, keepdims=True), source.emission, atol=0.015)


@pytest.mark.parametrize("name", SOURCES)
def test_targets_are_the_next_inputs_and_truth_wrote_the_present_one(small, name):
    task = small(name)
    for split in task.splits.values():
        inputs = split.inputs.values.reshape(-1, 20)
        np.testing.assert_array_equal(split.targets.reshape(-1, 20)[:, :-1], inputs[:, 1:])
        assert (SOURCES[name].emission[split.truth, split.inputs.values] > 0).all()
        assert set(split.truth) == set(range(len(SOURCES[name].initial)))
    assert task.machine is None
    assert task.source is SOURCES[name]


def test_truth_is_aligned_with_its_own_symbol(small):
    """Off by one it would agree with 0.98 * 0.95 of the symbols, and not with 0.98."""
    part = small("full_3", n_train=2000).splits["train"]
    assert (part.truth == part.inputs.values).mean() == pytest.approx(0.98, abs=0.004)


def test_the_gate_is_just_below_the_bayes_filter(small):
    task = small("mess3", n_valid=400)
    ceiling = bayes_accuracy(task.source, task.splits["valid"])
    assert task.gate == pytest.approx(ceiling - 0.01)
    copying = (task.splits["valid"].inputs.values == task.splits["valid"].targets).mean()
    assert copying < ceiling < 0.9 * 0.85 + 0.1 * 0.075 + 0.02
