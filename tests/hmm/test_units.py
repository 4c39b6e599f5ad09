"""Every feature may be in its own unit: nothing that is fitted by default depends on which."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers.hmm import planted
from markovlens.hmm import GaussianHMM, fit_batches, sweep
from markovlens.hmm.gaussians import DEFAULT_FLOOR
from markovlens.hmm.packing import pack, unit_variances

OWN_UNITS = ("diag", "tied", "full")
N_FEATURES = 4
few = settings(max_examples=12)

powers = arrays(np.int64, N_FEATURES, elements=st.integers(-40, 40))
exponents = arrays(np.float64, N_FEATURES, elements=st.floats(-6, 6))
offsets = arrays(np.float64, N_FEATURES, elements=st.floats(-1e3, 1e3))


@pytest.fixture(scope="module")
def data():
    """Planted states in correlated features of unequal spread, one of which says nothing."""
    rng = np.random.default_rng(3)
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=20, n_steps=15)
    return np.column_stack([X * [1.0, 0.1, 5.0], rng.normal(size=len(X))]), lengths


def assert_same_but_for_units(plain, moved, X, lengths, *, scale, offset=0.0, rtol=1e-6):
    """Assert that a fit to (X + offset) * scale is the fit to X in other units."""
    Y = (X + offset) * scale
    deviations = scale * X.std(axis=0)
    np.testing.assert_allclose(
        (moved.means_ - scale * offset) / deviations, plain.means_ * scale / deviations, atol=rtol
    )
    unit = np.outer(deviations, deviations)
    expected = plain.covars_ * np.outer(scale, scale)
    np.testing.assert_allclose(moved.covars_ / unit, expected / unit, atol=rtol)
    np.testing.assert_allclose(moved.transmat_, plain.transmat_, atol=rtol)
    np.testing.assert_array_equal(moved.predict(Y, lengths), plain.predict(X, lengths))
    shifted = moved.score(Y, lengths) + len(X) * np.log(scale).sum()
    assert shifted == pytest.approx(plain.score(X, lengths), rel=1e-7)


@pytest.mark.parametrize("kind", OWN_UNITS)
@few
@given(power=powers)
def test_powers_of_two_change_hardly_a_digit(data, kind, power):
    X, lengths = data
    plain, moved = (
        GaussianHMM(3, kind, random_state=0, n_iter=12).fit(Y, lengths) for Y in (X, X * 2.0**power)
    )
    assert_same_but_for_units(plain, moved, X, lengths, scale=2.0**power, rtol=1e-9)


@pytest.mark.parametrize("kind", OWN_UNITS)
@few
@given(exponent=exponents, offset=offsets)
def test_units_and_origins_of_features_do_not_matter(data, kind, exponent, offset):
    X, lengths = data
    scale = 10.0**exponent
    plain, moved = (
        GaussianHMM(3, kind, random_state=0, n_iter=12).fit(Y, lengths)
        for Y in (X, (X + offset) * scale)
    )
    assert_same_but_for_units(plain, moved, X, lengths, scale=scale, offset=offset)


@few
@given(exponent=exponents)
def test_units_do_not_matter_to_input_driven_models(data, exponent):
    X, lengths = data
    inputs = np.random.default_rng(0).integers(0, 2, len(X))
    scale, options = 10.0**exponent, {"transitions": "input", "random_state": 0, "n_iter": 8}
    plain, moved = (
        GaussianHMM(3, "full", **options).fit(Y, lengths, inputs) for Y in (X, X * scale)
    )
    np.testing.assert_allclose(moved.transmat_, plain.transmat_, atol=1e-6)
    np.testing.assert_allclose(moved.startprob_, plain.startprob_, atol=1e-6)


@settings(max_examples=4, deadline=None)
@given(exponent=exponents)
def test_units_do_not_matter_to_a_sweep(data, exponent):
    X, lengths = data
    scale = 10.0**exponent
    plain, moved = (
        sweep(
            Y,
            lengths,
            n_states=[2, 3, 4],
            restarts=3,
            rng=np.random.default_rng(0),
            covariance_types=("diag", "full"),
            n_iter=20,
        )
        for Y in (X, X * scale)
    )
    assert plain.table["status"].tolist() == moved.table["status"].tolist()
    shifted = moved.table["log_likelihood"] + len(X) * np.log(scale).sum()
    np.testing.assert_allclose(shifted, plain.table["log_likelihood"], rtol=1e-5)
    assert plain.best.covariance_type == moved.best.covariance_type
    assert_same_but_for_units(plain.best, moved.best, X, lengths, scale=scale, rtol=1e-5)


@pytest.mark.parametrize("restarts", [1, 3])
@settings(max_examples=4, deadline=None)
@given(exponent=exponents)
def test_units_do_not_matter_to_batches(data, restarts, exponent):
    X, lengths = data
    scale = 10.0**exponent

    def fitted(Y):
        return fit_batches(
            GaussianHMM(3, "full", n_iter=12),
            lambda: ((Y[first : first + 75], lengths[:5]) for first in range(0, 300, 75)),
            rng=np.random.default_rng(0),
            restarts=restarts,
            start_rows=150,
        )

    assert_same_but_for_units(fitted(X), fitted(X * scale), X, lengths, scale=scale, rtol=1e-5)


def test_a_reseeded_state_takes_the_same_half_in_any_unit(data):
    X, lengths = data
    scale = np.array([1e-5, 1.0, 1e5, 1e3])

    def fitted(unit):
        model = GaussianHMM(3, "full", init_params="stc", random_state=0, n_iter=20)
        model.means_ = np.vstack([X[:2], X[0] + 1e4 * X.std(axis=0)]) * unit
        return model.fit(X * unit, lengths)

    plain, moved = fitted(np.ones(4)), fitted(scale)
    assert plain.monitor_.reseeded == moved.monitor_.reseeded == (2,)
    assert_same_but_for_units(plain, moved, X, lengths, scale=scale)


def regimes(rng, n_steps=2000):
    """Calm and wild times, (N,), and a feature (N,) that is three or a third as spread."""
    regime = np.cumsum(rng.random(n_steps) < 0.02) % 2
    return regime, np.where(regime, 3.0, 0.5) * rng.normal(size=n_steps)


def agreement(states, truth):
    return max((states == truth).mean(), (states != truth).mean())


OTHERS = {
    "volume": lambda rng, n: 1e6 * rng.normal(size=n),
    "frequency in hertz": lambda rng, n: 2.4e9 + 1e5 * rng.normal(size=n),
    "concentration in mol": lambda rng, n: 1e-9 * rng.normal(size=n),
    "dead channel": lambda rng, n: np.zeros(n),
    "stuck channel": lambda rng, n: np.full(n, -2.5e8),
}


@pytest.mark.parametrize("kind", ["diag", "full"])  # tied states cannot differ in their spread
@pytest.mark.parametrize("other", OTHERS)
def test_a_feature_that_says_nothing_hides_nothing(rng, kind, other):
    regime, change = regimes(rng)
    X = np.column_stack([OTHERS[other](rng, len(change)), change])
    alone, beside = (
        sweep(Y, n_states=[2], restarts=4, rng=np.random.default_rng(0), covariance_types=(kind,))
        for Y in (change[:, None], X)
    )
    known = agreement(alone.best.predict(change[:, None]), regime)
    assert agreement(beside.best.predict(X), regime) > known - 0.02 > 0.9


@pytest.mark.parametrize("kind", OWN_UNITS)
def test_a_channel_far_from_zero_keeps_its_digits(rng, kind):
    """Deviations of 1e-3 about 1e9: a sum of squares in these units has no digit left for them."""
    X, states, lengths = planted(rng, n_states=3, n_features=2, n_sequences=20, n_steps=20)
    Y = np.column_stack([1e9 + 1e-3 * X[:, 0], 1e6 * X[:, 1]])
    plain, moved = (GaussianHMM(3, kind, random_state=0).fit(Z, lengths) for Z in (X, Y))
    np.testing.assert_array_equal(moved.predict(Y, lengths), plain.predict(X, lengths))


def test_units_are_those_of_each_feature_alone(rng):
    noise = rng.normal(size=500)
    X = np.column_stack([noise, 1e8 * noise, np.zeros(500), np.full(500, -7.0), 1e9 + 0 * noise])
    X[:, 4] += np.spacing(1e9) * (noise > 0)  # rounding, not variation
    units = unit_variances(pack(X))
    np.testing.assert_allclose(units, [noise.var(), 1e16 * noise.var(), 1.0, 49.0, 1e18])


def test_floors_are_relative_unless_a_number_is_given(rng):
    X = rng.normal(size=(300, 3)) * [1e-4, 1.0, 1e4]
    given = GaussianHMM(1, "diag", min_covar=2.0).fit(X).covariances_
    np.testing.assert_allclose(given[0, :2], [2.0, 2.0])
    floor = GaussianHMM(1).prior_for(pack(X)).emissions.floor
    np.testing.assert_allclose(floor, DEFAULT_FLOOR * X.var(axis=0))


def test_spherical_states_share_one_unit(rng):
    """One variance for all features does depend on their units: only a common one may change."""
    X = rng.normal(size=(400, 3)) * [1.0, 2.0, 3.0] + 9 * rng.integers(0, 2, (400, 1))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    plain, moved = (GaussianHMM(2, "spherical", random_state=0).fit(Y) for Y in (X, 1e5 * X @ turn))
    np.testing.assert_allclose(moved.covariances_, 1e10 * plain.covariances_, rtol=1e-6)
    np.testing.assert_array_equal(moved.predict(1e5 * X @ turn), plain.predict(X))
