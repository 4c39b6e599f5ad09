import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from markovlens.abstractions.base import Options
from markovlens.abstractions.movement import as_trace, movement_phase, state_all
from markovlens.embedding.pod import pod
from markovlens.seq2seq.snapshots import flat

N_STATES = 3


def windows(n, seed):
    """Return windows (n, 20, 6) that dwell at three points of space, and where they are."""
    rng = np.random.default_rng(seed)
    points = 4 * np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0][:N_STATES]
    truth = (np.arange(20) // 5 + rng.integers(N_STATES, size=(n, 1))) % N_STATES
    return points[truth] + 0.2 * rng.normal(size=(n, 20, 6)), truth


@pytest.fixture(scope="module")
def stated():
    splits = {name: windows(30, seed)[0] for seed, name in enumerate(("train", "valid", "test"))}
    basis = pod(flat(splits["train"]), n_components=3)
    found = state_all(
        splits,
        basis,
        n_states=[2, 3, 5],
        options=Options(restarts=2),
        seed=np.random.SeedSequence(0),
    )
    return list(found)


def test_planted_states_are_found_without_labels_and_by_bic(stated):
    _, truth = windows(30, 2)
    chosen = {each.method: each for each in stated if each.chosen}
    assert set(chosen) == {"hmm", "kmeans", "gmm", "grid"}
    for method in ("hmm", "gmm", "kmeans"):
        assert chosen[method].n_states == N_STATES
        assert adjusted_rand_score(truth.ravel(), chosen[method].states.ravel()) > 0.98


def test_all_methods_have_the_same_budgets(stated):
    for method in ("hmm", "kmeans", "gmm", "grid"):
        assert [each.n_states for each in stated if each.method == method] == [2, 3, 5]
        assert sum(each.chosen for each in stated if each.method == method) == 1
    assert all(each.states.shape == (30, 20) for each in stated)


def test_a_method_that_fails_says_why():
    splits = dict.fromkeys(("train", "valid", "test"), np.ones((1, 1, 2)))
    basis = pod(np.random.default_rng(0).normal(size=(5, 2)))
    found = list(
        state_all(
            splits,
            basis,
            n_states=[4],
            options=Options(restarts=1),
            seed=np.random.SeedSequence(0),
            methods=["kmeans"],
        )
    )
    assert found[0].startswith("kmeans: 4 clusters need as many points")


def test_trace_knows_no_label():
    states, _ = windows(4, 0)
    trace = as_trace(states, pod(flat(states), n_components=2))
    assert trace.states.shape == (80, 2)
    assert not trace.knows_truth
    assert set(trace.inputs) == {0}


def test_phase_of_a_turned_ellipse_is_its_angle():
    angle = (np.arange(64) + 0.5) / 64 * 2 * np.pi
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0][:2]
    ellipse = np.stack([3 * np.cos(angle), np.sin(angle)], axis=1) @ turn
    phase = movement_phase(np.stack([ellipse, 7 * ellipse]), np.array([0, 1]), n_bins=8)
    np.testing.assert_array_equal(phase[0], phase[1])  # size is no matter
    assert np.bincount(phase[0]).tolist() == [8] * 8
    moves = np.diff(phase[0])[np.flatnonzero(np.diff(phase[0]))]
    assert set(moves % 8) in ({1}, {7})  # one turn, one way
