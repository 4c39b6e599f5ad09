"""Calm or turbulent days ahead? Daily returns and ranges of the S&P 500, split by time alone.

Source: daily prices of 1999 to 2018, as the arch package ships them for its examples. What is asked
of a day is the volatility of the days that follow it: whether it is above the median of the years
of training (`make`), or how large it is, as a logarithm (`make_values`). Volatility comes in
regimes (Mandelbrot 1963; Hamilton & Susmel 1994), so that a network that answers well must remember
in which it is. No advice to trade.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.measures import CHANCE
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.tasks.labelled import commonest_share
from markovlens.trace import NO_TARGET

CHANNELS = (Channel("return", "%"), Channel("range", "%"))
CLASSES = ("calm", "turbulent")


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, sp500: Path
) -> Task:
    """Return the task: stretches of `length` days, asked after each day about the next `ahead`.

    Training ends where the year `first_valid` begins, validation where `first_test` does. What is
    asked within a split is answered within it: its last `ahead` days have no target. Nothing is
    drawn from `seeds`.

    Raises:
        DataError: a split has no stretch of that length.
    """
    parts = _parts(sp500, sizes)
    known = parts[SPLITS[0]][1]
    median = float(np.nanmedian(known)) if len(known) else np.nan
    splits = {
        split: _stretches(days, _above(after, median), sizes["length"], split)
        for split, (days, after) in parts.items()
    }
    gate = commonest_share(splits)
    return Task(name, "markets", (), CLASSES, splits, gate, channels=CHANNELS)


def make_values(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, sp500: Path
) -> Task:
    """Return the task that asks after each day for the log volatility of the next `ahead` days.

    It is the logarithm of the root mean square of their returns in %, unknown where none moves.
    Sequences and splits are those of `make`; a network must do better than the mean.

    Raises:
        DataError: a split has no stretch of that length.
    """
    ahead = sizes["ahead"]
    asked = str(Channel(f"log volatility of {ahead} days ahead", "log %"))
    splits = {
        split: _stretches(days, _log(after)[:, None], sizes["length"], split)
        for split, (days, after) in _parts(sp500, sizes).items()
    }
    return Task(
        name,
        "markets",
        (),
        (asked,),
        splits,
        CHANCE[Output.VALUES],
        channels=CHANNELS,
        output=Output.VALUES,
        horizon=ahead,
    )


def _parts(sp500: Path, sizes: Mapping[str, int]) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Return the days of each split, and the volatility (N,) after each within the split."""
    days = read_days(sp500)
    years = pd.DatetimeIndex(days.index).year.to_numpy()
    edges = np.searchsorted(years, [sizes["first_valid"], sizes["first_test"]])
    parts = [days.iloc[rows] for rows in np.split(np.arange(len(days)), edges)]
    return {
        split: (part, volatility_ahead(part["return"].to_numpy(), sizes["ahead"]))
        for split, part in zip(SPLITS, parts, strict=True)
    }


def read_days(path: str | Path) -> pd.DataFrame:
    """Return the days after the first, by date: `return` and `range`, in %.

    The return is 100 times the difference of logarithms of two closes, the range 100 times that of
    the day's highest and lowest price.

    Raises:
        DataError: the file is missing or has no such columns.
    """
    with naming(path):
        prices = pd.read_csv(path)
        if absent := {"Date", "High", "Low", "Close"} - set(prices):
            raise DataError(
                f"{path}: lacks the columns {', '.join(sorted(absent))}", page="download-damaged"
            )
        prices.index = pd.to_datetime(prices["Date"], format="%m/%d/%Y")
        prices = prices.sort_index()
        logs = 100 * prices[["High", "Low", "Close"]].apply(np.log)
        found = {"return": logs["Close"].diff(), "range": logs["High"] - logs["Low"]}
        return pd.DataFrame(found).iloc[1:]


def volatility_ahead(returns: np.ndarray, ahead: int) -> np.ndarray:
    """Return the root mean square (N,) of the `ahead` returns after each, NaN at the end."""
    after = np.full(len(returns), np.nan)
    if len(returns) > ahead:
        squares = np.lib.stride_tricks.sliding_window_view(np.square(returns[1:]), ahead)
        after[: len(squares)] = np.sqrt(squares.mean(axis=1))
    return after


def _log(after: np.ndarray) -> np.ndarray:
    return np.log(np.where(after > 0, after, np.nan))


def _above(after: np.ndarray, median: float) -> np.ndarray:
    return np.where(np.isnan(after), NO_TARGET, after > median).astype(np.int32)


def _stretches(days: pd.DataFrame, targets: np.ndarray, length: int, split: str) -> Split:
    """Return whole stretches, one after the other; what is left at the end is not used."""
    count = len(days) // length
    if not count:
        raise DataError(
            f"split {split}: expected at least {length} days, got {len(days)}; lower "
            "tasks.markets.length, or move tasks.markets.first_valid or first_test",
            page="split-impossible",
        )
    rows = days.to_numpy()[: count * length]
    inputs = Sequences(rows, np.full(count, length), CHANNELS)
    return Split(inputs, targets[: len(rows)], no_targets(len(rows)))
