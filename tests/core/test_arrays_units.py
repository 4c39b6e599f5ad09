"""What counts as constant is one rule: codebooks and networks read float32, HMMs all digits.

Rows that differ are told as numpy tells them.
"""

import numpy as np
import pytest

from markovlens.arrays import distinct_rows
from markovlens.codebooks.scale import Scale
from markovlens.hmm.driving import Scaling
from markovlens.networks.rows import RowInput
from markovlens.sequences import Sequences


def units(column):
    """Return the unit in which a codebook, a network and an HMM read a channel (N,)."""
    rows = np.asarray(column, dtype=float)[:, None]
    network = RowInput([0], 4)
    network.standardise(Sequences(rows, np.array([len(rows)])))
    return Scale.of(rows).sd[0], float(network.scale[0]), Scaling.of([rows]).scale[0]


def wobbling(level, spread):
    return level + spread * np.where(np.arange(100) % 2, 1.0, -1.0)


@pytest.mark.parametrize(("level", "spread"), [(0.0, 1e-3), (1e6, 10.0), (-1e6, 10.0)])
def test_what_changes_is_measured_in_its_spread(level, spread):
    np.testing.assert_allclose(units(wobbling(level, spread)), spread, rtol=1e-5)


@pytest.mark.parametrize("level", [0.0, 0.1, 36.6, -1e6])
def test_what_never_changes_keeps_its_unit(level):
    np.testing.assert_array_equal(units(np.full(100, level)), 1.0)


def test_what_float32_loses_is_constant_to_codebooks_and_networks_alone():
    *in_float32, in_hmm = units(wobbling(1e6, 0.1))
    assert in_float32 == [1.0, 1.0]
    assert in_hmm == pytest.approx(0.1)


@pytest.mark.parametrize("shape", [(0, 2), (1, 1), (40, 1), (200, 3), (6, 300)])
def test_distinct_rows_are_those_of_numpy_in_its_order(shape):
    rng = np.random.default_rng(0)
    for rows in (rng.integers(-2, 2, size=shape), rng.integers(2, size=shape) / 3):
        found, numbers = np.unique(rows, axis=0, return_inverse=True)
        places, mine = distinct_rows(rows)
        np.testing.assert_array_equal(rows[places], found)
        np.testing.assert_array_equal(mine, numbers.ravel())
