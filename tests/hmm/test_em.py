"""What EM must do: never lose ground, respect symmetries, floors, masks and counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.hmm import KINDS, PLAIN, set_parameters
from markovlens.hmm import CategoricalHMM, GaussianHMM

few = settings(max_examples=25)


def ragged(rng, *, n_features=3, n_sequences=12, longest=25):
    lengths = rng.integers(1, longest, n_sequences)
    n_steps = int(lengths.sum())
    X = rng.normal(size=(n_steps, n_features)) + 3 * rng.integers(0, 3, (n_steps, 1))
    return X, lengths


def assert_never_decreases(model):
    path = np.array(model.monitor_.history)
    slack = 1e-9 * np.abs(path).max()
    assert model.monitor_.reseeded or np.diff(path).min(initial=0.0) >= -slack


@few
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(KINDS),
    n_symbols=st.integers(1, 4),
    strength=st.sampled_from([0.0, 0.5, 20.0]),
    priors=st.sampled_from(
        [
            {},
            PLAIN,
            {"covars_prior": 0.5, "covars_weight": 6, "means_weight": 2.0, "means_prior": 1.0},
            {"transmat_prior": 2.0, "startprob_prior": 1.5, "sticky": 3.0, "min_covar": 0.5},
        ]
    ),
)
def test_objective_never_decreases(seed, kind, n_symbols, strength, priors):
    rng = np.random.default_rng(seed)
    X, lengths = ragged(rng)
    X[rng.random(len(X)) < 0.1] = np.nan
    model = GaussianHMM(
        3, kind, random_state=seed, n_iter=15, tol=-np.inf, transitions="input",
        input_strength=strength, **priors,
    )  # fmt: skip
    model.fit(X, lengths, rng.integers(n_symbols, size=len(X)))
    assert_never_decreases(model)
    assert np.isfinite(model.monitor_.history).all()


@few
@given(seed=st.integers(0, 10_000), strength=st.sampled_from([0.0, 2.0]))
def test_objective_never_decreases_for_symbols(seed, strength):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 20, 15)
    X, inputs = rng.integers(0, 4, lengths.sum()), rng.integers(0, 3, lengths.sum())
    model = CategoricalHMM(
        3, random_state=seed, n_iter=15, tol=-np.inf, transitions="input", input_strength=strength,
        emissionprob_prior=1.5,
    )  # fmt: skip
    assert_never_decreases(model.fit(X, lengths, inputs))


@pytest.mark.parametrize("kind", KINDS)
def test_order_of_sequences_and_threads_do_not_matter(rng, kind):
    X, lengths = ragged(rng, n_sequences=150)
    model = set_parameters(GaussianHMM(3, kind, init_params="", n_iter=5, tol=-np.inf), X)
    here = model.fit(X, lengths)
    blocks = np.split(X, np.cumsum(lengths)[:-1])
    order = rng.permutation(len(lengths))
    other = GaussianHMM(3, kind, init_params="", n_iter=5, tol=-np.inf, n_threads=2)
    set_parameters(other, X).fit(np.concatenate([blocks[i] for i in order]), lengths[order])
    np.testing.assert_allclose(here.monitor_.history, other.monitor_.history, rtol=1e-10)


def test_results_do_not_depend_on_threads(rng):
    X, lengths = ragged(rng, n_sequences=400)
    fits = [GaussianHMM(3, random_state=0, n_iter=4, n_threads=n).fit(X, lengths) for n in (1, 2)]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)
    assert fits[0].monitor_.history == fits[1].monitor_.history


def test_relabelling_states_relabels_the_fit(rng):
    X, lengths = ragged(rng)
    order = np.array([2, 0, 1])
    first = set_parameters(GaussianHMM(3, init_params="", n_iter=6, tol=-np.inf), X)
    second = set_parameters(GaussianHMM(3, init_params="", n_iter=6, tol=-np.inf), X)
    second.means_ = second.means_[order]
    first.fit(X, lengths), second.fit(X, lengths)
    np.testing.assert_allclose(first.means_[order], second.means_, atol=1e-9)
    np.testing.assert_allclose(first.transmat_[order][:, order], second.transmat_, atol=1e-9)


@pytest.mark.parametrize("kind", ["tied", "full"])
def test_affine_change_shifts_the_likelihood_by_its_volume(rng, kind):
    X, lengths = ragged(rng)
    matrix, shift = rng.normal(size=(3, 3)), rng.normal(size=3)
    plain = set_parameters(GaussianHMM(3, kind, init_params="", n_iter=6, tol=-np.inf, **PLAIN), X)
    moved = set_parameters(
        GaussianHMM(3, kind, init_params="", n_iter=6, tol=-np.inf, **PLAIN), X @ matrix + shift
    )
    plain.fit(X, lengths), moved.fit(X @ matrix + shift, lengths)
    volume = len(X) * np.log(abs(np.linalg.det(matrix)))
    np.testing.assert_allclose(
        np.add(moved.monitor_.history, volume), plain.monitor_.history, rtol=1e-7
    )


def test_scaling_features_changes_nothing_by_default(rng):
    X, lengths = ragged(rng)
    scale = 100.0
    first = GaussianHMM(3, random_state=0, n_iter=5).fit(X, lengths)
    second = GaussianHMM(3, random_state=0, n_iter=5).fit(scale * X, lengths)
    np.testing.assert_allclose(second.means_, scale * first.means_, rtol=1e-8)
    np.testing.assert_allclose(second.covars_, scale**2 * first.covars_, rtol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_floor_holds_after_the_fit(rng, kind):
    X, lengths = ragged(rng)
    model = GaussianHMM(3, kind, min_covar=2.5, covars_prior=0, random_state=0).fit(X, lengths)
    assert np.linalg.eigvalsh(model.covars_).min() >= 2.5 - 1e-9


def test_mask_and_zeros_persist_and_are_not_counted(rng):
    X, lengths = ragged(rng)
    mask = np.triu(np.ones((3, 3), bool)) & ~np.triu(np.ones((3, 3), bool), 2)
    model = GaussianHMM(3, random_state=0, transmat_mask=mask, transmat_prior=2.0).fit(X, lengths)
    assert (model.transmat_[~mask] == 0).all()
    assert model.n_parameters() == 2 + 2 + 9 + 9
    given = GaussianHMM(3, random_state=0, init_params="smc").set_params(n_iter=3)
    given.transmat_ = mask / mask.sum(axis=1, keepdims=True)
    assert given.fit(X, lengths).n_parameters() == 2 + 2 + 9 + 9
    assert (given.transmat_[~mask] == 0).all()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 2 + 6 + 9 + 9),
        ({"covariance_type": "spherical"}, 2 + 6 + 9 + 3),
        ({"covariance_type": "tied"}, 2 + 6 + 9 + 6),
        ({"covariance_type": "full"}, 2 + 6 + 9 + 18),
        ({"params": "mc"}, 18),
        ({"params": "tc"}, 15),
        ({"transitions": "input"}, 4 + 12 + 9 + 9),
    ],
)
def test_parameters_are_counted_right(rng, options, expected):
    X, lengths = ragged(rng)
    inputs = np.arange(len(X)) % 2 if "transitions" in options else None
    model = GaussianHMM(3, random_state=0, n_iter=2, **options).fit(X, lengths, inputs)
    assert model.n_parameters() == expected


def test_params_fixes_what_it_leaves_out(rng):
    X, lengths = ragged(rng)
    model = set_parameters(GaussianHMM(3, init_params="", params="t", n_iter=4), X)
    means = model.means_.copy()
    model.fit(X, lengths)
    np.testing.assert_allclose(model.means_, means, rtol=1e-14)
    assert not np.allclose(model.transmat_, 0.5 * np.eye(3) + 0.5 / 3)


def test_rare_symbols_are_drawn_to_the_shared_matrix(rng):
    X, lengths = ragged(rng, n_sequences=30)
    inputs = np.zeros(len(X), int)
    inputs[5] = 1
    model = GaussianHMM(3, random_state=0, transitions="input", input_strength=50.0)
    model.fit(X, lengths, inputs)
    assert np.abs(model.transmat_[0] - model.transmat_[1]).max() < 0.1


def test_last_history_value_belongs_to_the_final_parameters(rng):
    X, lengths = ragged(rng)
    model = GaussianHMM(3, random_state=0, n_iter=3).fit(X, lengths)
    assert model.monitor_.log_likelihoods[-1] == pytest.approx(model.score(X, lengths), rel=1e-12)


def test_tolerance_is_relative_to_the_number_of_steps(rng):
    X, lengths = ragged(rng, n_sequences=40)
    once = set_parameters(GaussianHMM(3, init_params="", tol_per_step=1e-3, **PLAIN), X).fit(
        X, lengths
    )
    many = set_parameters(GaussianHMM(3, init_params="", tol_per_step=1e-3, **PLAIN), X)
    many.fit(np.tile(X, (10, 1)), np.tile(lengths, 10))
    assert once.monitor_.iter == many.monitor_.iter
