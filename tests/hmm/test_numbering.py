"""The same data give the same numbers of states, whatever the seed; scores do not change."""

import itertools as it

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from helpers.hmm import KINDS, planted, random_model
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import CategoricalHMM, GaussianHMM, sweep
from markovlens.hmm.numbering import in_order

LEARNED = ("startprob_", "transmat_", "means_", "covariances_", "emissionprob_")


def same(a, b):
    """Whether two models are equal to the last bit."""
    names = [name for name in LEARNED if hasattr(a, name)]
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


def symbol_model(rng, n_states=4, n_codes=3):
    model = CategoricalHMM(n_states)
    model.startprob_ = rng.dirichlet(np.ones(n_states))
    model.transmat_ = rng.dirichlet(np.ones(n_states), n_states)
    model.emissionprob_ = rng.dirichlet(np.ones(n_codes), n_states)
    return model


def any_model(rng, which):
    """A Gaussian model of a kind, driven or not, or one of symbols."""
    if which == "symbols":
        return symbol_model(rng)
    kind, _, driven = which.partition("+")
    return random_model(rng, kind=kind, n_states=4, n_symbols=3 if driven else None)


WHICH = (*KINDS, "full+input", "diag+input", "symbols")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    which=st.sampled_from(WHICH),
    by=st.sampled_from(["mean", "occupancy"]),
)
def test_the_canonical_order_does_not_depend_on_the_one_before(seed, which, by):
    rng = np.random.default_rng(seed)
    model = any_model(rng, which)
    once = model.canonical(by)
    assert same(model.renumbered(rng.permutation(4)).canonical(by), once)
    assert same(once.canonical(by), once)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), which=st.sampled_from(WHICH))
def test_states_that_other_states_resemble_find_them_again(seed, which):
    rng = np.random.default_rng(seed)
    model = any_model(rng, which)
    assert same(model.renumbered(rng.permutation(4)).aligned_to(model), model)


def joint(model, path, X, lengths):
    """Return the log-probability of symbols (N,) and a path (N,) through the states."""
    total = np.log(model.emissionprob_[path, X]).sum()
    for part in np.split(path, np.cumsum(lengths)[:-1]):
        total += np.log(model.startprob_[part[0]])
        total += np.log(model.transmat_[part[:-1], part[1:]]).sum()
    return total


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), which=st.sampled_from(WHICH))
@example(seed=230, which="symbols")
def test_renumbering_changes_nothing_but_numbers(seed, which):
    rng = np.random.default_rng(seed)
    model, order = any_model(rng, which), rng.permutation(4)
    X = rng.integers(0, 3, 12) if which == "symbols" else rng.normal(size=(12, 2))
    data = (X, [5, 7], rng.integers(0, 3, 12) if "+" in which else None)
    moved = model.renumbered(order)
    for name in ("score", "bic", "aic", "icl"):
        assert getattr(moved, name)(*data) == pytest.approx(getattr(model, name)(*data), rel=1e-12)
    one, other = model.predict(*data), order[moved.predict(*data)]
    if which == "symbols":  # whose paths may tie exactly, and either is the best
        assert joint(model, other, *data[:2]) == pytest.approx(joint(model, one, *data[:2]))
    else:
        np.testing.assert_array_equal(other, one)
    np.testing.assert_allclose(
        moved.predict_proba(*data), model.predict_proba(*data)[:, order], atol=1e-12
    )


def test_the_order_is_that_of_the_first_feature_in_which_states_are_apart():
    means = np.array([[5.0, 0.0], [0.0, 3.0], [0.02, 1.0], [5.0, -1.0]])
    np.testing.assert_array_equal(in_order(means), [2, 1, 3, 0])
    np.testing.assert_array_equal(in_order(1e6 * means), [2, 1, 3, 0])
    alike = np.array([[1.0, 2.0], [1.0, 2.0 - 1e-6], [1.0 - 1e-6, 7.0]])
    np.testing.assert_array_equal(in_order(alike[:2]), [1, 0])


def test_occupancy_is_the_share_of_time_in_the_long_run():
    model = CategoricalHMM(3)
    model.startprob_ = np.array([0.0, 1.0, 0.0])
    model.transmat_ = np.array([[0.5, 0.5, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]])
    model.emissionprob_ = np.eye(3)
    model = model.canonical("occupancy")
    assert (np.diff(model.get_stationary_distribution()) < 0).all()
    np.testing.assert_allclose(model.get_stationary_distribution(), [10 / 17, 5 / 17, 2 / 17])


@pytest.mark.parametrize("seed", range(5))
def test_states_that_are_met_equally_often_are_ordered_by_their_means(seed):
    rng = np.random.default_rng(seed)
    model = random_model(rng, n_states=6)
    mixed = [np.eye(6)[rng.permutation(6)] for _ in range(4)]
    model.means_ = rng.permutation(6)[:, None] * np.ones(2)
    model.transmat_ = np.einsum("n,nij->ij", rng.dirichlet(np.ones(4)), mixed)
    assert (np.diff(model.canonical("occupancy").means_[:, 0]) > 0).all()


