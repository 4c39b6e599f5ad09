"""Kick units: planted ones are found, with the drive and the lead that they were given."""

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.kicks import OFFSETS, WINDOW, _leads, find_kicks, kick_table, units_of
from markovlens.dynamics.network import Episode, NoisyNetwork

DWELL, EARLY = 12, 2


@pytest.fixture
def planted():
    """Return a network and states in which unit 3 gets -1 in cluster 0 and +2 before it is left.

    Units 0 and 1 are 1 in the cluster of their symbol; unit 2 is 1 in the last 2 steps of each stay
    in cluster 0. Unit 4 always gets a negative drive, unit 5 always a positive one.
    """
    recurrent = np.zeros((6, 6), dtype=np.float32)
    recurrent[3, [0, 1, 2]] = -1, -0.5, 3
    recurrent[4, :2] = -1
    recurrent[5, :2] = 1
    symbols = np.tile(np.repeat([0, 1], DWELL), (4, 8))
    states = np.zeros((*symbols.shape, 6), dtype=np.float32)
    states[..., :2] = np.eye(2)[symbols]
    leaving = (np.arange(symbols.shape[1]) % (2 * DWELL) >= DWELL - EARLY) & (symbols == 0)
    states[..., 2] = leaving
    readout = np.eye(2, 6, dtype=np.float32)
    network = NoisyNetwork(recurrent, np.zeros((6, 1), np.float32), readout)
    return network, Episode(states, states @ readout.T, symbols)


UNIT = "unit pair=0>1 unit=3"


def value(table, measure, where):
    return by_place(table)["value"][measure, where]


def test_the_planted_unit_is_found_in_its_direction_only(planted):
    there, back = find_kicks(*planted)
    assert (there.direction, there.units.tolist()) == ((0, 1), [3])
    assert (back.direction, back.units.tolist()) == ((1, 0), [])
    assert units_of([there, back]).tolist() == [3]
    assert there.n_switches == 4 * 8


def test_drive_before_at_and_after_the_switch_is_as_planted(planted):
    table = kick_table(find_kicks(*planted))
    # 8 steps of each stay, the first of which still has the drive of the cluster before; of the
    # first stay of a run it is not known.
    mean = (-1 * 7 * 8 - 0.5 * 7) / (7 * 8 + 7)
    assert value(table, "drive_before", UNIT) == pytest.approx(mean)
    assert value(table, "drive_at", UNIT) == pytest.approx(2)
    assert value(table, "drive_after", UNIT) == pytest.approx(-0.5)  # of the new cluster
    assert value(table, "drive", f"{UNIT} step=-1") == pytest.approx(2)
    assert value(table, "drive", f"{UNIT} step=-2") == pytest.approx(-1)
    assert value(table, "n_units", "direction pair=1>0") == 0


def test_the_lead_is_where_a_straight_line_crosses_zero(planted):
    # -1 two steps before, 2 one step before: 0 a third of a step after the former.
    assert value(kick_table(find_kicks(*planted)), "lead", UNIT) == pytest.approx(1 + 2 / 3)
    drive = np.full((1, len(OFFSETS)), -1.0)
    assert _leads(np.stack([drive, drive * 0 + 1], axis=1)) == 0
    drive[0, WINDOW - 3 : WINDOW + 1] = 1
    assert _leads(np.stack([drive, drive * 0 + 1], axis=1)) == pytest.approx(3.5)
    assert _leads(np.ones((1, 2, len(OFFSETS)))) == WINDOW


def test_steps_of_other_stays_are_left_out(planted):
    there = find_kicks(*planted)[0]
    counts = there.counts.sum(axis=0)
    assert counts[OFFSETS < -DWELL].sum() == 0
    assert counts[OFFSETS >= DWELL].sum() == 0
    assert counts[WINDOW] == there.n_switches


def test_sums_are_those_of_a_plain_loop(rivals, runs):
    group = find_kicks(rivals, runs)[0]
    drive = rivals.drives(runs.states[:, :-1])  # of the next step
    symbols = runs.likeliest
    total, number = 0.0, 0
    for run, row in enumerate(symbols):
        changes = np.flatnonzero(row[1:] != row[:-1]) + 1
        for begun, step in zip(np.append(0, changes[:-1]), changes, strict=True):
            if (row[step - 1], row[step]) == group.direction and step - begun >= 8:
                total, number = total + drive[run, step - 1, 1], number + 1
    assert number == group.n_switches
    assert group.at[1] == pytest.approx(total / number, rel=1e-4)


def test_each_rival_kicks_towards_its_own_symbol(rivals, runs):
    there, back = find_kicks(rivals, runs)
    assert there.units.tolist() == [1]
    assert back.units.tolist() == [0]


def test_a_network_that_never_switches_has_no_kick_units(planted):
    network, episode = planted
    still = Episode(episode.states[:, :5], episode.logits[:, :5], episode.symbols[:, :5])
    assert find_kicks(network, still) == []
    assert kick_table([]).empty
