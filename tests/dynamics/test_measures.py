"""Estimates over runs: the mean's t interval, ratios by hand, coverage on planted runs."""

import numpy as np
import pytest
from scipy import stats

from markovlens.dynamics.measures import (
    Place,
    exactly,
    mean_of,
    over_runs,
    ratio_of,
    share_of,
    tidy,
)
from markovlens.files.whole import read_table
from markovlens.tables.dynamics import NUMBERS_RUN
from markovlens.tables.writer import write_table


def test_the_interval_of_a_mean_is_students():
    values = np.random.default_rng(0).normal(size=12)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    found = mean_of(values)
    np.testing.assert_allclose([found.value, found.low, found.high], [values.mean(), low, high])
    assert found.n == 12


def test_runs_without_weight_or_value_are_left_out():
    assert ratio_of(np.array([1, 5, 0]), np.array([2, 2, 0])).value == 1.5
    assert ratio_of(np.array([1, 5, 0]), np.array([2, 2, 0])).n == 2
    assert mean_of(np.array([1.0, np.nan, 3.0])).n == 2
    assert mean_of(np.array([0.0, 0.0, 3.0])).value == 1.0
    assert mean_of(np.array([np.nan])).n == 0


def test_intervals_of_ratios_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    weights = rng.integers(1, 9, (600, 40))
    ratios = [ratio_of(rng.binomial(w, 0.3), w) for w in weights]
    assert np.mean([found.low <= 0.3 <= found.high for found in ratios]) == pytest.approx(
        0.95, abs=0.03
    )


def test_a_statistic_that_does_not_exist_rests_on_no_run():
    found = over_runs(np.array([[1.0, 0.0], [2.0, 0.0]]), lambda sums: sums[:, 0] / sums[:, 1])
    assert found.n == 0
    assert np.isnan(found.value)


def test_a_share_of_one_still_has_an_interval():
    found = share_of(np.ones(50, dtype=bool))
    assert found.value == 1.0
    assert 0.92 < found.low < 0.95


def test_a_table_has_a_row_for_each_number():
    table = tidy("orbit", {("turns", "all"): exactly(2.0, 7)})
    assert table.dropna(axis=1).to_dict("records") == [
        {"analysis": "orbit", "measure": "turns", "where": "all",
         "value": 2.0, "low": 2.0, "high": 2.0, "n": 7}
    ]  # fmt: skip


def test_a_place_has_columns_and_empty_cells_stay_whole_numbers(tmp_path):
    places = [Place("unit", pair="0>2", unit=17, step=-20), Place("all units", level=0.25)]
    table = tidy("kicks", {("d", p): exactly(1.0) for p in places})
    write_table(tmp_path / "numbers.csv", table.assign(status="ok", reason=""), NUMBERS_RUN)
    first, second = read_table(tmp_path / "numbers.csv").to_dict("records")
    assert (first["where"], first["pair"], first["unit"], first["step"]) == ("unit", "0>2", 17, -20)
    assert second["level"] == 0.25
    assert np.isnan(second["unit"])
    assert ",17," in (tmp_path / "numbers.csv").read_text()