def test_states_of_equal_output_are_told_apart_by_their_moves():
    model = CategoricalHMM(3)
    model.startprob_ = np.array([0.2, 0.3, 0.5])
    model.transmat_ = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.25, 0.25, 0.5]])
    model.emissionprob_ = np.full((3, 2), 0.5)
    once = model.canonical()
    for order in ([2, 1, 0], [1, 2, 0], [0, 2, 1]):
        assert same(model.renumbered(order).canonical(), once)


@pytest.mark.parametrize("kind", KINDS)
def test_priors_and_masks_go_with_their_states(rng, kind):
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=10, n_steps=20)
    mask = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]], bool)
    scale = {
        "spherical": [[0.1], [0.2], [0.3]],
        "diag": [[0.1], [0.2], [0.3]],
        "tied": 0.1 * np.eye(2),
        "full": np.array([0.1, 0.2, 0.3])[:, None, None] * np.eye(2),
    }[kind]
    model = GaussianHMM(
        3, kind, transmat_mask=mask, startprob_prior=[1.0, 2.0, 3.0], transmat_prior=1.0 + mask,
        means_prior=rng.normal(size=(3, 2)), means_weight=1.0, covars_prior=scale, random_state=0,
        n_iter=5,
    ).fit(X, lengths)  # fmt: skip
    order = np.array([2, 0, 1])
    moved = model.renumbered(order)
    assert moved.n_parameters() == model.n_parameters()
    fits = [each.set_params(init_params="").fit(X, lengths) for each in (model, moved)]
    history = [fit.monitor_.history for fit in fits]
    np.testing.assert_allclose(*history, rtol=1e-12)
    np.testing.assert_allclose(fits[1].means_, fits[0].means_[order], rtol=1e-9)
    np.testing.assert_array_equal(clone(moved).transmat_mask, mask[order][:, order])


def test_a_monitor_names_states_by_their_new_numbers(rng):
    X = np.concatenate([rng.normal(size=(100, 2)), 5 + rng.normal(size=(100, 2))])
    model = GaussianHMM(3, init_params="stc", random_state=0, n_iter=5)
    model.means_ = np.array([[0.0, 0.0], [5.0, 5.0], [400.0, 400.0]])
    model.fit(X)
    assert model.monitor_.reseeded == (2,)
    assert model.renumbered([2, 0, 1]).monitor_.reseeded == (0,)
    assert "re-seeded states: 1" in model.monitor_.reason


def test_sweeps_number_states_alike_whatever_their_seed(rng):
    X, _, lengths = planted(rng, n_states=4, n_features=2, n_sequences=40, n_steps=25)
    options = {"n_states": [4], "restarts": 3, "n_iter": 200, "shared_unit": True}
    found = [sweep(X, lengths, rng=np.random.default_rng(seed), **options) for seed in range(4)]
    paths = [each.best.predict(X, lengths) for each in found]
    assert all((path == paths[0]).mean() > 0.99 for path in paths[1:])
    for models in found[0].models.values():
        assert all((np.diff(model.means_[:, 0]) > 0).all() for model in models)


def test_two_fits_are_aligned_by_what_their_states_put_out(rng):
    X, _, lengths = planted(rng, n_states=4, n_features=2, n_sequences=40, n_steps=25)
    parts, kinds = np.split(X, 2), ("full", "diag")
    first, second = (
        sweep(part, [25] * 20, n_states=[4], restarts=3, rng=rng, covariance_types=[kind]).best
        for part, kind in zip(parts, kinds, strict=True)
    )
    seen, other = (model.predict(X, lengths) for model in (first, second))
    agreements = [(np.array(names)[other] == seen).mean() for names in it.permutations(range(4))]
    mixed = second.renumbered([3, 1, 0, 2]).aligned_to(first)
    assert (mixed.predict(X, lengths) == seen).mean() == max(agreements)
    assert sorted(agreements)[-2] < max(agreements) - 0.1


def test_what_cannot_be_aligned_or_ordered_is_named(rng):
    model = random_model(rng)
    for other in (
        random_model(rng, n_states=4),
        random_model(rng, n_features=3),
        symbol_model(rng, 3),
    ):
        with pytest.raises(DataError, match="aligned_to: expected a model whose outputs"):
            model.aligned_to(other)
    with pytest.raises(ConfigError, match="by: expected one of mean, occupancy"):
        model.canonical("size")
    for order in ([0, 1], [0, 0, 1], [0, 1, 3], "abc"):
        with pytest.raises(DataError, match="order: expected each of the states"):
            model.renumbered(order)


def test_a_feature_that_differs_by_rounding_only_orders_nothing():
    keys = np.array([[0.3, 5.0], [0.3 + 6e-17, 1.0], [0.3 + 1e-16, 3.0]])
    np.testing.assert_array_equal(in_order(keys), [1, 2, 0])
