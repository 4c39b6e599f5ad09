import numpy as np
import pytest
from scipy.linalg import hadamard
from scipy.spatial.distance import pdist

from markovlens.embedding.pod import embed, pod
from markovlens.embedding.projections import (
    RANDOM,
    least_components,
    random_projection,
    unit_projection,
)
from markovlens.embedding.storage import load_basis, save_basis
from markovlens.errors import ConfigError, DataError
from markovlens.trace import Trace


@pytest.fixture
def states() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 40)) * np.linspace(0.1, 2, 40) + 3


@pytest.mark.parametrize("kind", RANDOM)
def test_squared_distances_are_right_on_average_over_draws(states, kind):
    wanted = pdist(states, "sqeuclidean")
    draws = [random_projection(states, n_components=20, kind=kind, seed=s) for s in range(60)]
    ratios = np.array([pdist(one.project(states), "sqeuclidean") / wanted for one in draws])
    # Of each pair: the mean over draws, within five of its errors.
    errors = ratios.std(axis=0) / np.sqrt(len(ratios))
    assert (np.abs(ratios.mean(axis=0) - 1) < 5 * errors).all()
    assert abs(ratios.mean() - 1) < 0.05


@pytest.mark.parametrize("kind", RANDOM)
@pytest.mark.parametrize("width", [1024, 600, 520])
def test_as_many_directions_as_the_lemma_asks_for_keep_every_distance(kind, width):
    rng = np.random.default_rng(1)
    few = rng.normal(size=(12, width))
    n_components = least_components(len(few), 0.5)
    basis = random_projection(few, n_components=n_components, kind=kind, seed=0)
    ratios = pdist(basis.project(few), "sqeuclidean") / pdist(few, "sqeuclidean")
    assert n_components < 200
    assert np.abs(ratios - 1).max() < 0.5


@pytest.mark.parametrize("kind", RANDOM)
@pytest.mark.parametrize("width", [1, 2, 3, 5, 6, 9, 12, 16, 20, 33, 65, 100])
def test_directions_are_independent_whatever_the_number_of_units(kind, width):
    rows = np.random.default_rng(0).normal(size=(8, width))
    for n_components in (1, (width + 1) // 2, width):
        for seed in range(6):
            basis = random_projection(rows, n_components=n_components, kind=kind, seed=seed)
            assert basis.components.shape == (n_components, width)
            assert np.linalg.matrix_rank(basis.components) == n_components
    np.testing.assert_allclose(basis.restore(basis.project(rows)), rows, atol=1e-9)  # all of them


def test_hadamard_directions_of_a_power_of_two_are_the_plain_draw():
    basis = random_projection(np.eye(16), n_components=5, kind="hadamard", seed=3)
    rng = np.random.default_rng(3)
    rows, signs = rng.choice(16, size=5, replace=False), rng.choice([-1.0, 1.0], size=16)
    np.testing.assert_array_equal(basis.components, hadamard(16)[rows] * signs / np.sqrt(5))


@pytest.mark.parametrize("kind", RANDOM)
def test_the_first_directions_keep_the_scale_of_distances(states, kind):
    whole = random_projection(states, n_components=32, kind=kind, seed=0)
    few = whole.first(16)
    assert few.components.shape == (16, 40)
    norms = np.square(few.components).sum() / np.square(whole.components).sum()
    assert norms == pytest.approx(1, rel=0.35)  # as many and as long, but for the draw
    np.testing.assert_allclose(few.components, whole.components[:16] * np.sqrt(2))


@pytest.mark.parametrize("kind", RANDOM)
def test_what_is_restored_has_the_same_coordinates_and_is_nearest_to_the_mean(states, kind):
    basis = random_projection(states, n_components=7, kind=kind, seed=3)
    coordinates = basis.project(states)
    restored = basis.restore(coordinates)
    np.testing.assert_allclose(basis.project(restored), coordinates, atol=1e-9)
    off = np.linalg.norm(restored - basis.mean, axis=1)
    assert (off <= np.linalg.norm(states - basis.mean, axis=1) + 1e-9).all()


def test_units_are_plain_and_all_others_are_restored_to_their_mean(states):
    basis = unit_projection(states, [5, 2])
    np.testing.assert_allclose(basis.project(states) + states.mean(0)[[5, 2]], states[:, [5, 2]])
    restored = basis.restore(basis.project(states))
    np.testing.assert_allclose(restored[:, [5, 2]], states[:, [5, 2]])
    others = np.delete(restored, [5, 2], axis=1)
    np.testing.assert_allclose(others, np.delete(np.tile(states.mean(0), (60, 1)), [5, 2], axis=1))
    np.testing.assert_allclose(basis.energies, states.var(0)[[5, 2]] / states.var(0).sum())


def test_shares_of_all_units_are_all_of_the_variance(states):
    assert unit_projection(states, np.arange(40)).energies.sum() == pytest.approx(1)
    assert unit_projection(np.ones((4, 3)), [0]).energies == 0


def test_chunks_give_what_all_at_once_gives(states):
    whole = random_projection(states, n_components=4, seed=0)
    parts = random_projection(iter(np.array_split(states, 7)), n_components=4, seed=0)
    np.testing.assert_array_equal(parts.components, whole.components)
    np.testing.assert_allclose(parts.energies, whole.energies, atol=1e-12)
    np.testing.assert_allclose(parts.mean, whole.mean, atol=1e-12)


@pytest.mark.parametrize("kind", [*RANDOM, "units"])
def test_file_round_trip(states, tmp_path, kind):
    basis = (
        unit_projection(states, [1, 7])
        if kind == "units"
        else random_projection(states, n_components=2, kind=kind)
    )
    save_basis(tmp_path / "pod.npz", basis)
    again = load_basis(tmp_path / "pod.npz")
    assert type(again) is type(basis)
    assert again.kind == kind
    np.testing.assert_array_equal(again.project(states), basis.project(states))


def test_a_trace_is_embedded_as_in_any_basis(states):
    none = np.full(60, -1)
    trace = Trace(states, np.zeros(60, int), np.ones((60, 1)), none, none, [60], ("a",), ("x",))
    basis = random_projection(states, n_components=3)
    np.testing.assert_array_equal(embed(trace, basis).states, basis.project(states))


def test_what_there_is_not_is_named(states):
    with pytest.raises(ConfigError, match="kind: .*gaussian, sparse, hadamard"):
        random_projection(states, n_components=2, kind="pca")
    with pytest.raises(DataError, match="n_components: expected at most 40, the units, got 41"):
        random_projection(states, n_components=41)
    with pytest.raises(DataError, match="n_components: expected at least 1"):
        random_projection(states, n_components=0)
    for bad in ([40], [-1], [1, 1], [], [0.5], [[1]]):
        with pytest.raises(DataError, match="units: expected numbers 0 to 39, each once"):
            unit_projection(states, bad)
    with pytest.raises(DataError, match="as the basis was made of"):
        unit_projection(states, [0]).project(states[:, :4])
    with pytest.raises(ConfigError, match="n_states"):
        least_components(1, 0.1)


def test_pod_loses_least_of_the_variance_of_all(states):
    kept = pod(states, n_components=5)

    def left(basis):
        return np.square(states - basis.restore(basis.project(states))).sum()

    best = left(kept)
    for kind in RANDOM:
        assert left(random_projection(states, n_components=5, kind=kind)) > best
    assert left(unit_projection(states, np.argsort(-states.var(0))[:5])) > best
