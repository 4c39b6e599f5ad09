import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.formats import NAMES
from markovlens.errors import DataError
from markovlens.machines.formats.naming import Legend, kept_or_replaced, legend_in, tokens

LISTS = st.lists(NAMES, unique=True, max_size=8)


@given(LISTS)
def test_tokens_are_different_identifiers(names):
    found = tokens(names, prefix="read_")
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"read_[A-Za-z0-9_]*", token) for token in found)


@given(LISTS, st.lists(NAMES, max_size=2))
def test_names_that_fit_are_kept_and_all_differ(names, taken):
    fits = re.compile(r"[a-z_]+")
    found = kept_or_replaced(names, fits=fits, prefix="a_", taken=taken)
    assert len(set(found)) == len(names)
    assert not set(found) & set(taken)
    for name, token in zip(names, found, strict=True):
        assert token == name or not fits.fullmatch(name) or name in taken


@given(LISTS)
def test_a_legend_comes_back_from_a_comment_and_breaks_none(names):
    given = dict(zip(tokens(names, prefix="s"), names, strict=True))
    legend = Legend(given, {}, given, {"kind": "dfa"})
    line = legend.line()
    assert line.isascii()
    assert line.isprintable()
    for unsafe in ("--", "->", "<", ">", "&", "label"):
        assert unsafe not in line
    assert legend_in(f"<!-- {line} -->") == legend


def test_names_that_only_look_alike_stay_apart():
    assert tokens(["a b", "a_b", "a-b", ""], prefix="") == ("0_a_b", "a_b", "2_a_b", "3")


@pytest.mark.parametrize("said", ["{}", '{"symbols": 3}', '{"symbols": [["a", 1]]}', "{nonsense}"])
def test_a_legend_that_is_none_is_refused(said):
    with pytest.raises(DataError, match="expected the legend that markovlens writes"):
        legend_in(f"// markovlens-legend: {said}")
