"""Structural zeros: what was impossible at the start of a fit stays so, as in Baum-Welch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.hmm import CategoricalHMM, GaussianHMM, fit_batches
from markovlens.hmm.chains import draw_together

START = np.array([1.0, 0.0, 0.0])
LEFT_RIGHT = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
PRIORS = {"transmat_prior": 3.0, "startprob_prior": 2.0, "sticky": 1.0, "input_strength": 4.0}


def left_right(**options):
    model = GaussianHMM(3, init_params="mc", random_state=0, n_iter=15, **options)
    model.startprob_, model.transmat_ = START.copy(), LEFT_RIGHT.copy()
    return model


def assert_zeros_stay(model, start=START, moves=LEFT_RIGHT):
    assert (model.startprob_[start == 0] == 0.0).all()
    assert (model.transmat_[moves == 0] == 0.0).all()
    np.testing.assert_allclose(model.transmat_.sum(axis=-1), 1.0)


def never_falls(model):
    """Whether no pass lost anything; after a state is re-seeded one may."""
    if model.monitor_.reseeded:
        return True
    history = np.array(model.monitor_.history)
    return (np.diff(history) >= -1e-9 * np.abs(history[1:])).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), with_priors=st.booleans())
def test_any_pattern_of_zeros_survives(seed, with_priors):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 2))
    model = left_right(**(PRIORS if with_priors else {}))
    moves = rng.dirichlet(np.ones(3), 3) * (np.eye(3) + rng.integers(0, 2, (3, 3)) > 0)
    model.transmat_ = moves / moves.sum(axis=1, keepdims=True)
    model.fit(X, [20] * 3)
    assert_zeros_stay(model, moves=moves)
    assert never_falls(model)


def test_zeros_of_one_symbol_survive_the_draw_to_the_others(rng):
    X, inputs = rng.normal(size=(200, 2)), rng.integers(0, 3, 200)
    model = left_right(transitions="input", **PRIORS)
    model.transmat_ = np.stack([LEFT_RIGHT, np.full((3, 3), 1 / 3), LEFT_RIGHT[::-1, ::-1]])
    model.startprob_ = np.stack([START, START[::-1], np.full(3, 1 / 3)])
    start, moves = model.startprob_.copy(), model.transmat_.copy()
    model.fit(X, [20] * 10, inputs)
    assert_zeros_stay(model, start, moves)
    assert (model.transmat_[1] > 0).all()
    assert never_falls(model)


def test_a_reseeded_state_keeps_its_place_in_the_chain(rng):
    X = rng.normal(size=(300, 2)) + 4 * np.repeat([[0], [1], [1]], 100, axis=0)
    model = left_right(**PRIORS).set_params(init_params="c", n_iter=30)
    model.means_ = np.array([[0.0, 0.0], [4.0, 4.0], [1e4, 1e4]])
    model.fit(X)
    assert 2 in model.monitor_.reseeded
    assert_zeros_stay(model)


@pytest.mark.parametrize("epochs", [0, 2])
def test_zeros_survive_batches(rng, epochs):
    X = rng.normal(size=(200, 2))
    batches = [(X[first : first + 100], [20] * 5) for first in (0, 100)]
    model = fit_batches(
        left_right(**PRIORS), lambda: iter(batches), rng=rng, stepwise_epochs=epochs
    )
    assert_zeros_stay(model)


@pytest.mark.parametrize("prior", [1.0, 5.0])
def test_symbols_that_a_state_cannot_emit_stay_so(rng, prior):
    table = np.array([[0.5, 0.5, 0.0], [0.0, 0.3, 0.7]])
    model = CategoricalHMM(2, init_params="st", emissionprob_prior=prior, random_state=0)
    model.emissionprob_ = table.copy()
    model.fit(rng.integers(0, 3, 300), [30] * 10)
    assert (model.emissionprob_[table == 0] == 0.0).all()
    assert model.n_parameters() == 1 + 2 + 2
    assert never_falls(model)


def test_priors_do_not_count_what_they_cannot_fill(rng):
    model = left_right(**PRIORS).fit(rng.normal(size=(60, 2)))
    assert model.n_parameters() == 0 + 2 + 6 + 6


def test_shared_rows_are_the_best_over_what_each_symbol_allows(rng):
    """No other row in a fine net of the simplex is closer to all of them."""
    rows = np.array([[0.7, 0.3, 0.0], [0.2, 0.3, 0.5], [0.0, 0.9, 0.1]])
    found = draw_together(rows, rows > 0, np.full(3, 1 / 3))

    def closeness(row):
        terms = np.where(rows > 0, row * (np.log(np.maximum(rows, 1e-300)) - np.log(row)), 0.0)
        return terms.sum()

    assert found.sum() == pytest.approx(1.0)
    others = rng.dirichlet(np.ones(3), 20_000)
    assert closeness(found) >= max(closeness(row) for row in others)
    even = draw_together(rows[1:2].repeat(2, axis=0), np.ones((1, 3), bool), rows[0])
    np.testing.assert_allclose(even, rows[1])
