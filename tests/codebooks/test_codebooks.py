"""Codebooks are partitions with rules that people read, whatever made them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.channels import Channel
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_along, cut_at, quantile_cuts
from markovlens.codebooks.storage import codebook_from_dict, codebook_to_dict
from markovlens.errors import ConfigError, DataError
from markovlens.sequences import Sequences

PULSE, SPO2 = Channel("heart rate", "/min"), Channel("SpO2", "%")
LENGTHS = np.array([3, 2])


def rows(values, *channels):
    values = np.asarray(values, dtype=float).reshape(len(values), -1)
    return Sequences(values, np.array([len(values)]), channels)


def test_a_row_alone_its_change_and_the_rows_before_it():
    inputs = Sequences(np.array([1.0, 4, 9, 16, 25]), LENGTHS, (PULSE,))
    np.testing.assert_array_equal(Context().features(inputs)[:, 0], inputs.values)
    change = Context("change")
    np.testing.assert_array_equal(change.features(inputs)[:, 1], [0, 3, 5, 0, 9])
    assert [each.name for each in change.names((PULSE,))] == ["heart rate", "change of heart rate"]
    window = Context.named("window_3")
    expected = [[1, 1, 1], [4, 1, 1], [9, 4, 1], [16, 16, 16], [25, 16, 16]]
    np.testing.assert_array_equal(window.features(inputs), expected)
    assert window.names((PULSE,))[2].name == "heart rate 2 steps before"
    assert str(window) == "window_3"


@pytest.mark.parametrize(
    "name", ["rows", "window_0", "window_x", "", "row_3", "change_2", "window", "window_03", 3]
)
def test_a_context_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match="context|n_rows"):
        Context.named(name)


def test_cuts_of_ones_own_are_all_combinations_in_order_and_words():
    book = cut_at((PULSE, SPO2), {"heart rate": [92, 60], "SpO2": 88})
    assert book.names == (
        "heart rate <= 60 /min and SpO2 <= 88 %",
        "heart rate <= 60 /min and SpO2 > 88 %",
        "60 < heart rate <= 92 /min and SpO2 <= 88 %",
        "60 < heart rate <= 92 /min and SpO2 > 88 %",
        "heart rate > 92 /min and SpO2 <= 88 %",
        "heart rate > 92 /min and SpO2 > 88 %",
    )
    read = rows([[60, 88], [60.1, 88.1], [92, 0], [93, 100], [np.nan, 90]], PULSE, SPO2)
    np.testing.assert_array_equal(book.encode(read), [0, 3, 2, 5, 1])


def test_categories_are_named_and_close_thresholds_told_apart():
    drug = Channel("drug", levels=("none", "A", "B"))
    assert cut_at((drug,), {"drug": 0.5}).names == ("drug is none", "drug is A or B")
    assert cut_at(("x",), {"x": [0.3001, 0.3002]}).names[1] == "0.3001 < x <= 0.3002"


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ({"pulse": 3}, "channels heart rate, SpO2, got 'pulse'"),
        ({}, "at least one channel"),
        ({"SpO2": []}, "finite thresholds"),
        ({"SpO2": np.nan}, "finite thresholds"),
        ({"SpO2": np.arange(300)}, "at most 256 codes, got 301"),
        ({"SpO2": "high"}, "finite thresholds"),
        ({"SpO2": None}, "finite thresholds"),
        ([88], "thresholds by channel, got .88.; give a dict"),
        (88, "thresholds by channel, got 88"),
    ],
)
def test_thresholds_that_cut_nothing_are_refused(thresholds, message):
    with pytest.raises(DataError, match=message):
        cut_at((PULSE, SPO2), thresholds)


@pytest.mark.parametrize(
    "inputs",
    [
        rows([[1, 2]], SPO2, PULSE),
        rows([[1, 2]], PULSE, Channel("SpO2")),
        rows([[1]], PULSE),
        Sequences(np.array([0, 1]), np.array([2])),
    ],
)
def test_rows_of_other_channels_or_units_are_refused(inputs):
    with pytest.raises(DataError, match=r"expected rows of heart rate \[/min\], SpO2 \[%\]"):
        cut_at((PULSE, SPO2), {"SpO2": 88}).encode(inputs)


def made(kind, inputs, n_codes, context, rng):
    if kind == "quantile":
        return quantile_cuts(inputs, n_codes, context=context)
    return nearest_centres(inputs, n_codes, context=context, rng=rng)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["quantile", "kmeans"]),
    n_codes=st.integers(1, 9),
    context=st.sampled_from(["row", "change", "window_2"]),
)
def test_codebooks_use_their_codes_survive_a_file_and_do_not_mind_units(
    seed, kind, n_codes, context
):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(60, 2))
    values[rng.random(size=values.shape) < 0.1] = np.nan
    inputs = Sequences(values, np.array([25, 35]))
    context = Context.named(context)
    book = made(kind, inputs, n_codes, context, np.random.default_rng(0))
    codes = book.encode(inputs)
    assert codes.min() >= 0
    assert codes.max() < len(book.names) <= n_codes
    again = codebook_from_dict(codebook_to_dict(book))
    np.testing.assert_array_equal(again.encode(inputs), codes)
    assert (again.names, again.channels) == (book.names, book.channels)
    scaled = Sequences(values * [1.0, 2.0**20], inputs.lengths)
    other = made(kind, scaled, n_codes, context, np.random.default_rng(0))
    np.testing.assert_array_equal(other.encode(scaled), codes)


def test_quantiles_cut_one_channel_into_equal_parts():
    inputs = Sequences(np.arange(12.0), np.array([12]))
    codes = quantile_cuts(inputs, 4, context=Context()).encode(inputs)
    np.testing.assert_array_equal(codes, np.repeat(np.arange(4), 3))


def test_a_constant_or_absent_channel_makes_one_code():
    for value in (3.0, np.nan):
        inputs = Sequences(np.full(8, value), np.array([8]))
        for kind in ("quantile", "kmeans"):
            book = made(kind, inputs, 3, Context(), np.random.default_rng(0))
            assert len(set(book.encode(inputs))) == 1


def test_a_million_rows_are_read_in_blocks():
    inputs = rows(np.arange(200_000.0), PULSE)
    codes = cut_at((PULSE,), {"heart rate": 99_999}).encode(inputs)
    assert codes.sum() == 100_000


def test_a_direction_is_cut_where_a_person_says():
    codebook = cut_along(["x1", "x2"], [2.0, -2.0], 1.0)
    assert codebook.names == ("x1 - x2 <= 0.5", "x1 - x2 > 0.5")
    rows = np.array([[1.0, 0.5], [1.0, 0.4], [np.nan, 0.0]])
    inputs = Sequences(rows, np.array([3]), ("x1", "x2"))
    np.testing.assert_array_equal(codebook.encode(inputs), [0, 1, 0])


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ("SpO2", "a list of channels, got 'SpO2'"),
        (PULSE, "a list of channels, got Channel"),
        (3, "a list of channels, got 3"),
        ([], "at least one channel"),
        (["SpO2", "SpO2"], "different names, got 'SpO2' 2 times"),
    ],
)
def test_what_are_no_channels_is_said_in_words(channels, message):
    with pytest.raises(DataError, match=message):
        cut_at(channels, {"SpO2": 88})
    with pytest.raises(DataError, match=message):
        cut_along(channels, [1.0], 0.0)


@pytest.mark.parametrize("threshold", [None, "high", [0.0, 1.0], np.nan])
def test_a_direction_needs_one_threshold(threshold):
    with pytest.raises(DataError, match="a finite threshold"):
        cut_along(["x1", "x2"], [1.0, -1.0], threshold)


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [1.0, np.nan], ["a", "b"], None])
def test_a_direction_needs_a_weight_for_each_channel(weights):
    with pytest.raises(DataError, match="expected a finite weight for each of the 2 channels"):
        cut_along(["x1", "x2"], weights, 0.0)


def test_quantiles_leave_no_code_without_rows():
    inputs = rows(np.r_[np.zeros(60), np.ones(140)], PULSE)
    for n_codes in (2, 3, 4):
        book = quantile_cuts(inputs, n_codes, context=Context())
        assert len(np.unique(book.encode(inputs))) == len(book.names)


def test_of_several_conditions_those_with_an_or_stand_in_brackets():
    drug = Channel("drug", levels=("none", "A", "B"))
    both = cut_at((drug, PULSE), {"drug": 0.5, "heart rate": 90}).names
    assert both[0] == "drug is none and heart rate <= 90 /min"
    assert both[3] == "(drug is A or B) and heart rate > 90 /min"
    values = [[60.0, 85], [np.nan, 85], [100, 95], [np.nan, 95]]
    missing = quantile_cuts(rows(values, PULSE, SPO2), 4, context=Context()).names
    assert missing[:2] == (
        "(heart rate <= 80 /min or missing) and SpO2 <= 90 %",
        "(heart rate <= 80 /min or missing) and SpO2 > 90 %",
    )
