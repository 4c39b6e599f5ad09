"""Dwell times: every recursion against all segmentations, and laws that are found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from sklearn.base import clone

from helpers.hmm import KINDS, PLAIN, planted, set_parameters
from helpers.stays import BIMODAL, chances, enumerate_stays, law_of, model_of
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import DurationHMM, GaussianHMM
from markovlens.hmm.packing import pack
from markovlens.hmm.phases import DWELLS, Phases


@pytest.mark.parametrize("dwell", DWELLS)
@pytest.mark.parametrize("n_phases", [1, 2, 3])
def test_recursions_equal_enumeration_of_segmentations(rng, dwell, n_phases):
    model = model_of(rng, dwell=dwell, n_phases=n_phases)
    lengths = [6, 1, 4]
    X = 2 * rng.normal(size=(sum(lengths), 2))
    X[[2, 8]] = np.nan
    smoothed, filtered = model.predict_proba(X, lengths), model.filter(X, lengths)
    scores, states = model.score_sequences(X, lengths), model.predict(X, lengths)
    best = 0.0
    for index, last in enumerate(np.cumsum(lengths)):
        rows = slice(last - lengths[index], last)
        paths, joint = enumerate_stays(model, X[rows])
        assert scores[index] == pytest.approx(logsumexp(joint), rel=1e-10)
        weights = np.exp(joint - logsumexp(joint))
        expected = np.eye(3)[paths].transpose(1, 2, 0) @ weights
        np.testing.assert_allclose(smoothed[rows], expected, atol=1e-10)
        np.testing.assert_allclose(filtered[last - 1], expected[-1], atol=1e-10)
        best += joint.max()
        np.testing.assert_array_equal(states[rows], paths[joint.argmax()])
    assert model.decode(X, lengths)[0] == pytest.approx(best, rel=1e-10)
    counted = model.n_parameters() * np.log(len(X) - 2)
    assert model.icl(X, lengths) == pytest.approx(counted - 2 * best, rel=1e-10)


@pytest.mark.parametrize("dwell", DWELLS)
@pytest.mark.parametrize("n_phases", [1, 4])
def test_dwell_distribution_is_the_law(rng, dwell, n_phases):
    model = model_of(rng, dwell=dwell, n_phases=n_phases)
    np.testing.assert_allclose(model.dwell_distribution(30), law_of(model, 30), atol=1e-12)


@pytest.mark.parametrize("chance", [1.0, 1 - 1e-9, 0.99987])
def test_stays_of_hardly_more_than_one_length_are_decoded(rng, chance):
    model = model_of(rng, dwell="negative_binomial", n_phases=8)
    model.means_ = 5.0 * np.arange(6).reshape(3, 2)
    model.leaving_ = np.full((3, 8), chance)
    X, states = model.sample(60, random_state=1)
    np.testing.assert_array_equal(np.diff(np.flatnonzero(np.diff(states))), 8)
    score, found = model.decode(X)
    assert np.isfinite(score)
    assert np.mean(found == states) > 0.9
    assert model.dwell_distribution(60).min() >= 0.0


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    dwell=st.sampled_from(DWELLS),
    n_states=st.integers(2, 4),
    n_phases=st.integers(1, 4),
)
def test_no_other_chain_makes_expected_moves_likelier(seed, dwell, n_states, n_phases):
    rng = np.random.default_rng(seed)
    phases = Phases(dwell, n_states, n_phases)

    def drawn():
        columns = n_phases if dwell == "free" else 1
        leaving = np.tile(rng.uniform(0.05, 0.95, (n_states, columns)), n_phases // columns)
        moves = rng.dirichlet(np.ones(n_states), n_states) * (1 - np.eye(n_states))
        moves /= moves.sum(axis=1, keepdims=True)
        return phases.chain(np.ones(n_states) / n_states, leaving, moves).transition

    before = drawn()
    counts = rng.gamma(0.5, 5.0, before.shape) * (before > 0)
    found = phases.prior(phases.from_plain(plain_chain(n_states)), 0.0).likeliest(counts, before)
    np.testing.assert_allclose(found.sum(axis=2), 1.0)
    reached = counts > 0
    best = (counts[reached] * np.log(found[reached])).sum()
    for _ in range(5):
        assert best >= (counts[reached] * np.log(drawn()[reached])).sum()
    leaving, moves = phases.split(found[0])
    assert dwell == "free" or np.ptp(leaving, axis=1).max() == 0.0
    np.testing.assert_allclose(phases.chain(np.ones(n_states), leaving, moves).transition, found)


def plain_chain(n_states):
    model = GaussianHMM(n_states)
    model.startprob_ = np.full(n_states, 1 / n_states)
    model.transmat_ = np.full((n_states, n_states), 1 / n_states)
    model.means_, model.covars_ = np.zeros((n_states, 1)), np.ones((n_states, 1))
    return model.parameters().chain


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(KINDS),
    dwell=st.sampled_from(DWELLS),
    strength=st.sampled_from([0.0, 1.0, 30.0]),
)
def test_objective_never_decreases(seed, kind, dwell, strength):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 25, 12)
    X = rng.normal(size=(lengths.sum(), 2)) + 3 * rng.integers(0, 3, (lengths.sum(), 1))
    X[rng.random(len(X)) < 0.1] = np.nan
    plain = GaussianHMM(3, kind, n_iter=15, tol=-np.inf, random_state=seed)
    model = DurationHMM(plain, dwell, 4, dwell_strength=strength).fit(X, lengths)
    path = np.array(model.monitor_.history)
    assert np.diff(path).min() >= -1e-9 * np.abs(path).max()
    assert model.monitor_.log_likelihoods[-1] == pytest.approx(model.score(X, lengths), rel=1e-9)


def test_one_phase_is_the_hidden_markov_model(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=20, n_steps=30)
    options = {"n_iter": 6, "tol": -np.inf, "init_params": "", **PLAIN}
    plain = set_parameters(GaussianHMM(3, "full", **options), X)
    ours = [DurationHMM(plain, dwell, 1, dwell_strength=0.0).fit(X, lengths) for dwell in DWELLS]
    plain.fit(X, lengths)
    for model in ours:
        np.testing.assert_allclose(model.monitor_.history, plain.monitor_.history, rtol=1e-6)
        left = model.leaving_
        moves = np.diag(1 - left[:, 0]) + left * model.transmat_
        np.testing.assert_allclose(moves, plain.transmat_, atol=1e-5)
        assert model.n_parameters() == plain.n_parameters()


def planted_stays(law, *, seed, n_sequences=60, n_steps=80):
    """A model whose three overlapping states all have one law, and what it gives."""
    truth = model_of(np.random.default_rng(seed), n_phases=len(law))
    truth.means_ = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    truth.covariances_ = np.tile(np.eye(2), (3, 1, 1))
    truth.leaving_ = np.tile(chances(law), (3, 1))
    rng = np.random.default_rng(seed)
    drawn = [truth.sample(n_steps, rng) for _ in range(n_sequences)]
    return truth, *map(np.concatenate, zip(*drawn, strict=True)), [n_steps] * n_sequences


def test_planted_laws_are_found_again():
    truth, X, states, lengths = planted_stays(BIMODAL, seed=0)
    plain = GaussianHMM(3, "full", random_state=0).fit(X, lengths)
    model = DurationHMM(plain, n_phases=12).fit(X, lengths)
    order = [int(np.linalg.norm(model.means_ - mean, axis=1).argmin()) for mean in truth.means_]
    assert sorted(order) == [0, 1, 2]
    np.testing.assert_allclose(
        model.dwell_distribution(9)[order], truth.dwell_distribution(9), atol=0.1
    )
    right = np.mean(np.argsort(order)[model.predict(X, lengths)] == states)
    assert right > 0.95 > np.mean(np.argsort(order)[plain.predict(X, lengths)] == states)
    assert model.bic(X, lengths) < plain.bic(X, lengths) - 100
    assert model.score(X, lengths) > plain.score(X, lengths)


def test_samples_stay_as_long_as_the_law_says():
    _, _, states, lengths = planted_stays(BIMODAL, seed=1)
    stays = []
    for path in np.split(states, np.cumsum(lengths)[:-1]):
        edges = np.flatnonzero(np.diff(path)) + 1
        stays.extend(np.diff(np.concatenate([[0], edges])))
    assert set(stays) == {3, 9}
    assert np.mean(np.equal(stays, 3)) == pytest.approx(0.5, abs=0.08)  # of some 780 stays


def test_geometric_stays_are_found_to_be_geometric():
    truth, X, _, lengths = planted_stays(np.array([0.2]), seed=2)
    truth.leaving_ = np.full((3, 1), 0.2)
    rng = np.random.default_rng(3)
    X = np.concatenate([truth.sample(80, rng)[0] for _ in lengths])
    plain = GaussianHMM(3, "full", random_state=0).fit(X, lengths)
    model = DurationHMM(plain, n_phases=8).fit(X, lengths)
    assert plain.bic(X, lengths) < model.bic(X, lengths)
    law = 0.2 * 0.8 ** np.arange(12)
    assert np.abs(model.dwell_distribution(12) - law).max() < 0.12


@pytest.mark.parametrize(
    ("dwell", "n_phases", "laws"), [("free", 5, 15), ("negative_binomial", 5, 3)]
)
def test_outputs_of_phases_are_counted_once(rng, dwell, n_phases, laws):
    model = model_of(rng, dwell=dwell, n_phases=n_phases)
    assert model.n_parameters() == 2 + 3 + laws + 6 + 9


def test_a_fitted_model_is_begun_at_and_left_alone(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=10, n_steps=20)
    plain = GaussianHMM(3, random_state=0).fit(X, lengths)
    matrix = plain.transmat_.copy()
    fitted = DurationHMM(plain, n_phases=4).fit(X, lengths)
    fresh = DurationHMM(GaussianHMM(3, random_state=0), n_phases=4)
    same = clone(fresh).fit(X, lengths)
    np.testing.assert_array_equal(plain.transmat_, matrix)
    np.testing.assert_allclose(same.monitor_.history, fitted.monitor_.history, rtol=1e-12)
    assert fitted.monitor_.log_likelihoods[0] == pytest.approx(plain.score(X, lengths), rel=1e-6)


def test_moves_that_the_plain_model_excludes_stay_excluded(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=2, n_sequences=10, n_steps=20)
    mask = np.array([[1, 1, 0], [1, 1, 1], [1, 1, 1]], bool)
    plain = GaussianHMM(3, random_state=0, transmat_mask=mask)
    model = DurationHMM(plain, n_phases=4).fit(X, lengths)
    assert model.transmat_[0, 2] == 0.0
    assert model.n_parameters() == 2 + 2 + 12 + 12


def test_what_makes_no_sense_is_refused_in_words(rng):
    X = rng.normal(size=(30, 2))
    with pytest.raises(ConfigError, match="hmm: expected transitions='shared'"):
        DurationHMM(GaussianHMM(2, transitions="input")).fit(X)
    with pytest.raises(ConfigError, match="hmm.device: expected None"):
        DurationHMM(GaussianHMM(2, device="cpu")).fit(X)
    with pytest.raises(ConfigError, match="hmm.n_components"):
        DurationHMM(GaussianHMM(1)).fit(X)
    with pytest.raises(ConfigError, match="dwell"):
        DurationHMM(GaussianHMM(2), "poisson").fit(X)
    with pytest.raises(DataError, match="X: expected 2 features, as hmm was fitted to, got 1"):
        DurationHMM(GaussianHMM(2, random_state=0).fit(X)).fit(X[:, :1])
    with pytest.raises(DataError, match="hmm: expected GaussianHMM"):
        DurationHMM(3).fit(X)
    model = model_of(rng)
    with pytest.raises(ConfigError, match="inputs"):
        model.predict(X, inputs=np.zeros(30, int))
    model.leaving_ = np.full((3, 2), 0.5)
    with pytest.raises(DataError, match="leaving_"):
        model.score(X)
    model.leaving_, model.transmat_ = np.full((3, 3), 0.5), np.full((3, 3), 1 / 3)
    with pytest.raises(DataError, match="diagonal"):
        model.score(X)


def test_phases_of_a_state_share_a_density(rng):
    model = model_of(rng)
    packed = pack(rng.normal(size=(7, 2)))
    out = np.empty((9, 7))
    density = model.parameters().emissions.density(packed)
    density.log_density(packed.tiles[0].x, slice(0, 7), out)
    np.testing.assert_array_equal(out[::3], out[2::3])
    gamma = rng.random((9, 7))
    moments = density.collect(packed.tiles[0].x, slice(2, 6), gamma)
    np.testing.assert_allclose(moments.count, gamma[:, 2:6].sum(axis=1).reshape(3, 3).sum(axis=1))
