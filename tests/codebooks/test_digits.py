"""Rules have as many digits as it takes that a person who reads them decides as the codebook."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_along, cut_at, quantile_cuts
from markovlens.codebooks.editing import with_plane, with_threshold
from markovlens.codebooks.known import with_known
from markovlens.explaining.windows import value_in_words
from markovlens.sequences import Sequences

TEMP, FLOW = Channel("temp", "C"), Channel("flow", "l/min")
NUMBER = r"-?[0-9.]+(?:e[-+]?[0-9]+)?"


def table(values, *channels):
    return Sequences(values, np.full(20, len(values) // 20), channels)


def body(n_steps=400, seed=0, temp=37.5, spread=1.0, flow=4.0):
    rng = np.random.default_rng(seed)
    values = np.c_[rng.normal(temp, spread, n_steps), rng.normal(flow, 1.2, n_steps)]
    return table(values, TEMP, FLOW)


def threshold_in(rule):
    (number,) = re.findall(rf" > ({NUMBER})", rule)
    return float(number)


def sum_in(rule, rows):
    """What a rule of a sum says of rows (N, 2), its numbers taken literally."""
    words = re.fullmatch(
        rf"(?:({NUMBER}) )?temp ([-+]) (?:({NUMBER}) )?flow > ({NUMBER})", rule
    ).groups()
    temp, flow = float(words[0] or 1), float(words[2] or 1) * (-1 if words[1] == "-" else 1)
    return rows @ [temp, flow] > float(words[3])


@pytest.mark.parametrize(
    ("cuts", "said"),
    [
        (37.4999, "37.4999"),
        (138.432, "138.432"),
        (1014.63, "1014.63"),
        ([77.5], "77.5"),
        ([1.95, 90], "1.95"),
        (39, "39"),
        (50_000, "50000"),
        (0, "0"),
        (-0.0006, "-0.0006"),
    ],
)
def test_thresholds_typed_by_hand_come_back_as_typed(cuts, said):
    book = cut_at((TEMP, FLOW), {"temp": cuts})
    assert book.names[0] == f"temp <= {said} C"
    assert with_known(book, body(spread=1000.0)).names == book.names


@pytest.mark.parametrize(
    ("cut", "said"),
    [(138.4321, "138.432"), (92.123456789, "92.1235"), (np.float32(37.4999), "37.4999")],
)
def test_thresholds_of_many_digits_are_told_in_six(cut, said):
    assert cut_at((TEMP,), {"temp": cut}).names[0] == f"temp <= {said} C"


def test_a_learnt_threshold_has_the_digits_that_the_spread_of_its_channel_asks_for():
    book = cut_at((TEMP, FLOW), {"temp": 38.4812345})
    for spread, said in ((1.0, "38.48"), (100.0, "38"), (0.01, "38.4812")):
        known = with_known(book, body(spread=spread))
        assert known.names[1] == f"temp > {said} C"


def test_thresholds_close_to_each_other_are_told_apart_finely():
    book = with_known(cut_at((TEMP, FLOW), {"temp": [37.8612345, 38.4834567]}), body(spread=500.0))
    assert book.names[1] == "37.86 < temp <= 38.483 C"


@given(
    seed=st.integers(0, 10**6),
    temp=st.sampled_from([0.0, 37.5, -1014.0]),
    spread=st.sampled_from([0.1, 1.0, 300.0]),
    share=st.floats(0.02, 0.98),
)
def test_a_rule_read_back_decides_a_hundredth_of_the_spread_away(seed, temp, spread, share):
    inputs = body(seed=seed, temp=temp, spread=spread)
    column = inputs.rows[:, 0]
    book = cut_at((TEMP, FLOW), {"temp": float(np.quantile(column, share))})
    book = with_known(book, inputs)
    near = book.threshold[0] + np.r_[-1, 1] * np.std(column) / 100
    far = column[np.abs(column - book.threshold[0]) > np.std(column) / 100]
    rows = np.c_[np.r_[far, near], np.zeros(len(far) + 2)]
    read = rows[:, 0] > threshold_in(book.names[1])
    codes = book.encode(Sequences(rows, np.array([len(rows)]), (TEMP, FLOW)))
    np.testing.assert_array_equal(codes == 1, read)


@pytest.mark.parametrize("flow", [4.0, 4000.0])
@pytest.mark.parametrize("weight", [-0.98765432, 0.00603123, 0.31234567])
def test_a_sum_read_literally_decides_as_it_is_computed(weight, flow):
    inputs = body(4000, flow=flow)
    threshold = float(np.quantile(inputs.rows @ [1.0, weight], 0.9))
    book = with_known(cut_along((TEMP, FLOW), [1.0, weight], threshold), inputs)
    differing = sum_in(book.names[1], inputs.rows) != (book.encode(inputs) == 1)
    assert differing.mean() <= 0.001


def test_where_the_spread_is_not_known_sums_and_changes_are_told_in_six_digits():
    assert cut_along((TEMP, FLOW), [2.0, -3.0], 1.0).names[1] == ("0.666667 temp - flow > 0.333333")
    inputs = body()
    changes = with_known(quantile_cuts(inputs, 16, context=Context("change")), inputs)
    cut = changes.threshold[np.flatnonzero(changes.feature == 2)[0]]
    assert f"change of temp <= {cut:.6g} C" in changes.names[0]


def test_codebooks_alike_in_few_digits_have_one_outline():
    book = cut_at((TEMP, FLOW), {"temp": 37.6123})
    assert with_threshold(book, 0, 37.6251234).outline == book.outline
    assert with_threshold(book, 0, 37.6251234).names != book.names
    assert with_threshold(book, 0, 36.1).outline != book.outline
    plane = with_plane(book, 0, np.array([1.0, -0.5001]), 37.6)
    assert plane.outline[0] == "temp - 0.5 flow <= 37.6"


@pytest.mark.parametrize(
    ("cut", "value", "said"),
    [
        (1014.63, 1014.6, "1014.6"),
        (1014.63, 1014.64, "1015"),
        (1014.63, 1020.312, "1020"),
        (37.617, 37.8, "37.8"),
        (37.617, 37.6171, "37.62"),
        (37.617, 37.617, "37.617"),
    ],
)
def test_a_value_is_told_on_the_side_of_the_cut_on_which_it_is(cut, value, said):
    book = cut_at((TEMP, FLOW), {"temp": cut})
    assert value_in_words(TEMP, value, book.told_cuts(0)) == f"temp {said} C"
    assert book.told_cuts(1) == {}


def test_a_value_is_told_by_cuts_of_rows_before_too():
    inputs = body()
    window = quantile_cuts(inputs, 16, context=Context.named("window_2"))
    assert len(window.told_cuts(0)) == 2
