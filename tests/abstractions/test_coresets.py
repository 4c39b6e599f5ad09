import numpy as np
import pytest
from scipy.sparse import csr_array

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.closeness import closeness
from markovlens.abstractions.clusters import k_means, squared_distances
from markovlens.abstractions.coresets import lightweight_coreset, some_sequences, thinned
from markovlens.abstractions.study import study
from markovlens.errors import ConfigError, DataError
from markovlens.trace import Trace


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """Most lie together, and a few far away."""
    near = rng(1).normal(size=(300, 3))
    return np.concatenate([near, near[:6] + 20])


def test_the_cost_of_any_centres_is_right_on_average(points):
    centres = rng(2).normal(size=(4, 3)) * 8
    costs = (squared_distances(points, centres) + np.square(points).sum(1)[:, None]).min(axis=1)
    found = []
    for seed in range(2000):
        rows, weights = lightweight_coreset(points, 20, rng=rng(seed))
        found.append([weights @ costs[rows], weights.sum()])
    errors = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - [costs.sum(), len(points)]) < 4 * errors).all()


def test_steps_are_drawn_half_evenly_and_half_by_their_distance(points):
    squares = np.square(points - points.mean(axis=0)).sum(axis=1)
    chance = 0.5 / len(points) + 0.5 * squares / squares.sum()
    rows, weights = lightweight_coreset(points, 200_000, rng=rng())
    drawn = np.bincount(rows, minlength=len(points)) / len(rows)
    np.testing.assert_allclose(drawn, chance, atol=5 * np.sqrt(chance.max() / len(rows)))
    np.testing.assert_allclose(weights, 1 / (len(rows) * chance[rows]))


def test_sparse_points_and_equal_points_are_drawn_as_others(points):
    rows, weights = lightweight_coreset(points, 10, rng=rng())
    same, as_heavy = lightweight_coreset(csr_array(points), 10, rng=rng())
    np.testing.assert_array_equal(same, rows)
    np.testing.assert_allclose(as_heavy, weights)
    _, weights = lightweight_coreset(np.ones((40, 2)), 10, rng=rng())
    np.testing.assert_allclose(weights, 4)


def test_clusters_of_a_coreset_hold_all_points(points):
    labels = k_means(points, 2, seed=0, options=Options(coreset=60))
    np.testing.assert_array_equal(labels, k_means(points, 2, seed=0, options=Options()))
    assert np.bincount(labels).min() == 6
    with pytest.raises(DataError, match="8 clusters need as many points, got 5; take a larger"):
        k_means(points, 8, seed=0, options=Options(coreset=5))


def planted(seed: int, n_sequences=60, length=20) -> Trace:
    """Parity of the ones read; every tenth sequence has no ones, and noise of its own."""
    inputs = rng(seed).integers(2, size=(n_sequences, length))
    inputs[::10] = 0
    odd = (inputs.cumsum(axis=1) % 2).reshape(-1)
    noise = np.repeat(np.where(np.arange(n_sequences) % 10 == 0, 1.0, 0.1), length)
    states = 4 * odd[:, None] + noise[:, None] * rng(seed + 50).normal(size=(odd.size, 2))
    nothing = np.full(odd.size, -1)
    return Trace(
        states, inputs.reshape(-1), np.eye(2)[odd], nothing, nothing,
        np.full(n_sequences, length), ("0", "1"), ("even", "odd"),
    )  # fmt: skip


def test_each_sequence_is_as_likely_and_each_kind_has_its_share():
    trace = planted(0)
    taken = [some_sequences(trace, 200, rng=rng(seed)) for seed in range(3000)]
    assert {len(some) for some in taken} == {10}
    assert all((np.diff(some) > 0).all() for some in taken)
    often = np.bincount(np.concatenate(taken), minlength=60) / len(taken)
    np.testing.assert_allclose(often, 1 / 6, atol=5 * np.sqrt(5 / 36 / len(taken)))
    middle = trace.states - trace.states.mean(axis=0)
    far = np.square(middle).sum(axis=1).reshape(60, -1).mean(axis=1)
    upper = np.flatnonzero(far > np.median(far))
    assert {int(np.isin(some, upper).sum()) for some in taken} == {5}


def test_there_is_a_sequence_at_least_and_all_at_most():
    trace = planted(0)
    assert len(some_sequences(trace, 1, rng=rng())) == 1
    np.testing.assert_array_equal(some_sequences(trace, 10**9, rng=rng()), np.arange(60))


def test_evidence_is_thinned_once_and_left_where_it_is_small():
    evidence = Evidence(planted(0), planted(1), seed=4)
    few = thinned(evidence, Options(coreset=200))
    assert len(few.train) == 10
    assert few.valid is evidence.valid
    assert thinned(evidence, Options(coreset=200)) is few
    assert thinned(evidence, Options(coreset=1200)) is evidence
    assert thinned(evidence, Options()) is evidence


@pytest.mark.parametrize("method", ["hmm", "hmm_input", "gmm", "kmeans", "lisor_k"])
def test_a_fit_to_a_part_finds_the_machine_of_the_whole(method):
    train, valid = planted(0), planted(1)
    found = study(method, train, valid, n_states=[2], options=Options(coreset=240), seed=0)
    whole = study(method, train, valid, n_states=[2], seed=0)
    assert closeness(found.best, valid).mean() > closeness(whole.best, valid).mean() - 0.01
    fitted = found.fits[2].likelihood
    if method in ("hmm", "hmm_input", "gmm"):
        assert len(fitted.by_sequence) == 12
    assert found.fits[2].decode(valid).shape == (valid.n_steps,)


@pytest.mark.parametrize("method", ["hmm", "kmeans"])
def test_a_coreset_of_everything_changes_nothing(method):
    train, valid = planted(0), planted(1)
    one, other = (
        study(method, train, valid, n_states=[2, 3], options=Options(coreset=size), seed=0)
        for size in (None, train.n_steps)
    )
    assert one.sweep.equals(other.sweep)
    np.testing.assert_array_equal(one.best.transition, other.best.transition)


@pytest.mark.parametrize("size", [0, -3, 2.5, True, "all"])
def test_a_coreset_is_a_number_of_steps(size):
    with pytest.raises(ConfigError, match="coreset"):
        Options(coreset=size)
