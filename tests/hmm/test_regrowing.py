"""Large data are grown again by the splits that gain most, and never end lower for it."""

import numpy as np
import pytest

from helpers.hmm import KINDS, planted
from markovlens.hmm import restarts, sizes, sweep
from markovlens.hmm.em import expect_all
from markovlens.hmm.halving import halved, with_halves
from markovlens.hmm.packing import pack
from markovlens.hmm.restarts import Candidate, Plan, advance, new_model, unfitted
from markovlens.hmm.settling import LEFT


@pytest.fixture
def data():
    rng = np.random.default_rng(2)
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=80, n_steps=25)
    return X @ rng.normal(size=(3, 3)), lengths


def best_of(data, kind, seed, **options):
    found = sweep(
        *data,
        n_states=[2, 3, 4, 6, 7],
        restarts=2,
        rng=np.random.default_rng(seed),
        covariance_types=(kind,),
        **options,
    )
    return found.table.groupby("n_states")["log_likelihood"].max().to_numpy()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_no_size_is_lower_than_without_growing_again(data, kind, seed, monkeypatch):
    monkeypatch.setattr(restarts, "LEAST_TILES", 1)
    again = best_of(data, kind, seed)
    monkeypatch.setattr(sizes, "regrown", lambda plan, kind, fitted: fitted)
    plain = best_of(data, kind, seed)
    assert (again >= plain - LEFT * 1e-5 * len(data[0])).all()


def test_few_data_are_not_grown_again(data, monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(sizes, "regrown", refuse)
    monkeypatch.setattr(sizes, "settled", refuse)
    assert np.isfinite(best_of(data, "diag", 0)).all()


def fitted_two(data, kind):
    """A plan, and a fit of two states where four are planted."""
    plan = Plan(pack(*data), 1, False, True, 0, 0, {"n_iter": 60}, None)
    model = new_model(plan, kind, 2)
    prior = model.prior_for(plan.packed)
    start = model.start_for(plan.packed, prior, np.random.default_rng(0))
    return plan, advance(plan, model, prior, Candidate(0, start, unfitted(start)), 60)


@pytest.mark.parametrize("kind", ["spherical", "diag", "full"])
def test_halves_gain_about_what_is_foretold(data, kind):
    plan, fit = fitted_two(data, kind)
    both = new_model(plan, kind, 4).prior_for(plan.packed)
    halves, gains = halved(fit.fit.parameters, plan.packed, both, params="stmc")
    for state in range(2):
        start = with_halves(fit.fit.parameters, halves, np.array([state]))
        np.testing.assert_allclose(start.chain.transition.sum(axis=2), 1.0)
        reached = expect_all(start, plan.packed).log_likelihood - fit.fit.log_likelihood
        assert reached > gains[state] - 0.2 * abs(gains[state])
    assert gains.max() > 0.0


def test_units_of_features_do_not_matter(data):
    X, lengths = data
    found = []
    for unit in (1.0, np.array([1e3, 1.0, 1e-2])):
        plan, fit = fitted_two((X * unit, lengths), "diag")
        both = new_model(plan, "diag", 4).prior_for(plan.packed)
        found.append(halved(fit.fit.parameters, plan.packed, both, params="stmc")[1])
    np.testing.assert_allclose(*found, rtol=1e-6)
