"""Packing loses, doubles and reorders nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.hmm.expectation import next_symbols
from markovlens.hmm.packing import pack


@settings(max_examples=40)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=400), seed=st.integers(0, 99))
def test_every_row_is_in_one_column_in_time_order(lengths, seed):
    rng = np.random.default_rng(seed)
    n_rows = sum(lengths)
    X, inputs = rng.normal(size=(n_rows, 2)) + 1e6, rng.integers(0, 3, n_rows)
    X[rng.random(n_rows) < 0.2] = np.nan
    X[0] = 1e6
    packed = pack(X, lengths, inputs)
    rows = np.concatenate([tile.rows for tile in packed.tiles])
    np.testing.assert_array_equal(np.sort(rows), np.arange(n_rows))
    ends = np.cumsum(lengths)
    sequence_of_row = np.repeat(np.arange(len(lengths)), lengths)
    for tile in packed.tiles:
        present = np.setdiff1d(np.arange(tile.n_columns), tile.missing)
        restored = tile.x[:, present].T + packed.center
        np.testing.assert_allclose(restored, X[tile.rows[present]], rtol=1e-12)
        assert np.isnan(X[tile.rows[tile.missing]]).all()
        assert (tile.x[:, tile.missing] == 0).all()
        lanes = tile.lane_of_column
        np.testing.assert_array_equal(tile.sequences[lanes], sequence_of_row[tile.rows])
        for lane in (0, len(tile.sequences) - 1):
            own = tile.rows[tile.columns_of_lane(lane)]
            np.testing.assert_array_equal(
                own, np.flatnonzero(sequence_of_row == tile.sequences[lane])
            )
        following = next_symbols(tile)
        last = np.isin(tile.rows, ends - 1)
        assert (following[last] == -1).all()
        np.testing.assert_array_equal(following[~last], inputs[tile.rows[~last] + 1])
    assert packed.n_observed == (~np.isnan(X[:, 0])).sum()
