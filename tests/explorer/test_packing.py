import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers.packed import unpacked
from markovlens.explorer.packing import MISSING, exact, packed, scaled


@pytest.mark.parametrize(
    ("most", "kind"), [(0, "u1"), (255, "u1"), (256, "u2"), (65_535, "u2"), (65_536, "u4")]
)
def test_integers_take_the_least_room_that_holds_them(most, kind):
    plain = packed(np.array([0, most]))
    assert plain["kind"] == kind
    assert unpacked(plain).tolist() == [0, most]


def test_no_integers_and_bools_are_packed_too():
    assert unpacked(packed(np.array([], dtype=int))).tolist() == []
    assert unpacked(packed(np.array([True, False]))).tolist() == [1, 0]


@given(arrays(float, st.integers(1, 20), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_scaled_values_come_back_to_half_a_step_and_what_is_missing_stays_so(values):
    plain = scaled(values)
    whole = unpacked(plain)
    assert ((whole == MISSING) == np.isnan(values)).all()
    known = ~np.isnan(values)
    back = plain["low"] + plain["step"] * whole[known]
    assert np.allclose(back, values[known], rtol=1e-9, atol=0.51 * plain["step"])


def test_rows_keep_single_precision_and_what_is_missing():
    values = np.array([0.1, np.nan, -3e8])
    assert np.array_equal(unpacked(exact(values)), values.astype(np.float32), equal_nan=True)
