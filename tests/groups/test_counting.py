from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.groups.counting import (
    DWELL,
    MEASURES,
    OCCUPANCY,
    SWITCHING,
    TRANSITION,
    Counts,
    count,
    quotient,
    ratios,
    rows_of,
)
from markovlens.groups.decoding import Decoded


def values_of(paths, unit=None, *, n_states):
    """Return the value of each row for one group, by (measure, state, next)."""
    states = np.concatenate([np.asarray(path) for path in paths])
    decoded = Decoded(states, np.array([len(path) for path in paths]))
    unit = np.arange(len(paths)) if unit is None else np.asarray(unit)
    found = ratios(count(decoded, unit, n_states), MEASURES)
    values = quotient(found.above.sum(axis=0), found.below.sum(axis=0))
    rows = rows_of(MEASURES, n_states).astype({"state": object, "next": object})
    keys = [tuple(v for v in row if isinstance(v, str | int)) for row in rows.to_numpy()]
    return dict(zip(keys, values, strict=True))


def test_a_path_is_counted_by_hand():
    values = values_of([[0, 0, 0, 1, 1, 0, 2, 2]], n_states=4)
    assert values[(OCCUPANCY, 0)] == 4 / 8
    assert values[(OCCUPANCY, 3)] == 0
    assert values[(SWITCHING,)] == pytest.approx(3 / 7)
    assert values[(DWELL, 0)] == 4 / 2  # runs of three and one
    assert values[(DWELL, 1)] == 2
    assert np.isnan(values[(DWELL, 2)])  # its only run is cut by the end
    assert np.isnan(values[(DWELL, 3)])
    assert values[(TRANSITION, 0, 1)] == values[(TRANSITION, 0, 2)] == 1 / 2
    assert values[(TRANSITION, 1, 0)] == 1


@pytest.mark.parametrize("window", [5, 40])
def test_mean_dwell_times_are_right_although_windows_cut_runs(window):
    rng = np.random.default_rng(0)
    leave = np.array([1 / 8, 1 / 3])
    state, path = 0, []
    for draw in rng.random(60_000):
        path.append(state)
        state = 1 - state if draw < leave[state] else state
    paths = np.array(path).reshape(-1, window)
    seen = [len(list(run)) for one in paths for which, run in groupby(one) if which == 0]
    assert np.mean(seen) < 7.5  # what counting runs as they are seen would say
    values = values_of(list(paths), n_states=2)
    assert values[(DWELL, 0)] == pytest.approx(8, rel=0.05)
    assert values[(DWELL, 1)] == pytest.approx(3, rel=0.05)


def test_each_unit_counts_the_same_however_long_it_was_recorded():
    short, long = [0, 1], [0] * 98 + [1, 0]
    assert values_of([short, long], n_states=2)[(OCCUPANCY, 1)] == pytest.approx(
        (1 / 2 + 1 / 100) / 2
    )
    one_unit = values_of([short, long], [0, 0], n_states=2)
    assert one_unit[(OCCUPANCY, 1)] == pytest.approx(2 / 102)


def test_pieces_of_a_unit_are_no_adjacent_steps():
    values = values_of([[0, 0], [1, 1]], [0, 0], n_states=2)
    assert values[(SWITCHING,)] == 0


def test_units_of_single_steps_have_occupancy_alone():
    values = values_of([[0], [1]], n_states=2)
    assert values[(OCCUPANCY, 0)] == 0.5
    assert np.isnan(values[(SWITCHING,)])


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=6))
def test_shares_sum_to_one_and_switching_is_what_occupancy_and_dwell_say(paths):
    values = values_of(paths, n_states=3)
    assert sum(values[(OCCUPANCY, state)] for state in range(3)) == pytest.approx(1)
    for i in range(3):
        exits = [values[(TRANSITION, i, j)] for j in range(3) if j != i]
        assert np.isnan(exits).all() or sum(exits) == pytest.approx(1)


def test_counts_hold_every_step_and_every_pair():
    decoded = Decoded(np.array([0, 1, 1, 0, 0]), np.array([3, 2]))
    found = count(decoded, np.array([1, 0]), 2)
    assert isinstance(found, Counts)
    assert found.steps.tolist() == [[2, 0], [1, 2]]
    assert found.moves[1].tolist() == [[0, 1], [0, 1]]
    assert found.moves[0].tolist() == [[1, 0], [0, 0]]
