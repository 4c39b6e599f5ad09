from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from markovlens.machines.formats.decimals import DIGITS, ONE, decimal, units

WEIGHTS = st.lists(st.sampled_from([0.0, 1e-300, 1e-12, 1e-3, 1.0]) | st.floats(0, 1), min_size=1)


@given(WEIGHTS.filter(lambda weights: sum(weights) > 1e-3))
def test_rows_sum_to_one_as_text_and_nothing_possible_is_rounded_away(weights):
    row = np.array(weights) / sum(weights)
    texts = [decimal(unit) for unit in units(row)]
    assert sum(map(Decimal, texts)) == 1
    assert [float(text) > 0 for text in texts] == (row > 0).tolist()
    np.testing.assert_allclose([float(text) for text in texts], row, atol=len(row) * 10.0**-DIGITS)


def test_thirds_differ_in_the_last_digit_alone():
    assert [decimal(unit) for unit in units(np.full(3, 1 / 3))] == [
        "0.333333333333334",
        "0.333333333333333",
        "0.333333333333333",
    ]


def test_short_numbers_stay_short():
    assert [decimal(unit) for unit in units([0.1, 0.9, 0.0])] == ["0.1", "0.9", "0"]
    assert decimal(ONE) == "1"


def test_rows_that_are_a_little_off_are_scaled():
    assert units([0.5, 0.5 + 1e-7]).sum() == ONE


def test_what_is_left_goes_to_the_largest_remainders():
    assert [decimal(unit) for unit in units([1 / 7, 2 / 7, 4 / 7])] == [
        "0.142857142857143",  # ...142 and 6/7 of a unit
        "0.285714285714286",  # ...285 and 5/7
        "0.571428571428571",  # ...571 and 3/7
    ]
