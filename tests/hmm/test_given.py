"""What users set by hand is checked where it is used, and the message says where it is wrong."""

import copy

import numpy as np
import pytest

from helpers.hmm import KINDS, random_model
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import CategoricalHMM, GaussianHMM

LOPSIDED = np.array([[1.0, 0.5], [0.1, 1.0]])
INDEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])
NAN = np.nan


def symbols(table=((0.5, 0.5), (0.1, 0.9))):
    model = CategoricalHMM(2, init_params="")
    model.startprob_, model.transmat_, model.emissionprob_ = [0.5, 0.5], np.eye(2), table
    return model


def with_entry(values, entry, value):
    """A copy of an array with one entry changed."""
    out = np.array(values, float)
    out[entry] = value
    return out


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("startprob_", [0.5, NAN, 0.5], "startprob_.* finite.*nan .state 1"),
        ("startprob_", [1.5, -0.5, 0.0], "startprob_.* probabilities.*-0.5 .state 1"),
        ("startprob_", [0.5, 0.5], r"startprob_.* shape .3,., got .2,."),
        ("startprob_", [0.5, 0.2, 0.2], "startprob_.* sum to 1, got 0.9"),
        ("transmat_", with_entry(np.eye(3), (1, 2), np.inf), "inf .state 1, next state 2"),
        ("transmat_", np.diag([1, 1, 0.5]), "sum to 1, got 0.5 .state 2"),
        ("transmat_", np.ma.array(np.eye(3), mask=np.eye(3)), "nan .state 0, next state 0"),
        ("means_", [[0, 0], [0, NAN], [1, 1]], "means_.*nan .state 1, feature 1"),
        ("means_", [[0, 0], [0, 1]], r"means_.* shape .3, D., .*got .2, 2."),
        ("means_", [0.0, 1.0, 2.0], r"means_.* got .3,."),
        ("means_", [["a", "b"]] * 3, "means_.* real numbers"),
    ],
)
def test_parameters_that_cannot_be_are_named(rng, name, value, message):
    model = random_model(rng, kind="diag")
    setattr(model, name, value)
    for use in (model.score, model.predict, model.set_params(init_params="").fit, model.bic):
        with pytest.raises(DataError, match=message):
            use(rng.normal(size=(20, 2)))
    with pytest.raises(DataError, match=message):
        model.sample(3)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (
            "full",
            [np.eye(2), LOPSIDED, np.eye(2)],
            "symmetric.* 0.5 .state 1, feature 0, feature 1",
        ),
        ("full", [np.eye(2), np.eye(2), INDEFINITE], "definite.* -1 .state 2"),
        ("full", [np.eye(2), np.eye(2), np.diag([1.0, NAN])], "nan .state 2, feature 1, feature 1"),
        ("full", np.ones((3, 2)), r"shape .3, 2, 2. for 'full'"),
        ("tied", LOPSIDED, "symmetric.* 0.5 .feature 0, feature 1"),
        ("tied", INDEFINITE, "definite.* got -1; "),
        ("tied", [np.eye(2), np.eye(2), 2 * np.eye(2)], "shape .2, 2. for 'tied'"),
        ("diag", [[1, 1], [1, -2], [1, 1]], "variances above 0, got -2 .state 1, feature 1"),
        ("diag", [[1, 1], [1, 0], [1, 1]], "variances above 0, got 0 .state 1, feature 1"),
        ("diag", [np.eye(2), np.eye(2), 0.5 + 0.5 * np.eye(2)], "nothing that 'diag'"),
        ("spherical", [1.0, 1.0, -3.0], "variances above 0, got -3 .state 2"),
        ("spherical", [np.eye(2), np.eye(2), np.diag([1.0, 2.0])], "nothing that 'spherical'"),
        ("spherical", [1.0, 1.0], r"shape .3,. for 'spherical'"),
        ("spherical", 1.0, r"shape .3,. for 'spherical'"),
    ],
)
def test_covariances_that_cannot_be_are_named(rng, kind, value, message):
    model = random_model(rng, kind=kind)
    model.covars_ = value
    with pytest.raises(DataError, match=message):
        model.score(rng.normal(size=(20, 2)))
    with pytest.raises(DataError, match=message):
        GaussianHMM.fit(model.set_params(init_params="stm"), rng.normal(size=(20, 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_covariances_are_taken_as_they_are_read(rng, kind):
    model = random_model(rng, kind=kind)
    other, X = copy.deepcopy(model), rng.normal(size=(20, 2))
    other.covars_ = model.covars_
    assert other.score(X) == pytest.approx(model.score(X), rel=1e-12)
    other.covars_ = model.covars_ * 1e-14  # what is small is not what is wrong
    assert np.isfinite(other.score(1e-7 * X))


@pytest.mark.parametrize(
    "shaped", [[[1.0], [2.0], [3.0]], [[[[1.0]]], [[[2.0]]], [[[3.0]]]], [[1, 1], [2, 2], [3, 3]]]
)
def test_spherical_variances_are_taken_in_every_shape_that_hmmlearn_takes(rng, shaped):
    model = random_model(rng, kind="spherical")
    model.covars_ = shaped
    expected = np.array([1, 2, 3])[:, None, None] * np.eye(2)
    np.testing.assert_array_equal(model.covars_, expected)


def test_rounding_does_not_make_a_matrix_lopsided(rng):
    model = random_model(rng)
    model.covars_ = model.covars_ * (1 + 1e-9 * rng.normal(size=(3, 2, 2)))
    assert np.isfinite(model.score(rng.normal(size=(20, 2))))


def test_driven_chains_name_the_symbol(rng):
    model = random_model(rng, n_symbols=2)
    model.transmat_ = with_entry(model.transmat_, (1, 2, 0), NAN)
    X, inputs = rng.normal(size=(6, 2)), [0, 1, 0, 1, 1, 0]
    with pytest.raises(DataError, match="transmat_.*symbol 1, state 2, next state 0"):
        model.filter(X, None, inputs)
    with pytest.raises(DataError, match="transmat_.*symbol 1, state 2, next state 0"):
        model.get_stationary_distribution()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[0.5, 0.5], [NAN, 1.0]], "emissionprob_.*nan .state 1, symbol 0"),
        ([[0.5, 0.5], [-0.5, 1.5]], "emissionprob_.*-0.5 .state 1, symbol 0"),
        ([[0.5, 0.5], [0.5, 0.4]], "emissionprob_.*sum to 1, got 0.9 .state 1"),
        ([], "emissionprob_.*shape"),
        ([[0.5, 0.5]], "emissionprob_.*shape"),
    ],
)
def test_tables_that_cannot_be_are_named(table, message):
    for use in (symbols(table).score, symbols(table).fit):
        with pytest.raises(DataError, match=message):
            use([0, 1, 1])


