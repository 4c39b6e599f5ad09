"""What the page of lumping quotes: machines before and after states of one future are joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from kept_tables import having, markdown
from kept_words import bare, counted, share, wilson

from markovlens.figures.style import method_name

NETWORK = ["task", "cell", "seed"]
LEVEL = 0.95  # of an interval
WITNESSES = ["merging", "lstar"]
HEAD = (
    "method", "states chosen (least, median, most)", "exact as chosen", "exact once lumped",
    "and minimal",
)  # fmt: skip
INTERVALS = (
    "sd apart", "sequences", "BIC finds 4", "as they are: hold 4", "width", "ms",
    "refitted: hold 4", "width", "ms",
)  # fmt: skip


@dataclass(frozen=True)
class Lumping:
    """Kept machines, and intervals for the number of states.

    Attributes:
        rows: a row a network and method.
        intervals: a row a planted source: in how many draws its four states are found or held.
        of_networks: a row a recorded network and method: both intervals and what they took.
    """

    rows: pd.DataFrame
    intervals: pd.DataFrame
    of_networks: pd.DataFrame

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Rows of networks that state merging or L* reads exactly: of others nobody knows."""
        read = having(self.rows, {"method": WITNESSES, "exact_as_chosen": 1})[NETWORK]
        return self.rows.merge(read.drop_duplicates(), on=NETWORK)

    @cached_property
    def lumped(self) -> pd.DataFrame:
        """Rows of methods whose machines are lumped, of networks that count."""
        return self.counted[~self.counted["method"].isin(WITNESSES)]

    def n_networks(self) -> int:
        """Return how many networks there are."""
        return len(self.rows.drop_duplicates(NETWORK))

    def n_counted(self) -> int:
        """Return how many of them count."""
        return len(self.counted.drop_duplicates(NETWORK))

    def joined(self) -> pd.Series:
        """Return by method on how many networks joining states alone was the choice."""
        alone = self.lumped["rule"].str.startswith("states joined")
        return alone.groupby(self.lumped["method"]).sum()

    def misses(self) -> pd.DataFrame:
        """Return the lumped machines that are not exact."""
        return self.lumped[self.lumped["exact_lumped"] != 1]

    def minimal(self, method: str) -> pd.Series:
        """Return on which networks the lumped machine of a method is the minimal automaton."""
        rows = having(self.lumped, {"method": method})
        return (rows["states_lumped"] == rows["states_of_language"]) & (rows["exact_lumped"] == 1)

    def listed(self) -> str:
        """Return a line for each method."""
        return markdown([HEAD, *self._lines()])

    def _lines(self) -> Iterator[list[str]]:
        for method, rows in self.lumped.groupby("method", sort=False):
            sizes = rows["states_chosen"]
            yield [
                method_name(str(method)),
                f"{sizes.min():.0f}, {sizes.median():.0f}, {sizes.max():.0f}",
                *(_counts(rows[column]) for column in ("exact_as_chosen", "exact_lumped")),
                f"{self.minimal(str(method)).sum()}",
            ]

    def held(self) -> pd.DataFrame:
        """Return the shares of draws that hold four states: a row a source, a column a way."""
        ways = self.intervals[["as_they_are_hold_4", "refitted_hold_4"]]
        return ways.div(self.intervals["draws"], axis=0)

    def well_held(self) -> bool:
        """Return whether both ways hold four states where BIC mostly finds them, and only there.

        Where BIC mostly does not, fits as they are hold them less often than 95 %, and refitted
        ones no more often.
        """
        held = self.held()[self._found] > LEVEL
        missed = self.held()[~self._found]
        rare = (missed["as_they_are_hold_4"] < LEVEL) & (missed["refitted_hold_4"] <= LEVEL)
        return bool(held.all(axis=None) and rare.all())

    @property
    def _found(self) -> pd.Series:
        """Return of which sources BIC mostly finds the four states."""
        return self.intervals["bic_finds_4"] / self.intervals["draws"] > 0.5

    def held_where_missed(self, way: str) -> str:
        """Return how often four states are held of sources where BIC mostly misses them."""
        shares = self.held().loc[~self._found, f"{way}_hold_4"]
        return f"{bare(shares.min())} to {bare(shares.max())}"

    def alike(self, method: str) -> pd.Series:
        """Return on which recorded networks both intervals of a method are the same."""
        rows = having(self.of_networks, {"method": method})
        low = rows["as_they_are_low"] == rows["refitted_low"]
        return low & (rows["as_they_are_high"] == rows["refitted_high"])

    def differing(self) -> pd.DataFrame:
        """Return the recorded networks and methods of which both intervals are not the same."""
        rows = self.of_networks
        return rows[~pd.concat([self.alike("hmm"), self.alike("hmm_input")])[rows.index]]

    def intervals_listed(self) -> str:
        """Return a line for each planted source, first that whose number is found most."""
        rows = self.intervals.sort_values("bic_finds_4", ascending=False)
        return markdown([INTERVALS, *(_interval(row) for _, row in rows.iterrows())])


def _interval(row: pd.Series) -> list[str]:
    def of(way: str) -> list[str]:
        held = share(row[f"{way}_hold_4"], int(row["draws"]))
        return [held, f"{row[f'{way}_width']:.2f}", f"{row[f'{way}_ms']:.0f}"]

    return [
        f"{row['sd_apart']:.1f}", f"{row['sequences']:.0f}",
        share(row["bic_finds_4"], int(row["draws"])), *of("as_they_are"), *of("refitted"),
    ]  # fmt: skip


def _counts(hits: pd.Series) -> str:
    return f"{counted(hits)} {wilson(hits)}"
