"""The search for a start: a sample of whole sequences, restarts, splits and merges."""

import numpy as np
import pytest

from helpers.hmm import KINDS, in_shape, planted
from markovlens.errors import ConfigError
from markovlens.hmm import GaussianHMM, fit_batches
from markovlens.hmm.packing import pack
from markovlens.hmm.rearranging import rearranged
from markovlens.hmm.restarts import Candidate, Plan, advance, unfitted
from markovlens.hmm.streaming import gather_sequences, open_stream


def stuck(kind, seed):
    """A plan, and a fit whose first two of four states share a cluster, the third has two."""
    rng = np.random.default_rng(seed)
    X, states, lengths = planted(
        rng, n_states=4, n_features=3, n_sequences=60, n_steps=20, noise=0.2
    )
    plan = Plan(pack(X, lengths), 1, False, False, 0, 0, {"n_iter": 60}, None)
    centers = np.array([X[states == state].mean(axis=0) for state in range(4)])
    model = GaussianHMM(4, kind, init_params="st")
    between = centers[1:3].mean(axis=0)
    model.means_ = np.vstack([centers[[0, 0]] + [[0.01], [-0.01]], between, centers[3]])
    model.covars_ = in_shape(kind, np.eye(3), 4)
    prior = model.prior_for(plan.packed)
    start = model.start_for(plan.packed, prior, rng)
    return plan, advance(plan, model, prior, Candidate(0, start, unfitted(start)), 60), states


@pytest.mark.parametrize("kind", KINDS)
def test_moves_only_ever_gain_and_keep_the_number_of_states(kind):
    plan, begun, _ = stuck(kind, 0)
    found = rearranged(plan, kind, begun, rng=np.random.default_rng(0))
    assert found.objective >= begun.objective
    assert found.fit.parameters.chain.n_states == 4
    np.testing.assert_allclose(found.fit.parameters.chain.transition.sum(axis=2), 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_state_too_many_here_goes_to_where_one_is_missing(seed):
    plan, begun, states = stuck("full", seed)
    found = rearranged(plan, "full", begun, rng=np.random.default_rng(0))
    shares = np.sort(np.bincount(states, minlength=4))
    assert np.abs(np.sort(begun.fit.counts) - shares).max() > 0.05 * len(states)
    np.testing.assert_allclose(np.sort(found.fit.counts), shares, atol=0.01 * len(states))


def batches_of(X, lengths, size):
    """Return a reader of batches of so many sequences of one length."""
    step = lengths[0]

    def read():
        for first in range(0, len(lengths), size):
            last = min(first + size, len(lengths))
            yield X[first * step : last * step], lengths[first:last]

    return read


def test_samples_are_whole_sequences_as_often_as_asked(rng):
    X, lengths = np.arange(1200.0).reshape(600, 2), np.full(60, 10)
    stream = open_stream(batches_of(X, lengths, 7))
    assert stream.n_sequences == 60
    sample = gather_sequences(stream, rng, 200)
    assert (sample.n_sequences, sample.n_steps) == (20, 200)
    for tile in sample.tiles:
        for lane in range(len(tile.sequences)):
            rows = tile.x[:, tile.columns_of_lane(lane)].T + sample.center
            assert rows[0, 0] % 20 == 0
            np.testing.assert_array_equal(np.diff(rows[:, 0]), 2.0)
    assert gather_sequences(stream, rng, 1).n_sequences == 1
    assert gather_sequences(stream, rng, 10**6).n_steps == 600


def test_the_search_needs_no_luck(rng):
    X, _, lengths = planted(rng, n_states=6, n_features=3, n_sequences=200, n_steps=15)
    read = batches_of(X, lengths, 60)
    likely = {
        restarts: np.array(
            [
                fit_batches(
                    GaussianHMM(6, "full"),
                    read,
                    rng=np.random.default_rng(seed),
                    restarts=restarts,
                    start_rows=1000,
                ).score(X, lengths)
                for seed in range(5)
            ]
        )
        for restarts in (1, 4)
    }
    spread = {restarts: np.ptp(found) / np.abs(found.max()) for restarts, found in likely.items()}
    assert spread[4] < 1e-3
    assert spread[1] > 1e-2
    assert likely[4].min() > likely[1].max() - 1e-3 * abs(likely[1].max())


@pytest.mark.parametrize("name", ["restarts", "stepwise_epochs", "start_rows"])
def test_settings_of_a_search_that_are_none(rng, name):
    with pytest.raises(ConfigError, match=f"{name}: expected a whole number, . or more, got True"):
        fit_batches(GaussianHMM(2), lambda: [], rng=rng, **{name: True})


def test_a_start_that_is_set_is_not_searched_for(rng):
    read = batches_of(rng.normal(size=(40, 2)), np.full(4, 10), 2)
    with pytest.raises(ValueError, match="restarts: expected 1"):
        fit_batches(GaussianHMM(2, init_params="st"), read, rng=rng, restarts=3)
