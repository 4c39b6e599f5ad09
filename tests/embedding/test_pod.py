import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from markovlens.activations.store import write_trace
from markovlens.embedding.pod import POD, embed, pod
from markovlens.embedding.stage import embed_run
from markovlens.embedding.storage import load_basis, save_basis
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.trace import Trace


@pytest.fixture
def states() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 5)) @ rng.normal(size=(5, 12)) + 100


def test_energies_and_subspace_are_those_of_pca(states):
    basis, reference = pod(states, n_components=5), PCA(5).fit(states)
    np.testing.assert_allclose(basis.energies[:5], reference.explained_variance_ratio_, rtol=1e-9)
    cosines = np.abs(np.sum(basis.components * reference.components_, axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-9)


def test_chunks_give_the_same_basis_as_all_at_once(states):
    whole = pod(states)
    parts = pod(iter(np.array_split(states, 7)))
    np.testing.assert_allclose(parts.energies, whole.energies, rtol=0, atol=1e-8)
    np.testing.assert_allclose(parts.components[:5], whole.components[:5], atol=1e-8)


def test_rank_deficient_states_are_rebuilt_from_few_modes(states):
    basis = pod(states, n_components=5)
    rebuilt = basis.project(states) @ basis.components + basis.mean
    np.testing.assert_allclose(rebuilt, states, atol=1e-8)
    assert basis.modes_for(1.0) <= 6
    assert basis.modes_for(0.0) == 1


def test_energies_are_the_squared_singular_values_of_the_centred_snapshots(states):
    singular = np.linalg.svd(states - states.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose(pod(states).energies, singular**2 / (singular**2).sum(), atol=1e-15)


def test_fewer_states_than_units_leave_modes_without_energy(states):
    basis = pod(states[:4])
    assert basis.components.shape == (12, 12)
    np.testing.assert_allclose(basis.components @ basis.components.T, np.eye(12), atol=1e-12)
    assert basis.energies[3:].max() < 1e-20


def test_shifting_and_rotating_states_leaves_the_energies(states):
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(12, 12)))
    np.testing.assert_allclose(
        pod(states @ rotation - 3).energies, pod(states).energies, atol=1e-10
    )


def test_constant_states_have_no_energy():
    assert pod(np.ones((5, 3))).energies.sum() == 0


def test_one_state_is_not_enough():
    with pytest.raises(DataError, match="at least 2 states"):
        pod(np.ones((1, 3)))


def test_file_round_trip(states, tmp_path):
    basis = pod(states, n_components=3)
    save_basis(tmp_path / "pod.npz", basis)
    again: POD = load_basis(tmp_path / "pod.npz")
    np.testing.assert_array_equal(again.components, basis.components)
    (tmp_path / "pod.npz").write_bytes(b"PK broken")
    with pytest.raises(DataError, match=r"pod\.npz: cannot be read"):
        load_basis(tmp_path / "pod.npz")


@pytest.mark.parametrize(
    "same",
    [
        torch.as_tensor,
        pd.DataFrame,
        list,
        np.ndarray.tolist,
        lambda states: tuple(map(tuple, states)),
        lambda states: torch.tensor(states, requires_grad=True),
    ],
)
def test_whatever_holds_the_rows_the_basis_is_the_same(states, same):
    basis, wanted = pod(same(states)), pod(states)
    # A table of columns lies otherwise in memory, which is other rounding.
    np.testing.assert_allclose(basis.components[:5], wanted.components[:5], atol=1e-12)
    np.testing.assert_allclose(basis.energies, wanted.energies, atol=1e-12)


def test_chunks_may_be_tensors_or_empty(states):
    chunks = [torch.empty(0, 12), *torch.as_tensor(states).split(90), torch.empty(0, 12)]
    np.testing.assert_allclose(pod(chunks).energies, pod(states).energies, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda states: states[:, 0], r"states: expected \(N, D\), .* got \(400,\)"),
        (lambda states: states.reshape(40, 10, 12), r"got \(40, 10, 12\); lay the steps of all"),
        (lambda states: iter(states), r"chunk 0 of states: expected \(N, D\), .* got \(12,\)"),
        (lambda states: iter([]), "got no chunk"),
        (lambda states: [], "got no chunk"),
        (lambda states: iter([states, states[:, :5]]), r"as the first, got \(400, 5\) at 1"),
        (lambda states: np.where(states > 100, np.nan, states), "got .* rows with NaN or infinity"),
        (lambda states: [states, states / 0.0], "chunk 1 of states: expected finite states"),
        (lambda states: np.ma.masked_greater(states, 100), "masked first at row 0"),
        (lambda states: states.astype(complex), "expected real numbers, got dtype complex128"),
        (lambda states: [[1.0, 2.0], [3.0]], "rows of one length"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_no_matrix_of_states_is_named(states, bad, message):
    with pytest.raises(DataError, match=message):
        pod(bad(states))


@pytest.mark.parametrize("n_components", [0, -1, 2.0, True, "3"])
def test_a_number_of_modes_is_one_or_more(states, n_components):
    with pytest.raises(DataError, match="n_components: expected"):
        pod(states, n_components=n_components)


def test_states_of_another_layer_are_no_matter_of_this_basis(states):
    basis = pod(states)
    with pytest.raises(DataError, match=r"expected states \(\.\.\., 12\), .* got \(400, 5\)"):
        basis.project(states[:, :5])


def test_digits_do_not_depend_on_threads_of_blas():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(4000, 32)) @ rng.normal(size=(32, 32))
    n = len(states)
    none, output = np.full(n, -1), np.full((n, 2), np.nan)
    trace = Trace(states, np.zeros(n, int), output, none, none, [n], ("a",), ("x", "y"))
    bases, coordinates = [], []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, user_api="blas"):
            bases.append(pod(states, n_components=8))
            coordinates.append(embed(trace, bases[0]).states)
    for basis, rows in zip(bases, coordinates, strict=True):
        assert np.array_equal(basis.components, bases[0].components)
        assert np.array_equal(rows, coordinates[0])


def test_more_modes_than_units_are_said_and_all_are_kept(tmp_path, caplog):
    run = Run.at(tmp_path, "t", "own", 0, layer="rnn")
    states = np.random.default_rng(0).normal(size=(20, 3))
    trace = Trace(
        states, np.zeros(20, int), np.full((20, 2), 0.5), np.zeros(20, int), np.full(20, -1),
        np.array([20]), ("a",), ("no", "yes"),
    )  # fmt: skip
    write_trace(run.trace("train"), trace)
    embed_run(run, n_components=8)
    assert "got 8, layer rnn of own has states of 3 numbers; kept are all 3 modes" in caplog.text
    caplog.clear()
    embed_run(run, n_components=3)
    assert not caplog.text
