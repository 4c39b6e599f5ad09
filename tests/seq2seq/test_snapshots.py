import numpy as np
import pytest

from markovlens.embedding.pod import pod, project
from markovlens.errors import DataError
from markovlens.seq2seq.snapshots import (
    Snapshots,
    bases,
    energy_rows,
    flat,
    gap,
    modes_rows,
    participation,
)


@pytest.fixture
def snapshots() -> Snapshots:
    """Two windows a class on two circles of an 8-dimensional space, the decoder going on."""
    angle = np.arange(30) * 0.2
    plane = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 2)))[0].T
    circle = np.stack([np.sin(angle), np.cos(angle)], axis=1) @ plane
    states = np.stack([circle, 2 * circle, circle, 2 * circle])
    return Snapshots(states[:, :20], states[:, 20:], np.array([0, 1, 0, 1]), ("one", "two"))


def test_joint_basis_is_that_of_all_states_stacked(snapshots):
    joint = bases(snapshots)["joint"]
    stacked = np.vstack([flat(snapshots.encoder), flat(snapshots.decoder)])
    np.testing.assert_allclose(joint.energies, pod(stacked).energies, atol=1e-12)
    assert joint.modes_for(0.99) == 2  # circles lie in a plane


def test_projection_keeps_windows_and_distances(snapshots):
    basis = bases(snapshots, n_components=2)["joint"]
    there = project(basis, snapshots.decoder)
    assert there.shape == (4, 10, 2)
    np.testing.assert_allclose(
        np.linalg.norm(there[0, 0] - there[1, 0]),
        np.linalg.norm(snapshots.decoder[0, 0] - snapshots.decoder[1, 0]),
    )


def test_gap_of_a_path_that_goes_on_is_one_step(snapshots):
    np.testing.assert_allclose(gap(snapshots), 1, atol=1e-9)
    moved = Snapshots(
        snapshots.encoder, snapshots.decoder[:, 3:], snapshots.labels, snapshots.classes
    )
    assert (gap(moved) > 3).all()


def test_decoder_that_stands_still_has_no_gap_in_steps(snapshots):
    still = Snapshots(
        snapshots.encoder, np.zeros_like(snapshots.decoder), snapshots.labels, snapshots.classes
    )
    assert np.isnan(gap(still)).all()


def test_rows_count_modes_and_energy(snapshots):
    rows = list(energy_rows(bases(snapshots)))
    assert len(rows) == 3 * 8
    ends = [row["cumulative"] for row in rows if row["mode"] == 8]
    np.testing.assert_allclose(ends, 1)
    assert {row["modes_99"] for row in modes_rows(bases(snapshots))} == {2}


@pytest.mark.parametrize(("energies", "expected"), [([1, 0, 0], 1), ([0.25] * 4, 4)])
def test_participation_counts_modes_in_use(energies, expected):
    assert participation(np.array(energies)) == pytest.approx(expected)


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match=r"got \(2, 3, 4\), \(2, 3, 5\)"):
        Snapshots(np.zeros((2, 3, 4)), np.zeros((2, 3, 5)), np.zeros(2), ("a",))
