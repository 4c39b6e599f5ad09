import numpy as np
import pandas as pd
import pytest

from markovlens.errors import DataError
from markovlens.tasks import make_task
from markovlens.tasks.fetch import fetch
from markovlens.tasks.markets import make, make_values, read_days, volatility_ahead
from markovlens.tasks.resources import resource_path

SIZES = {"length": 63, "ahead": 5, "first_valid": 2011, "first_test": 2014}


@pytest.fixture(scope="module")
def folder(resources):
    fetch("sp500", resources)
    return resources


@pytest.fixture(scope="module")
def path(folder):
    return resource_path("sp500", folder)


def made(path, maker=make, **sizes):
    seeds = np.random.SeedSequence(0)
    return maker("index_volatility", sizes=SIZES | sizes, seeds=seeds, sp500=path)


def until(path, copy, date):
    """Write the prices up to a date, and after it prices that never move; return the path."""
    prices = pd.read_csv(path)
    later = pd.to_datetime(prices["Date"], format="%m/%d/%Y") > date
    columns = ["High", "Low", "Close"]
    prices.loc[later, columns] = prices.loc[~later, columns].iloc[-1].to_numpy()
    prices.to_csv(copy, index=False)
    return copy


def test_returns_and_ranges_are_those_of_the_prices(path):
    prices, days = pd.read_csv(path), read_days(path)
    assert len(days) == len(prices) - 1 == 5030
    first, second = prices["Close"].iloc[:2]
    assert days["return"].iloc[0] == pytest.approx(100 * np.log(second / first))
    assert (days["range"] >= 0).all()
    assert days.index.is_monotonic_increasing


def test_what_lies_ahead_is_after_the_day_and_ends_with_the_data():
    after = volatility_ahead(np.array([9.0, 3.0, -4.0, 0.0]), ahead=2)
    np.testing.assert_allclose(after, [np.sqrt(12.5), np.sqrt(8), np.nan, np.nan])
    assert np.isnan(volatility_ahead(np.array([1.0, 2.0]), ahead=2)).all()


@pytest.mark.parametrize("maker", [make, make_values])
@pytest.mark.parametrize(("date", "unchanged"), [("2010-12-31", 1), ("2013-12-31", 2)])
def test_splits_know_nothing_of_later_years(path, tmp_path, date, unchanged, maker):
    whole, cut = made(path, maker), made(until(path, tmp_path / "sp500.csv", date), maker)
    for split in list(whole.splits)[:unchanged]:
        first, second = whole.splits[split], cut.splits[split]
        np.testing.assert_array_equal(first.inputs.rows, second.inputs.rows)
        np.testing.assert_array_equal(first.targets, second.targets)
    later = list(whole.splits)[unchanged]
    assert (whole.splits[later].targets != cut.splits[later].targets).any()


def test_values_are_the_logarithm_of_what_the_classes_are_cut_from(path):
    classes, values = made(path), made(path, make_values)
    (name,) = values.classes
    assert (name, values.horizon) == ("log volatility of 5 days ahead [log %]", 5)
    logs = values.splits["train"].targets[:, 0]
    turbulent = classes.splits["train"].targets
    np.testing.assert_array_equal(np.isnan(logs), turbulent == -1)
    assert logs[turbulent == 0].max() <= logs[turbulent == 1].min()
    # What was known five days ago of the five days until today.
    days = classes.splits["train"].inputs.rows[:63, 0]
    assert logs[20] == pytest.approx(np.log(np.sqrt(np.square(days[21:26]).mean())))


def test_half_of_the_days_of_training_are_turbulent(folder, path):
    task = make_task("index_volatility", sizes=SIZES, seed=3, resources=folder)
    assert [len(split.inputs) for split in task.splits.values()] == [47, 11, 19]
    targets = task.splits["train"].targets
    assert (targets == 1).mean() == pytest.approx(0.5, abs=0.02)
    assert made(path).splits["test"].inputs.channels == task.channels


@pytest.mark.parametrize(
    "sizes", [{"length": 5000}, {"first_test": 2011}, {"first_valid": 2018, "first_test": 2012}]
)
def test_a_split_without_a_stretch_is_refused(path, sizes):
    with pytest.raises(DataError, match=r"expected at least \d+ days, got \d+; lower"):
        made(path, **sizes)


def test_another_file_is_named(path, tmp_path):
    other = tmp_path / "sp500.csv"
    pd.read_csv(path).drop(columns="High").to_csv(other)
    with pytest.raises(DataError, match=r"sp500.csv: lacks the columns High"):
        read_days(other)
