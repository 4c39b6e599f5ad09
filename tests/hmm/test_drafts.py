"""Fits that begin in float32 end in float64, and where those end that never left it."""

import numpy as np
import pytest

from helpers.hmm import planted
from markovlens.hmm import restarts, sweep
from markovlens.hmm.packing import pack
from markovlens.hmm.restarts import draft_of
from markovlens.status import Status


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=80, n_steps=25)
    return X, lengths


@pytest.fixture
def drafting(monkeypatch):
    """Any number of tiles is enough for a draft."""
    monkeypatch.setattr(restarts, "LEAST_TILES", 1)


def swept(data, **options):
    options = {"n_states": [2, 3, 4, 5], "restarts": 3, "stepwise_epochs": 0} | options
    return sweep(*data, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize("kind", ["spherical", "diag", "tied", "full"])
def test_no_size_ends_lower_than_fits_in_float64(data, kind, monkeypatch):
    """At the planted size fits end where those end that go on until nothing is gained."""
    plain = swept(data, covariance_types=(kind,))
    endless = swept(data, covariance_types=(kind,), n_iter=2000, tol_per_step=1e-10)
    monkeypatch.setattr(restarts, "LEAST_TILES", 1)
    drafted = swept(data, covariance_types=(kind,))
    assert drafted.best.n_components == plain.best.n_components
    best = [found.table.groupby("n_states")["log_likelihood"].max() for found in (drafted, plain)]
    assert (best[0] > best[1] - 1e-6 * len(data[0])).all()  # a tenth of the gain that ends EM
    ours, theirs = (found.models[kind, 4][0] for found in (drafted, endless))
    scores = [model.score(*data) for model in (ours, theirs)]
    np.testing.assert_allclose(*scores, rtol=0, atol=5e-6 * len(data[0]))
    np.testing.assert_allclose(ours.means_, theirs.means_, atol=0.02)


@pytest.mark.parametrize("inputs", [False, True])
def test_what_is_said_of_a_fit_is_what_float64_says(data, drafting, inputs):
    symbols = np.arange(len(data[0])) % 2 if inputs else None
    found = swept(data, inputs=symbols)
    model, packed = found.best, found.packed
    assert packed.dtype == np.float64
    likeliest = found.models["full", model.n_components]
    scores = [each.score(*data, symbols) for each in likeliest]
    rows = found.table[found.table["icl"].notna()].set_index("n_states")
    said = rows.loc[[model.n_components], "log_likelihood"]
    np.testing.assert_allclose(scores, said, rtol=1e-12)


def test_passes_of_the_draft_count(data, drafting):
    """A fit that has had all its passes is scored once more, and has not converged."""
    table = swept(data, n_iter=2, keep_all=True).table
    assert table["iterations"].max() <= 2
    assert set(table["status"]) <= {Status.OK, Status.NOT_CONVERGED}
    assert (table["iterations"] >= 1).all()


def test_a_likelihood_never_falls_but_for_float32(data, drafting):
    for fit in swept(data).models["full", 4]:
        steps = np.diff(fit.monitor_.history)
        assert steps.min() > -1e-6 * abs(fit.monitor_.history[-1])


@pytest.mark.parametrize(
    ("unit", "options"),
    [(1.0, {"min_covar": 1e-9}), (1.0, {"device": "cpu"}), (1e15, {}), (1e-15, {})],
)
def test_what_float32_cannot_hold_is_not_drafted(data, drafting, unit, options):
    X, lengths = data
    assert draft_of(pack(X, lengths), {}) is not None
    assert draft_of(pack(unit * X, lengths), options) is None


def test_data_in_float32_and_few_data_have_no_draft(data, monkeypatch):
    assert draft_of(pack(*data), {}) is None
    monkeypatch.setattr(restarts, "LEAST_TILES", 1)
    assert draft_of(pack(*data, dtype="float32"), {}) is None
