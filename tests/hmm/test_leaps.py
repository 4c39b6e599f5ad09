"""Leaps: they save passes, lose no ground, and keep what is not free."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.hmm import KINDS, planted
from markovlens.hmm import GaussianHMM, em
from markovlens.hmm.em import run_em
from markovlens.hmm.leaps import FURTHEST, leap_factor
from markovlens.hmm.packing import pack


def fits(kind, *, n_iter=400, **options):
    """The same slow fit without leaps and with them, and the model."""
    rng = np.random.default_rng(1)
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=20, n_steps=20, distance=1.0)
    packed = pack(X, lengths)
    model = GaussianHMM(4, kind, **{"n_iter": n_iter, "tol": 1e-3} | options)
    prior, settings = model.prior_for(packed), model.settings()
    start = model.start_for(packed, prior, np.random.default_rng(0))
    return [
        run_em(packed, start, prior, replace(settings, leaps=leaps), rng=np.random.default_rng(0))
        for leaps in (False, True)
    ], model


@pytest.mark.parametrize("kind", KINDS)
def test_leaps_gain_in_every_pass_and_save_passes(kind):
    (plain, leaping), model = fits(kind)
    assert leaping.leapt > 0
    assert np.diff(leaping.history).min() >= -1e-9 * abs(leaping.history[-1])
    assert leaping.n_passes + leaping.refused <= model.n_iter
    assert leaping.n_passes + leaping.refused < plain.n_passes
    assert leaping.history[-1] > plain.history[-1] - 1e-3  # the tolerance


def test_a_leap_keeps_zeros_and_the_floor():
    mask = np.triu(np.ones((4, 4), bool))
    (_, leaping), _ = fits("full", transmat_mask=mask, min_covar=0.5)
    assert leaping.leapt > 0
    assert (leaping.parameters.chain.transition[0][~mask] == 0.0).all()
    np.testing.assert_allclose(leaping.parameters.chain.transition.sum(axis=-1), 1.0)
    assert np.linalg.eigvalsh(leaping.parameters.emissions.covariances).min() >= 0.5 - 1e-9


def test_what_is_fixed_stays_as_it_is():
    (_, leaping), _ = fits("diag", params="mt")
    (first, _), _ = fits("diag", params="mt", n_iter=0)
    assert leaping.leapt > 0
    for name in ("start", "covariances"):
        part = "chain" if name == "start" else "emissions"
        before, after = (getattr(getattr(f.parameters, part), name) for f in (first, leaping))
        np.testing.assert_array_equal(before, after)


def test_a_leap_goes_where_a_geometric_series_ends():
    gains = 0.81 ** np.arange(4)  # what is left shrinks by 0.9 a pass
    history = (0.0, *np.cumsum(gains))
    assert leap_factor(history, 0) == pytest.approx(10.0)
    assert leap_factor(history, len(history) - 2) == 0.0  # too early after the last leap
    assert leap_factor(history[:2], 0) == 0.0
    assert leap_factor((0.0, 1.0, 3.0), 0) == 0.0  # gains that grow
    assert leap_factor((0.0, 1.0, 1.01), 0) == 0.0  # fast already
    assert leap_factor((0.0, 1.0, 2.0 - 1e-9), 0) == FURTHEST


def test_a_leap_that_loses_ground_is_taken_back_and_counted(monkeypatch):
    monkeypatch.setattr(em, "leap_factor", lambda history, leapt: 1e3 * (len(history) > 2))
    (_, leaping), model = fits("full", n_iter=12, tol=-np.inf)
    assert leaping.refused > 0
    assert np.diff(leaping.history).min() >= -1e-9 * abs(leaping.history[-1])
    assert leaping.n_passes + leaping.refused == model.n_iter
