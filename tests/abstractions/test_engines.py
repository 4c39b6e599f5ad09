"""hmmlearn as the engine of `hmm`: its fits, in our tables, with our words for how they ended."""

import logging
from dataclasses import replace

import hmmlearn.hmm
import numpy as np
import pytest

from helpers.hmm import KINDS, planted
from markovlens.abstractions.base import Options
from markovlens.abstractions.engines import fitting_of
from markovlens.abstractions.study import study
from markovlens.hmm import sweep
from markovlens.status import Status

OPTIONS = Options(restarts=1, max_iterations=5, engine="hmmlearn")
SPREADS = {"spherical": 3, "diag": 6, "tied": 3, "full": 9}  # free covariances, K = 3, D = 2


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def data(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=8, n_steps=50)
    return X, lengths


def swept(X, lengths, *, n_states, seed=0, engine="hmmlearn", **options):
    return sweep(
        X,
        lengths,
        n_states=n_states,
        rng=np.random.default_rng(seed),
        fitting=fitting_of(engine, X, lengths),
        **{"restarts": 2, "n_iter": 40} | options,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_hmmlearn_and_bic_counts_every_parameter(data, kind):
    out = swept(*data, n_states=[3], covariance_types=[kind])
    for model, (_, row) in zip(out.models[kind, 3], out.table.iterrows(), strict=True):
        theirs = hmmlearn.hmm.GaussianHMM(3, kind)
        theirs.startprob_, theirs.transmat_ = model.startprob_, model.transmat_
        theirs.means_, theirs.covars_ = model.means_, model.covariances_
        expected = theirs.score(*data)
        assert row["log_likelihood"] == pytest.approx(expected, rel=1e-9)
        bic = -2 * expected + (2 + 6 + 6 + SPREADS[kind]) * np.log(len(data[0]))
        assert row["bic"] == pytest.approx(bic, rel=1e-9)


def test_moves_that_never_occur_are_counted_as_parameters(rng):
    """Their probability ends at 0, but nothing forbade them."""
    X = 100.0 * (np.arange(80) % 2)[:, None] + rng.normal(size=(80, 2))
    out = swept(X, [40, 40], n_states=[2])
    model, row = out.models["full", 2][0], out.table.iloc[0]
    assert (model.transmat_ == 0).sum() == 2
    free = (row["bic"] + 2 * row["log_likelihood"]) / np.log(80)
    assert free == pytest.approx(1 + 2 + 4 + 6)


@pytest.mark.parametrize("kind", KINDS)
def test_fits_are_hmmlearns_own(data, kind):
    """The same estimator with the same seed, run without the adapter, ends at the same place."""
    out = swept(*data, n_states=[3], restarts=1, covariance_types=[kind])
    seed = np.random.default_rng(0).integers(2**63)
    words = np.random.SeedSequence([int(seed), 3, 0, len(kind)]).generate_state(1)
    variance = data[0].var(axis=0)
    unit = variance.mean() if kind == "spherical" else variance
    alone = hmmlearn.hmm.GaussianHMM(
        3,
        kind,
        covars_prior=0.01 * (np.diag(unit) if kind in ("tied", "full") else unit),
        min_covar=0.001 * np.max(unit),
        n_iter=40,
        tol=1e-5 * len(data[0]),
        random_state=int(words[0] >> 1),
    ).fit(*data)
    expected = alone.score(*data)
    assert out.table["log_likelihood"].to_list() == pytest.approx([expected], rel=1e-9)
    assert out.table["iterations"].to_list() == [alone.monitor_.iter]


@pytest.mark.parametrize("engine", ["ours", "hmmlearn"])
def test_planted_states_are_numbered_by_the_model_and_not_by_the_seed(data, engine):
    found = [swept(*data, n_states=[2, 3, 4], seed=seed, engine=engine).best for seed in (0, 1)]
    assert [model.n_components for model in found] == [3, 3]
    first, second = (model.predict(*data) for model in found)
    assert np.mean(first == second) > 0.99


def test_the_same_seed_gives_the_same_table(data):
    tables = [swept(*data, n_states=[2, 3], seed=5).table for _ in range(2)]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(swept(*data, n_states=[2, 3], seed=6).table)
    assert set(tables[0]["start"]) == {"random"}
    assert sorted(tables[0]["restart"]) == [0, 0, 1, 1]


def test_a_state_that_is_never_left_is_a_fit_that_failed(rng):
    """hmmlearn 0.3.3 returns a model with a row of zeros, which it refuses to use itself."""
    ends = [np.concatenate([rng.normal(size=(5, 2)), [[50.0, 50.0]]]) for _ in range(40)]
    data = np.concatenate(ends), [6] * 40
    with pytest.raises(ValueError, match="transmat_ rows must sum to 1"):
        swept(*data, n_states=[2])
    table = swept(*data, n_states=[1, 2]).table.set_index("n_states")
    assert set(table.loc[2, "status"]) == {Status.FAILED}
    assert table.loc[2, "reason"].str.startswith("transmat_ rows must sum to 1").all()
    assert table.loc[2, "reason"].str.contains("no transition from the state was ever obs").all()
    assert table.loc[2, ["icl", "heldout"]].isna().all(axis=None)
    assert set(table.loc[1, "status"]) == {Status.OK}


def test_a_likelihood_that_falls_has_not_converged(rng):
    """hmmlearn does not watch its prior; a wide one pulls the likelihood down, and it stops."""
    data = rng.normal(size=(200, 2)), [200]
    fall = swept(*data, n_states=[1], restarts=1, covars_prior=1e3).table.iloc[0]
    assert fall["status"] == Status.NOT_CONVERGED
    assert "Model is not converging. Current" in " ".join(fall["reason"].split())
    short = swept(*data, n_states=[3], restarts=1, n_iter=2).table.iloc[0]
    assert (short["status"], short["reason"]) == (Status.NOT_CONVERGED, "stopped after 2 passes")


def test_warnings_become_reasons_and_are_not_shown(caplog, recwarn):
    piles = np.repeat([[0.0, 0.0], [1.0, 1.0]], 20, axis=0), [40]
    before = list(logging.getLogger("hmmlearn").handlers)
    table = swept(*piles, n_states=[2, 3]).table.set_index("n_states")
    assert table.loc[3, "reason"].str.contains("distinct clusters \\(2\\) found smaller").all()
    assert not recwarn.list
    assert not caplog.records
    assert logging.getLogger("hmmlearn").handlers == before
    assert logging.getLogger("hmmlearn").propagate


def test_too_few_steps_are_a_row_that_says_so(rng):
    table = swept(rng.normal(size=(5, 2)), [5], n_states=[1, 9]).table
    rows = table.set_index("n_states").loc[9]
    assert set(rows["status"]) == {Status.FAILED}
    assert rows["reason"].str.contains("n_samples=5 should be >= n_clusters=9").all()


def study_of(method, traces, **changed):
    options = replace(OPTIONS, **changed)
    return study(method, traces["train"], traces["valid"], n_states=[2], seed=0, options=options)


def test_the_input_driven_hmm_is_ours_whatever_the_engine(traces_of):
    few = traces_of("contains_000", noise=0.3)
    traces = few | {"train": few["train"].select(np.arange(20))}
    assert study_of("hmm_input", traces).sweep.equals(
        study_of("hmm_input", traces, engine="ours").sweep
    )
    assert not study_of("hmm", traces).sweep.equals(study_of("hmm", traces, engine="ours").sweep)
