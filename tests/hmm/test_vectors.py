"""Explicit vectors: right for every number of columns, and on every processor."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from markovlens.hmm import kernels, sums
from markovlens.hmm.packing import group_lanes

PASS = """
import sys
import numpy as np
from markovlens.hmm import GaussianHMM
from markovlens.hmm.em import expect_all
from markovlens.hmm.packing import pack

rng, found = np.random.default_rng(0), []
X, lengths = rng.normal(scale=3.0, size=(90, 6)), [21, 21, 19, 20, 7, 2]
for kind, covariances in (("diag", rng.uniform(0.5, 2.0, (5, 6))), ("full", np.eye(6) + 0.2)):
    model = GaussianHMM(5, kind)
    model.startprob_, model.transmat_ = np.full(5, 0.2), rng.dirichlet(np.ones(5), 5)
    model.means_ = rng.normal(size=(5, 6))
    model.covars_ = covariances if kind == "diag" else np.tile(covariances, (5, 1, 1))
    expected = expect_all(model.parameters(), pack(X, lengths))
    found += [expected.start, expected.transition, expected.moments.count, expected.moments.first]
    found += [expected.moments.second, expected.log_likelihood]
np.save(sys.argv[1], np.concatenate([np.ravel(each) for each in found]))
"""


def numbers(path, **environment):
    """What `PASS` computes in a process of its own."""
    subprocess.run(
        [sys.executable, "-c", PASS, str(path)], env=os.environ | environment, check=True
    )
    return np.load(path)


def test_processors_with_narrow_registers_give_the_same_numbers(tmp_path):
    own = numbers(tmp_path / "own.npy")
    for name, features in (("generic", ""), ("generic", "+avx,+avx2,+fma")):
        path = tmp_path / f"{name}{len(features)}.npy"
        masks = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
        masked = numbers(path, NUMBA_CACHE_DIR=str(tmp_path), **masks)
        np.testing.assert_allclose(masked, own, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("dtype", "lowest", "tolerance"), [(np.float64, -320.0, 2e-14), (np.float32, -41.0, 4e-7)]
)
def test_exponentials_are_those_of_numpy(rng, dtype, lowest, tolerance):
    values = rng.uniform(lowest, 0.0, size=(9, 700)).astype(dtype)
    values[0] = np.linspace(-1e-6, 0.0, 700)
    values[1] = np.log(2.0) * np.round(values[1]) / 2.0  # where rounding to powers of two turns
    expected = np.exp((values - values.max(axis=0)).astype(float))
    top = np.empty(700, dtype=dtype)
    kernels.exponentials(values, 0, 700, lowest, top)
    np.testing.assert_allclose(values, expected, rtol=tolerance)
    assert (values.max(axis=0) == 1.0).all()


def test_exponents_end_at_the_floor():
    values, top = np.array([[0.0] * 3, [-1.0, -9.0, -1e6]]), np.empty(3)
    kernels.exponentials(values, 0, 3, -5.0, top)
    np.testing.assert_allclose(values[1], np.exp([-1.0, -5.0, -5.0]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_column_is_left_out_or_touched_beyond(rng, dtype):
    x, weights = rng.random((3, 99)).astype(dtype), rng.random((5, 99)).astype(dtype)
    for first, last in [(0, n) for n in range(1, 72)] + [(5, 41), (33, 99)]:
        out, inside = np.zeros((4, 5)), slice(first, last)
        sums.weighted_sums(x, weights, first, last, out)
        expected = x[:, inside].astype(float) @ weights[:, inside].T
        np.testing.assert_allclose(out[:3], expected, rtol=1e-5)
        values, top = weights.copy(), np.full(99, 7.0, dtype=dtype)
        kernels.exponentials(values, first, last, -40.0, top)
        beyond = np.delete(np.arange(99), inside)
        np.testing.assert_array_equal(values[:, beyond], weights[:, beyond])
        assert (top[beyond] == 7.0).all()
        assert (top[inside] == weights[:, inside].max(axis=0)).all()


def test_matrices_in_another_order_are_refused(rng):
    weights = np.asfortranarray(rng.random((5, 99)))
    with pytest.raises(numba.TypingError, match="in C order"):
        sums.weighted_sums(rng.random((3, 99)), weights, 0, 99, np.zeros((4, 5)))


def test_tiles_of_many_short_sequences_fill_whole_vectors():
    for itemsize in (4, 8):
        sizes = [len(group) for group in group_lanes(np.full(2000, 30), itemsize)]
        assert sum(sizes) == 2000
        assert all(size % 16 == 0 for size in sizes[:-1])
