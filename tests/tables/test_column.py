"""A column takes cells of its type, its words and its range, and says what else it was given."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given

from markovlens.tables.column import (
    FLAG,
    NUMBER,
    SINGLES,
    TEXT,
    WHOLE,
    Column,
    count,
    empty_where,
    share,
)


def column(kind, **given):
    return Column("cells", kind, "what is tried here", **given)


def cells(*values, dtype=None):
    return pd.Series(values, dtype=dtype)


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (TEXT, cells("a", "")),
        (FLAG, cells(True, False)),
        (WHOLE, cells(1, 2)),
        (WHOLE, cells(1.0, 2.0)),
        (WHOLE, cells(1, 2, dtype="Int64")),
        (pa.int16(), cells(1, 2, dtype="int16")),
        (NUMBER, cells(0.5, np.inf)),
        (NUMBER, cells(1, 2.5, dtype=object)),
        (SINGLES, cells([0.5], [])),
    ],
)
def test_cells_of_its_type_are_taken(kind, good):
    assert column(kind).fault(good) == ""
    assert column(kind).fault(good.iloc[:0]) == ""


@pytest.mark.parametrize(
    ("kind", "bad", "came"),
    [
        (TEXT, cells(1, 2), "got integer, such as"),
        (TEXT, cells("a", 2), "got mixed"),
        (FLAG, cells(1, 0), "got integer"),
        (WHOLE, cells(True, False), "got boolean"),
        (WHOLE, cells(2.5, 1.0), "got 2.5"),
        (WHOLE, cells(2.5, 1, dtype=object), "got 2.5"),
        (WHOLE, cells(np.inf, 1.0), "got inf"),
        (NUMBER, cells("1.5", "2"), "got string, such as '1.5'"),
        (NUMBER, cells(True, False), "got boolean"),
        (SINGLES, cells(0.5, 1.0), "got floating"),
    ],
)
def test_other_cells_are_refused_with_what_was_expected_and_what_came(kind, bad, came):
    fault = column(kind).fault(bad)
    assert fault.startswith(f"expected {column(kind).kind}")
    assert came in fault


@pytest.mark.parametrize("kind", [TEXT, FLAG, WHOLE, NUMBER, SINGLES])
@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_a_cell_may_be_empty_only_where_that_is_said(kind, nothing):
    empty = cells(nothing, dtype=object)
    assert column(kind).fault(empty).endswith("in every row, got 1 empty")
    assert column(kind, nullable=True).fault(empty) == ""


@given(st.floats(allow_nan=False))
def test_a_number_is_within_its_range(number):
    fault = share("cells", "any").fault(cells(number))
    assert (fault == "") == (-1e-9 <= number <= 1 + 1e-9)


@given(st.text())
def test_a_word_is_one_of_its_words(word):
    fault = column(TEXT, values=("open", "closed")).fault(cells(word))
    assert (fault == "") == (word in ("open", "closed"))


def test_a_family_stands_for_all_its_numbers():
    family = count("k<n>", "state")
    assert [name for name in ("k2", "k12", "k", "kn", "ak2", "k2a") if family.is_of(name)] == [
        "k2",
        "k12",
    ]


def test_where_cells_are_empty_is_said_with_the_meaning():
    (one,) = empty_where("of a fit that failed", count("n", "how many"))
    assert (one.nullable, one.meaning) == (True, "how many; empty of a fit that failed")
    assert one.said == "whole number, at least 0, or empty"
