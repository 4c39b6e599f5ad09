"""What pages quote of `benchmarks/hmm_engines.py`: two engines of `hmm` on the same data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from kept_tables import having, markdown

OURS, THEIRS, BARE = "ours", "hmmlearn", "ours without a floor"
PLANTED = "planted"
COUNTS = ["fits", "passes", "failed", "not_converged", "fell", "dropped"]
HEAD = (
    "engine", "CPU s", "fits", "passes", "failed", "not converged", "likelihood fell", "dropped",
)  # fmt: skip


@dataclass(frozen=True)
class Engines:
    """Kept sweeps.

    Attributes:
        fits: a row a data, engine and round: processor seconds, and what became of its fits.
        likelihoods: a row a data, engine and size: the best log-likelihood, in nats a step.
    """

    fits: pd.DataFrame
    likelihoods: pd.DataFrame

    def names(self) -> list[str]:
        """Return the data, planted ones first."""
        return list(self.fits["data"].unique())

    def headed(self, data: str) -> str:
        """Return what data are, in the words of a heading."""
        row = having(self.fits, {"data": data}).iloc[0]
        name = "planted, 8 states (W3)" if data == PLANTED else data
        parts = f"{row['sequences']} sequences, {row['features']} features"
        return f"{name}: {row['steps']} steps of {parts}"

    def n_rounds(self) -> int:
        """Return how many rounds there are."""
        return int(self.fits["round"].nunique())

    @cached_property
    def _times(self) -> pd.Series:
        """By data and round, how many times as long hmmlearn takes."""
        seconds = self.fits.pivot(index=["data", "round"], columns="engine", values="seconds")
        return seconds[THEIRS] / seconds[OURS]

    @cached_property
    def times(self) -> pd.Series:
        """By data, how many times as long hmmlearn takes: medians over rounds."""
        return self._times.groupby("data").median()

    def times_of_rounds(self, data: str) -> str:
        """Return the least and the largest of them over the rounds of data."""
        return f"{self._times[data].min():.1f} to {self._times[data].max():.1f}"

    def span(self) -> str:
        """Return the least and the largest over data, without decimals."""
        return f"{self.times.min():.0f} to {self.times.max():.0f}"

    def steps(self) -> str:
        """Return of how many steps data are, least and most."""
        return f"{self.fits['steps'].min():,} to {self.fits['steps'].max():,}"

    def most(self, column: str, engine: str = THEIRS) -> int:
        """Return the largest count of an engine's fits over data."""
        return int(having(self.fits, {"engine": engine})[column].max())

    def n_fits(self, engine: str = THEIRS) -> int:
        """Return how many fits a sweep of an engine has."""
        return self.most("fits", engine)

    @cached_property
    def _best(self) -> pd.DataFrame:
        """A row a data and size, a column an engine."""
        rows = self.likelihoods
        return rows.pivot(index=["data", "n_states"], columns="engine", values="log_likelihood")

    def higher(self, engine: str, other: str, apart: float = 0.0005) -> pd.Series:
        """Return where the likelihood of an engine is higher, by half a digit of the tables."""
        return self._best[engine] > self._best[other] + apart

    def fits_listed(self, data: str) -> str:
        """Return a line for each engine: seconds are medians over rounds."""
        rows = having(self.fits, {"data": data}).groupby("engine")
        seconds, counts = rows["seconds"].median(), rows[COUNTS].max()
        return markdown([HEAD, *(
            [engine, f"{seconds[engine]:.1f}", *map(str, counts.loc[engine])]
            for engine in (OURS, THEIRS)
        )])  # fmt: skip

    def likelihoods_listed(self, data: str) -> str:
        """Return a line for each size."""
        best = self._best.loc[data, [OURS, THEIRS, BARE]]
        lines = ([str(size), *(f"{one:.3f}" for one in row)] for size, row in best.iterrows())
        return markdown([("states", *best.columns), *lines])
