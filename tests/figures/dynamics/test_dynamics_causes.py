"""Figures of kick units, gains, connectivity and emergence: titles say what the table says."""

import numpy as np
import pandas as pd
import pytest

from helpers.emulators import placed
from markovlens.dynamics.measures import Estimate, tidy
from markovlens.figures.dynamics.connectivity import connectivity_finding, draw_connectivity
from markovlens.figures.dynamics.emergence import draw_emergence, emergence_finding
from markovlens.figures.dynamics.gains import draw_gains, gains_finding
from markovlens.figures.dynamics.kicks import draw_kicks, kicks_finding


def table(analysis, *numbers):
    return tidy(
        analysis, {(m, placed(w)): Estimate(v, v - 0.1, v + 0.1, 80) for m, w, v in numbers}
    )


@pytest.fixture
def kicks():
    unit = "unit pair=0>2 unit=7"
    traces = [("drive", f"{unit} step={offset}", offset / 5) for offset in range(-20, 21)]
    named = [
        ("n_units", "direction pair=0>2", 1),
        ("n_switches", "direction pair=0>2", 300),
        ("n_units", "direction pair=2>0", 0),
    ]
    own = [("lead", unit, 2.5), ("drive_after", unit, -1.0)]
    return table("kicks", *named, *own, *traces)


@pytest.fixture
def gains():
    silenced = [
        ("rate_ratio", f"{kind} pair={direction} level={level}", value)
        for direction in ("0>2", "2>0")
        for kind, level, value in (
            ("kick", 1, 0.8), ("kick", 6, 0.04), ("random", 6, 0.9), ("matched", 6, 0.5)
        )
    ]  # fmt: skip
    scaled = [("rate_ratio", f"kick pair=0>2 level={gain}", gain) for gain in (0.0, 0.5, 1.0, 2.0)]
    noise = [("rate_ratio", f"inputs pair=0>2 level={gain}", 1.0) for gain in (0.0, 1.0)]
    return pd.concat(
        [
            table("silencing", *silenced),
            table("recurrent_gain", *scaled),
            table("noise_gain", *noise),
        ]
    )


@pytest.fixture
def emerging():
    curves = {"loss": [10, 9, 8], "switching": [0.6, 0.2, 0.05], "pair_error": [0.4, 0.2, 0.1],
              "unstable": [0, 0.2, 0.3], "unstable_pairs": [0, 0, 0.1], "growing": [0, 0, 0.25],
              "critical_pairs_moebius": [0, 0, 0]}  # fmt: skip
    rows = [
        (measure, f"checkpoint step={100 * place}", value)
        for measure, values in curves.items()
        for place, value in enumerate(values)
    ]
    found = [("bifurcation", "unstable", 100), ("bifurcation", "switching", 100)]
    never = [("bifurcation", "critical", np.nan), ("pair_error", "source", 0.02)]
    return table("emergence", *rows, *found, *never)


def test_kick_units_are_counted_and_their_lead_is_told(kicks):
    title = kicks_finding(kicks)
    assert "1 unit for 0→2 and 0 units for 2→0" in title
    assert "2.5 steps ahead" in title
    assert "0 of 1 stay so" in title
    assert len(draw_kicks(kicks, name="chain_2").axes) == 1


def test_no_kick_units_are_a_message(kicks):
    none = table("kicks", ("n_units", "direction pair=0>2", 0))
    assert "No unit" in kicks_finding(none)
    assert draw_kicks(none, name="chain_2").axes


def test_gains_say_what_is_left_by_kind_of_unit(gains):
    title = gains_finding(gains)
    assert "With 6 units silent" in title
    for words in ("0.04 (kick units)", "0.90 (random units)", "0.50 (matched units)"):
        assert words in title
    assert len(draw_gains(gains, name="chain_2").axes) == 6


def test_a_range_that_rounds_to_one_number_is_told_once(gains):
    here = (gains["analysis"] == "silencing") & (gains["where"] == "kick")
    here &= (gains["pair"] == "0>2") & (gains["level"] == 6)
    gains.loc[here, "value"] = 0.041
    assert " 0.04 (kick units)" in gains_finding(gains)
    gains.loc[here, "value"] = 0.06
    assert "0.04 to 0.06 (kick units)" in gains_finding(gains)


def test_no_changes_are_a_message():
    nothing = table("silencing")
    assert gains_finding(nothing) == "No kick units to silence"
    assert draw_gains(nothing, name="chain_2").axes


def test_connectivity_tells_weights_within_and_between():
    recurrent = np.full((6, 6), -0.5)
    recurrent[:2, :2] = recurrent[2:4, 2:4] = 0.25
    roles = {"kick 0>2": np.array([0, 1]), "kick 2>0": np.array([2, 3])}
    title = connectivity_finding(recurrent, roles)
    assert "+0.250 within a group and -0.500 between groups" in title
    left, right, *_ = draw_connectivity(recurrent, roles, name="chain_2").axes
    assert [text.get_text() for text in left.get_yticklabels()] == [*roles, "other"]
    assert len(right.texts) == 9
    assert "no two opposite" in connectivity_finding(recurrent, {"kick 0>2": np.arange(2)})


def test_emergence_tells_each_bifurcation_or_that_there_is_none(emerging):
    title = emergence_finding(emerging)
    assert "from 0.60 to 0.05" in title
    assert "unstable direction appears: update 100" in title
    assert "near-critical pair appears: never" in title
    figure = draw_emergence(emerging, name="chain_2")
    assert len(figure.axes) == 4
    assert any("at most: 25 %" in text.get_text().replace("\xa0", " ") for text in figure.texts)
