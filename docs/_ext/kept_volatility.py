"""What the page of real recordings quotes of `benchmarks/volatility.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd
from kept_tables import only
from kept_words import bare, ends

NETWORK = re.compile(
    r"(?P<cell>gru|lstm), seed (?P<seed>\d+)(?:: (?P<method>\w+), (?P<k>\d+) states?)?"
)


@dataclass(frozen=True)
class Volatility:
    """Networks, machines read off them and others, each with its score and interval.

    Attributes:
        rows: what answers, its score, `lower` and `upper`.
        score: the column of the score.
    """

    rows: pd.DataFrame
    score: str

    @property
    def _named(self) -> pd.DataFrame:
        return self.rows.join(self.rows["what"].str.extract(f"^{NETWORK.pattern}$"))

    @property
    def networks(self) -> pd.DataFrame:
        """The networks."""
        named = self._named
        return named[named["cell"].notna() & named["method"].isna()]

    def machines(self, method: str) -> pd.DataFrame:
        """Return the machines of a method, of all networks."""
        return self._named.query("method == @method")

    @property
    def others(self) -> pd.DataFrame:
        """What is neither a network nor read off one."""
        return self.rows[~self.rows["what"].str.match(NETWORK)]

    def range(self, rows: pd.DataFrame) -> str:
        """Return the least and the largest score of some rows."""
        return f"{bare(rows[self.score].min(), 3)} to {bare(rows[self.score].max(), 3)}"

    def sizes(self, method: str) -> str:
        """Return the least and the largest number of states of the machines of a method."""
        sizes = self.machines(method)["k"].astype(int)
        return f"{sizes.min()} to {sizes.max()}"

    def said(self, row: pd.Series) -> str:
        """Return the score of a row with its interval."""
        return ends(row, 3, value=self.score, at=("lower", "upper"))

    def of(self, what: str) -> str:
        """Return the score of what is neither a network nor read off one, with its interval."""
        return self.said(only(self.rows, {"what": what}))

    def value(self, what: str) -> str:
        """Return its score alone."""
        return bare(self.score_of(what), 3)

    def score_of(self, what: str) -> float:
        """Return its score as a number."""
        return float(only(self.rows, {"what": what})[self.score])

    def over(self, *methods: str) -> float:
        """Return the largest score of machines of some methods."""
        return float(max(self.machines(method)[self.score].max() for method in methods))

    def best(self) -> pd.Series:
        """Return the row of the best network."""
        return self.networks.sort_values(self.score).iloc[-1]

    def below(self, value: float) -> pd.DataFrame:
        """Return all rows but automata whose score is below a value."""
        named = self._named
        return named[(named[self.score] < value) & (named["method"] != "overcluster")]

    def apart(self, row: pd.Series) -> pd.DataFrame:
        """Return all rows whose interval ends below that of one."""
        named = self._named
        return named[named["upper"] < row["lower"]]

    def widths(self) -> str:
        """Return how wide the least and the widest interval are."""
        widths = self.rows["upper"] - self.rows["lower"]
        return f"{bare(widths.min())} to {bare(widths.max())}"

    def seeds(self, cell: str) -> str:
        """Return the score of each seed of a kind of network."""
        return ", ".join(
            self.said(row) for _, row in self.networks.query("cell == @cell").iterrows()
        )
