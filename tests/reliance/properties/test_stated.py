"""What a config states is read before any job."""

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