@pytest.mark.parametrize("missing", ["startprob_", "transmat_", "means_", "covars_"])
def test_what_is_not_set_is_asked_for(rng, missing):
    model = random_model(rng)
    delattr(model, "covariances_" if missing == "covars_" else missing)
    with pytest.raises(ValueError, match=f"{missing}: expected to be set"):
        model.score(rng.normal(size=(5, 2)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"startprob_prior": [1.0, NAN]}, "startprob_prior.*nan"),
        ({"startprob_prior": [1.0, 1.0, 1.0]}, r"startprob_prior.*shape .2,., got .3,."),
        ({"transmat_prior": [[1.0, 0.5], [1.0, 1.0]]}, "transmat_prior.*1 or more, got 0.5"),
        ({"means_prior": np.zeros((3, 2))}, "means_prior.*shape .2, 2."),
        ({"means_prior": NAN}, "means_prior.*finite"),
        ({"covars_prior": -1.0}, "covars_prior.*0 or more, got -1"),
        ({"covars_prior": [[1.0, NAN]]}, "covars_prior.*finite"),
        ({"covariance_type": "full", "covars_prior": LOPSIDED}, "covars_prior.*symmetric"),
        ({"covariance_type": "tied", "covars_prior": INDEFINITE}, "covars_prior.*definite"),
        ({"covariance_type": "full", "covars_prior": np.eye(3)}, "covars_prior.*shape"),
    ],
)
def test_priors_that_cannot_be_are_named(rng, options, message):
    with pytest.raises(DataError, match=message):
        GaussianHMM(2, **options).fit(rng.normal(size=(20, 2)))


@pytest.mark.parametrize(
    ("prior", "message"), [(0.5, "1 or more"), (NAN, "finite"), (np.ones((2, 5)), "shape .2, 3.")]
)
def test_priors_of_tables_that_cannot_be_are_named(prior, message):
    with pytest.raises(DataError, match=f"emissionprob_prior.*{message}"):
        CategoricalHMM(2, emissionprob_prior=prior).fit([0, 1, 2, 1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_components", 2.0),
        ("n_components", True),
        ("n_iter", -1),
        ("n_threads", 0),
        ("tol", NAN),
        ("tol", "1e-2"),
        ("tol_per_step", None),
        ("sticky", -1.0),
        ("sticky", np.inf),
        ("input_strength", NAN),
        ("means_weight", [1.0, 2.0]),
        ("covars_weight", -1.0),
        ("min_covar", NAN),
        ("params", "stw"),
        ("init_params", None),
        ("algorithm", "best"),
        ("implementation", "cuda"),
        ("dtype", "float16"),
        ("covariance_type", "Full"),
    ],
)
def test_arguments_that_cannot_be_are_named(rng, name, value):
    with pytest.raises(ConfigError, match=f"^{name}: expected"):
        GaussianHMM(2).set_params(**{name: value}).fit(rng.normal(size=(20, 2)))


def test_means_of_other_features_are_not_spread_over_those_of_the_data(rng):
    model = GaussianHMM(2, init_params="stc")
    model.means_ = [[0.0], [1.0]]
    with pytest.raises(DataError, match="means_: expected 3 features"):
        model.fit(rng.normal(size=(20, 3)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_samples": 0}, "n_samples"),
        ({"n_samples": 3, "currstate": 3}, "currstate: expected a state 0 .. 2"),
        ({"n_samples": 3, "currstate": -1}, "currstate"),
        ({"n_samples": 2, "inputs": [0, 2]}, "symbols below 2"),
        ({"n_samples": 2, "inputs": [0, -1]}, "inputs"),
    ],
)
def test_samples_begin_at_a_state_that_exists_and_read_known_symbols(rng, options, message):
    model = random_model(rng, n_symbols=2 if "inputs" in options else None)
    with pytest.raises(ValueError, match=message):
        model.sample(**options)
