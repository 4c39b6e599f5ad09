"""How sure a number of states is, where the answer is known."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from markovlens.abstractions.base import Likelihood
from markovlens.abstractions.certainty import LEVEL, size_interval
from markovlens.abstractions.restarts import adjusted_rand, agreements_of, with_stability
from markovlens.abstractions.study import study
from markovlens.hmm import sweep


def likelihoods_of(gains, *, n_parameters=(4, 9, 14)):
    """Return fits of 2, 3 and 4 states of which the last two are better by `gains` (S, 2)."""
    scores = np.column_stack([np.zeros(len(gains)), gains])
    return {
        size: Likelihood(by_sequence, n)
        for size, by_sequence, n in zip((2, 3, 4), scores.T, n_parameters, strict=True)
    }


def interval(likelihoods, chosen, n_sequences, seed=0):
    return size_interval(likelihoods, chosen, np.full(n_sequences, 10), seed=seed)


def test_what_every_sequence_says_is_sure():
    gains = np.tile([1.0, 1.01], (100, 1))  # BIC asks 5 / 2 * log(1000) = 17 nats for a state
    assert interval(likelihoods_of(gains), 3, 100) == (3, 3)


def test_what_hangs_on_one_sequence_is_not_sure():
    """Without it two states are enough: a third of all resamples does not hold it."""
    gains = np.zeros((100, 2))
    gains[0] = 25.0
    assert interval(likelihoods_of(gains), 3, 100) == (2, 3)


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_that_of_the_exact_chance(seed):
    """Of gains of +-1 the sum over a resample is binomial, so the chance of either size is too."""
    n, most = 60, 0.5 * 5 * np.log(600)
    gains = np.where(np.arange(n) < 40, 1.0, -1.0)  # 20 in sum: 3 states
    drawn = np.random.default_rng(99).binomial(n, 40 / n, size=200_000) * 2 - n
    chance = (drawn <= most).mean()  # of two states
    assert chance > (1 - LEVEL) / 2 + 0.1
    likelihoods = likelihoods_of(np.column_stack([gains, gains]))
    assert interval(likelihoods, 3, n, seed=seed) == (2, 3)
    sure = likelihoods_of(np.column_stack([gains, gains]), n_parameters=(4, 4, 9))
    assert interval(sure, 3, n, seed=seed) == (3, 3)  # below 0 in a chance of .001


def test_the_interval_holds_the_size_that_was_chosen():
    rng = np.random.default_rng(0)
    for _ in range(20):
        likelihoods = likelihoods_of(rng.normal(0.25, 2, (80, 2)).cumsum(axis=1))
        totals = {size: one.by_sequence.sum() for size, one in likelihoods.items()}
        bic = {k: one.n_parameters * np.log(800) - 2 * totals[k] for k, one in likelihoods.items()}
        chosen = min(bic, key=bic.get)
        low, high = interval(likelihoods, chosen, 80)
        assert low <= chosen <= high


def test_where_bic_did_not_choose_there_is_no_interval():
    likelihoods = likelihoods_of(np.ones((100, 2)))
    assert interval(likelihoods, 4, 100) is None
    assert interval(likelihoods | {5: None}, 3, 100) is None


def test_restarts_that_found_the_same_agree():
    rng = np.random.default_rng(0)
    states = np.repeat(rng.integers(3, size=200), 5)
    points = 20.0 * np.eye(3)[states] + rng.normal(size=(1000, 3))
    found = sweep(points, [50] * 20, n_states=[2, 3], restarts=3, rng=rng, keep_all=True)
    table = with_stability(found)
    three = table[table["n_states"] == 3]
    assert (three["stability_restarts"] > 0.99).sum() >= 2
    models = found.models["full", 3]
    np.testing.assert_allclose(
        agreements_of(models, found.packed), three["stability_restarts"].dropna()
    )
    assert np.isnan(agreements_of(models[:1], found.packed)).all()
    twice = agreements_of([models[0], models[0]], found.packed)
    np.testing.assert_array_equal(twice, [1, 1])


@pytest.mark.parametrize("method", ["hmm", "hmm_input", "gmm", "kmeans"])
def test_methods_with_a_likelihood_say_how_sure_their_size_is(method, traces_of):
    traces = traces_of("contains_000", noise=0.3)
    result = study(method, traces["train"], traces["valid"], n_states=[3, 4, 5], seed=0)
    chosen = result.sweep[result.sweep["chosen"]]
    ends = chosen[["n_states_low", "n_states_high"]]
    if method == "kmeans":
        assert ends.isna().all(axis=None)
    else:
        assert (ends.to_numpy() == 4).all()
    assert result.sweep.loc[~result.sweep["chosen"], ends.columns].isna().all(axis=None)
    assert (result.fits[4].likelihood is None) == (method == "kmeans")


@pytest.mark.parametrize("method", ["hmm", "hmm_input", "gmm"])
def test_likelihoods_of_sequences_add_up_to_that_of_the_fit(method, traces_of):
    traces = traces_of("contains_000", noise=0.3)
    result = study(method, traces["train"], traces["valid"], n_states=[4], seed=0)
    fit = result.fits[4].likelihood
    row = result.sweep.loc[result.sweep["bic"].idxmin()]
    assert fit.by_sequence.sum() == pytest.approx(row["log_likelihood"], rel=1e-6)
    n_steps = traces["train"].n_steps
    bic = fit.n_parameters * np.log(n_steps) - 2 * fit.by_sequence.sum()
    assert bic == pytest.approx(row["bic"], rel=1e-6)


@pytest.mark.parametrize(("n_one", "n_other"), [(1, 1), (1, 4), (3, 1), (5, 2), (7, 7)])
def test_the_adjusted_rand_index_is_that_of_scikit_learn_to_the_last_digit(n_one, n_other):
    rng = np.random.default_rng(n_one)
    one = rng.integers(n_one, size=400)
    for other in (rng.integers(n_other, size=400), (one + (rng.random(400) < 0.1)) % n_other, one):
        assert adjusted_rand(one, other) == adjusted_rand_score(one, other)
