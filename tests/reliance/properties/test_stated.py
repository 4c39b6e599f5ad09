"""What a config states is read before any job."""

import pytest

import markovlens as ml
from markovlens.errors import DataError
from markovlens.reliance.properties.stated import misread


def test_what_is_a_property_is_not_told():
    stated = {"parity": ["never answers accept", 'P>=1 [ F "accept" ]']}
    assert [*misread(stated, ["parity"])] == []


def test_each_slip_has_its_place():
    stated = {"parity": ["never answers accept", "nevver answers accept"], "partiy": []}
    first, second = misread(stated, ["parity"])
    assert first.startswith("reliance.properties.parity[1]: ")
    assert "nevver" in first
    assert second == (
        "reliance.properties: got 'partiy', expected a task of `runs`; did you mean parity? the "
        "tasks are parity"
    )


@pytest.mark.parametrize("nothing", [None, 5])
def test_what_is_no_text_is_told(nothing):
    with pytest.raises(DataError, match="properties: expected Sequence, got (NoneType|int)"):
        ml.check(ml.example().truth, nothing)
