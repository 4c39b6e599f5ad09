"""What is written down of a monitor: it stays as it is, and damage is told."""

import copy
import json

import numpy as np
import pytest

import markovlens as ml
from markovlens.errors import DataError

EXAMPLE = ml.example()
HELD_OUT, LIVE = (EXAMPLE.sequences.select(np.arange(*ends)) for ends in ((0, 80), (80, 120)))
SEQUENCES = list(LIVE)


def stopped(n_sequences=5, n_steps=2):
    """Return a monitor in the middle of a sequence."""
    watching = ml.Monitor.calibrated(EXAMPLE.truth, HELD_OUT, EXAMPLE.network)
    run(watching, SEQUENCES[:n_sequences])
    for word in SEQUENCES[n_sequences][:n_steps]:
        watching.step(word)
    return watching


def run(watching, sequences):
    seen = []
    for sequence in sequences:
        seen += [watching.step(word).evidence for word in sequence]
        watching.end()
    return seen


def rest(watching):
    return run(watching, [SEQUENCES[5][2:], *SEQUENCES[6:20]])


def test_what_was_said_stays_while_the_monitor_goes_on():
    first, second = stopped(), stopped(0, 0)
    said = first.plain
    written = json.dumps(said)
    expected = rest(first)
    assert json.dumps(said) == written
    second.go_on(said)
    assert rest(second) == expected
    assert json.dumps(said) == written


def parts(plain, path=()):
    """Yield the path to each part of what was written down."""
    for key, value in plain.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from parts(value, (*path, key))


def broken(plain, path, value=None):
    """Return it without the part at a path, or with a value there."""
    found = copy.deepcopy(plain)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return found


def test_damage_is_told_and_leaves_the_monitor_where_it_was():
    said, watching = stopped().plain, stopped()
    before = json.dumps(watching.plain)
    needed = [path for path in parts(said) if path[:-1] != ("evidence", "place")]
    assert len(needed) > 20
    for path in needed:
        for damaged in (broken(said, path), broken(said, path, "torn")):
            with pytest.raises(DataError, match="what `plain` said of a monitor"):
                watching.go_on(damaged)
            assert json.dumps(watching.plain) == before


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("evidence", "counts", "inputs"),
            [1, 2],
            r"\[1, 2\] as evidence.counts.inputs, in place",
        ),
        (("evidence", "place", "inputs"), 999, "bin 999 of the test 'inputs'"),
        (("runner", "state"), 99, "state 99 of . states"),
        (("runner", "belief"), [1.0], "a belief of 1 numbers"),
        (("tally", "n_steps"), float("nan"), "nan as tally.n_steps"),
    ],
)
def test_what_no_monitor_writes_is_said(path, value, message):
    said = stopped().plain
    with pytest.raises(DataError, match=message):
        stopped(0, 0).go_on(broken(said, path, value))
