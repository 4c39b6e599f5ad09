"""Restarts of large data race on a part of them, and the best fit of a size is taken to its end."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.hmm import KINDS, planted
from markovlens.hmm import packing, restarts, settling
from markovlens.hmm.em import Parameters, expect_all, run_em
from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import one_tile_in, pack
from markovlens.hmm.restarts import (
    Candidate,
    Plan,
    draft_of,
    drafted,
    fit_size,
    new_model,
    passed,
    unfitted,
)
from markovlens.hmm.settling import moved_on, polished
from markovlens.status import Status


@pytest.fixture
def plan(monkeypatch):
    """Few data in many tiles, with a draft; three states where four are planted go slowly."""
    monkeypatch.setattr(packing, "BYTES_PER_ROW", 4096)
    rng = np.random.default_rng(4)
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=320, n_steps=8)
    packed = pack(X + rng.normal(size=X.shape), lengths)
    monkeypatch.setattr(restarts, "LEAST_TILES", 3)
    draft = draft_of(packed, {})
    return Plan(packed, 3, False, True, 0, 0, {"n_iter": 1000}, None, draft=draft)


def begun(plan, kind, size):
    """A fit after ten passes, its model and prior."""
    model = new_model(plan, kind, size)
    prior = model.prior_for(plan.packed)
    start = model.start_for(plan.packed, prior, np.random.default_rng(1))
    ten = replace(model.settings(), n_iter=10, tol=-np.inf)
    return model, prior, passed(plan, ten, prior, Candidate(0, start, unfitted(start)))


def limit(plan, model, prior, candidate):
    """The objective at which EM ends for good."""
    endless = replace(model.settings(), n_iter=3000, tol=1e-9)
    fit = run_em(plan.packed, candidate.fit.parameters, prior, endless, rng=None)
    return fit.history[-1]


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_little_is_left_to_gain(plan, kind, size):
    model, prior, candidate = begun(plan, kind, size)
    found = polished(plan, model, prior, candidate)
    assert found.fit.status == Status.OK
    assert np.diff(found.fit.history).min() > -1e-9 * abs(found.objective)
    ends = model.settings().least_gain(plan.packed.n_steps)  # the gain that ends other fits
    assert found.objective > limit(plan, model, prior, candidate) - 0.5 * ends


def test_a_leap_that_does_not_gain_is_taken_back(plan, monkeypatch):
    model, prior, candidate = begun(plan, "full", 4)
    plain = polished(plan, model, prior, candidate)
    monkeypatch.setattr(settling, "moved_on", lambda before, after, times, prior: candidate.start)
    found = polished(plan, model, prior, candidate)
    assert np.diff(found.fit.history).min() > -1e-9 * abs(found.objective)
    assert found.fit.n_passes > plain.fit.n_passes


def test_no_pass_is_beyond_those_allowed(plan):
    model, prior, candidate = begun(plan, "diag", 3)
    for n_iter in (9, 10, 11, 12):
        found = polished(plan, model.set_params(n_iter=n_iter), prior, candidate)
        assert found.fit.n_passes <= max(n_iter, candidate.fit.n_passes)
        assert found.fit.status == Status.NOT_CONVERGED


@pytest.mark.parametrize("kind", KINDS)
def test_leaps_keep_zeros_sums_and_floors(plan, kind):
    _, prior, candidate = begun(plan, kind, 3)
    old = candidate.fit.parameters
    moves = old.chain.transition * [1.0, 1.0, 0.0]
    chain = Chain(old.chain.start, moves / moves.sum(axis=2, keepdims=True))
    spread = old.emissions.covariances
    narrow = replace(old.emissions, means=old.emissions.means + 1.0, covariances=0.8 * spread)
    start = Parameters.of(chain, old.emissions)
    wild = Chain(chain.start, 0.5 * chain.transition + 0.5 * chain.transition[:, ::-1])
    found = moved_on(start, Parameters.of(wild, narrow), 30.0, prior)
    assert (found.chain.transition[..., 2] == 0.0).all()
    assert (found.chain.transition[..., :2] > 0.0).all()
    np.testing.assert_allclose(found.chain.transition.sum(axis=2), 1.0)
    np.testing.assert_allclose(found.emissions.means, old.emissions.means + 31.0)
    floor = prior.emissions.floor
    if kind in ("spherical", "diag"):
        assert (found.emissions.covariances >= min(floor.mean(), floor.min()) * (1 - 1e-9)).all()
    else:
        least = np.linalg.eigvalsh(found.emissions.covariances / np.sqrt(np.outer(floor, floor)))
        assert least.min() > 1.0 - 1e-6


def test_a_part_counts_its_own_data(plan):
    part = one_tile_in(3, plan.packed)
    assert 1 < len(part.tiles) < len(plan.packed.tiles)
    assert part.n_steps == sum(tile.n_columns for tile in part.tiles)
    assert part.n_sequences == sum(len(tile.sequences) for tile in part.tiles)
    np.testing.assert_array_equal(part.center, plan.packed.center)


@pytest.mark.parametrize("keep_all", [False, True])
def test_what_is_said_of_dropped_fits_is_of_all_data(plan, keep_all):
    draft = drafted(replace(plan, keep_all=keep_all))
    found = fit_size(draft, "diag", 3, None)
    assert [each.out for each in found] == [False, *2 * [not keep_all]]
    for each in found:
        said = expect_all(each.fit.parameters, draft.packed).log_likelihood
        np.testing.assert_allclose(each.fit.log_likelihood, said, rtol=1e-12)
        assert each.fit.n_passes > 0
