"""The sweep: planted state counts come back, weak restarts go, every fit is in the table."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from helpers.hmm import planted
from markovlens.errors import DataError
from markovlens.hmm import GaussianHMM, bootstrap_states, stability, sweep
from markovlens.hmm.packing import pack, reweighted
from markovlens.hmm.restarts import Candidate, Plan, advance, unfitted
from markovlens.hmm.sweep import COLUMNS
from markovlens.status import Status


def test_planted_eight_states_come_back_by_default():
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X, states, lengths = planted(
            rng, n_states=8, n_features=8, n_sequences=100, n_steps=30, distance=2.0
        )
        best = sweep(X, lengths, n_states=range(6, 11), restarts=2, rng=rng).best
        found.append(best.n_components)
        if found[-1] == 8:
            assert adjusted_rand_score(best.predict(X, lengths), states) > 0.9
    assert found.count(8) >= 9


def test_table_has_every_fit_and_its_status(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=60, n_steps=20)
    calls = []
    out = sweep(
        X, lengths, n_states=[4, 2, 3], restarts=4, rng=rng, covariance_types=("diag", "full"),
        progress=lambda done, total: calls.append((done, total)), n_iter=30,
    )  # fmt: skip
    assert tuple(out.table.columns) == COLUMNS
    assert len(out.table) == 2 * (3 * 4 + 2 + 2)
    assert calls == [(i, 6) for i in range(1, 7)]
    assert set(out.table["status"]) <= {"ok", "not_converged", "dropped", "failed"}
    assert (out.table["reason"] != "").equals(out.table["status"] != "ok")
    starts = out.table.groupby("start")["restart"].count()
    assert starts["random"] == (out.table["start"] == "random").sum()
    assert starts[["grown", "pruned"]].eq(0).all()
    assert out.table["restart"].min() == 0
    assert np.isfinite(out.table[["log_likelihood", "bic", "aic"]]).all(axis=None)
    assert out.best.n_components == 3
    row = out.table["bic"].idxmin()  # the best, or one that rounding alone tells from it
    assert out.best.bic(X, lengths) == pytest.approx(out.table.loc[row, "bic"], rel=1e-7)
    assert out.best.icl(X, lengths) == pytest.approx(out.table.loc[row, "icl"], rel=1e-7)


def test_keep_all_runs_every_restart(rng):
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=40, n_steps=20, distance=1.0)
    options = {"n_states": [4], "restarts": 4, "warm_starts": False, "n_iter": 20, "tol": -np.inf}
    seed = 3
    kept = sweep(X, lengths, rng=np.random.default_rng(seed), keep_all=True, **options)
    cut = sweep(X, lengths, rng=np.random.default_rng(seed), **options)
    assert (kept.table["iterations"] == 20).all()
    assert (cut.table["iterations"] < 20).sum() == 3
    assert (cut.table["status"] == "dropped").sum() == 3


def test_same_seed_same_table(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=30, n_steps=10)
    tables = [
        sweep(
            X, lengths, n_states=[2, 3], restarts=2, rng=np.random.default_rng(1), n_threads=n
        ).table
        for n in (1, 2)
    ]
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("criterion", ["heldout", "heldout_1se", "aic", "icl"])
def test_other_criteria(rng, criterion):
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=120, n_steps=20)
    train, valid = (X[:1600], lengths[:80]), (X[1600:], lengths[80:])
    out = sweep(*train, n_states=range(2, 7), restarts=2, rng=rng, valid=valid, criterion=criterion)
    assert out.best.n_components == 4 if criterion != "aic" else out.best.n_components >= 4
    per_step = out.best.score(*valid) / len(valid[0])
    assert per_step == pytest.approx(out.table["heldout"].max(), abs=0.05)


def test_one_standard_error_prefers_fewer_states(rng):
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=60, n_steps=20)
    valid = (X[:400], lengths[:20])
    options = {"n_states": range(3, 9), "restarts": 1, "valid": valid}
    best = sweep(X, lengths, rng=np.random.default_rng(0), criterion="heldout", **options).best
    small = sweep(X, lengths, rng=np.random.default_rng(0), criterion="heldout_1se", **options).best
    assert small.n_components == 4 <= best.n_components


def test_input_driven_sweep(rng):
    inputs = rng.integers(0, 2, 2000)
    lengths = [50] * 40
    states = np.concatenate([np.cumsum(part) % 3 for part in np.split(inputs, 40)])
    X = 3 * np.eye(3)[states] + 0.8 * rng.normal(size=(2000, 3))
    out = sweep(X, lengths, inputs=inputs, n_states=range(2, 6), restarts=3, rng=rng)
    assert (out.table["transitions"] == "input").all()
    assert out.best.n_components == 3
    assert out.best.transmat_.shape == (2, 3, 3)
    assert out.best.transmat_.max(axis=2).min() > 0.97


def test_bootstrap_interval_and_stability(rng):
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=60, n_steps=20)
    out = sweep(X, lengths, n_states=range(2, 7), restarts=3, rng=rng, keep_all=True)
    interval = out.interval(rng=rng, n_bootstraps=8)
    assert interval.low <= 4 <= interval.high
    assert interval.chosen.shape == (8,)
    best = out.models["full", 4]
    assert stability(best[:2], X, lengths) > 0.9
    assert np.isnan(stability([best[0]], X, lengths))
    with pytest.raises(ValueError, match="bic"):
        bootstrap_states(best, out.packed, rng=rng, criterion="icl")


def test_stability_of_the_chosen_size(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=60, n_steps=20)
    out = sweep(X, lengths, n_states=range(2, 5), restarts=3, rng=rng, keep_all=True)
    far = out.stability(rng=rng, n_bootstraps=4)
    models = out.models["full", out.best.n_components]
    assert (far.n_restarts, far.n_bootstraps) == (len(models), 4)
    assert far.restarts > 0.7
    assert 0.5 < far.bootstraps <= 1.0
    assert far.restarts == pytest.approx(stability(models, X, lengths), abs=1e-12)
    blob = sweep(rng.normal(size=(600, 3)), [20] * 30, n_states=[4], restarts=4, rng=rng)
    assert blob.stability(rng=rng, n_bootstraps=3).bootstraps < far.bootstraps


def test_weights_count_sequences_as_often_as_they_say(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=5, n_steps=9)
    X[3] = np.nan
    weights = np.array([2, 0, 1, 3, 1])
    blocks = np.split(X, np.cumsum(lengths)[:-1])
    repeated = [block for block, w in zip(blocks, weights, strict=True) for _ in range(w)]
    options = {
        "init_params": "",
        "n_iter": 5,
        "tol": -np.inf,
        "covars_prior": 0.1,
        "min_covar": 0.01,
    }
    fits = []
    weighted = reweighted(pack(X, lengths, center=np.zeros(2)), weights)
    again = pack(np.concatenate(repeated), [9] * 7, center=np.zeros(2))
    for packed in (weighted, again):
        model = GaussianHMM(3, "full", **options)
        model.startprob_, model.transmat_ = np.full(3, 1 / 3), np.full((3, 3), 1 / 3)
        model.means_, model.covars_ = X[:3].copy(), np.tile(np.eye(2), (3, 1, 1))
        fits.append(model.fit_packed(packed))
    np.testing.assert_allclose(fits[0].monitor_.history, fits[1].monitor_.history, rtol=1e-10)
    assert weighted.n_steps == again.n_steps
    assert weighted.n_observed == again.n_observed


def test_bad_criterion_is_refused(rng):
    X = rng.normal(size=(30, 2))
    with pytest.raises(ValueError, match="criterion"):
        sweep(X, n_states=[2], restarts=1, rng=rng, criterion="best")
    with pytest.raises(ValueError, match="valid="):
        sweep(X, n_states=[2], restarts=1, rng=rng, criterion="heldout")


def test_what_happened_before_a_cut_is_still_said_after_it(rng):
    """A restart is run in parts; the table tells of all of them."""
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=40, n_steps=20)
    packed = pack(X, lengths)
    model = GaussianHMM(3, "full", n_iter=40, tol=-np.inf, init_params="")
    model.startprob_, model.transmat_ = np.full(3, 1 / 3), np.full((3, 3), 1 / 3)
    model.means_ = np.concatenate([X[:2], X[:1] + 1e4])
    model.covars_ = np.tile(np.cov(X.T), (3, 1, 1))
    plan = Plan(packed, 1, False, False, 0, 0, {}, None)
    start, prior = model.parameters(), model.prior_for(packed)
    begun = advance(plan, model, prior, Candidate(0, start, unfitted(start)), 5)
    ended = advance(plan, model, prior, begun, 40)
    assert begun.fit.reseeded == (2,)
    assert begun.fit.reason == "stopped after 5 passes; re-seeded states: 1"
    assert ended.fit.reason == "stopped after 40 passes; re-seeded states: 1"
    assert ended.fit.status == Status.NOT_CONVERGED


@pytest.mark.parametrize(
    ("valid", "message"),
    [
        (np.zeros((4, 2)), r"valid: expected a tuple .* got an array \(4, 2\)"),
        ([np.zeros((4, 2))], "valid: expected a tuple .* got list"),
        ((), "valid: expected a tuple .* got a tuple of 0"),
        ((np.zeros((4, 3)),), "valid: expected X with 2 columns.* got 3"),
        ((np.full((4, 2), np.nan),), "valid: expected rows to score, got 4 that are all missing"),
        ((np.zeros((4, 2)), [3]), "valid: lengths sum to 3"),
        ((np.zeros((4, 2)), [4], [0, 1]), "valid: inputs: expected 4 symbols"),
    ],
)
def test_held_out_data_are_looked_at_before_any_fit(valid, message, rng):
    def fitting(*_):
        pytest.fail("a fit was begun")

    with pytest.raises(DataError, match=message):
        sweep(np.zeros((9, 2)), n_states=[2], restarts=1, rng=rng, valid=valid, fitting=fitting)
