"""What pages quote of `benchmarks/soft_hmm.py`: laws that are found, and what passes cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown, mean_with_ends, only, with_ends
from kept_words import bare, counted, wilson

SOFT, DRIVEN, PLAIN = "hmm_soft", "hmm_driven", "hmm"
HEAD = ("method", "noise, sd", "right number of states", "ARI of states", "mean error of a move")


@dataclass(frozen=True)
class Driven:
    """Kept tables.

    Attributes:
        recovery: a row a method, noise and seed.
        passes: a row a number of states and of channels, and method: milliseconds a pass.
    """

    recovery: pd.DataFrame
    passes: pd.DataFrame

    def of(self, method: str, noise: float) -> pd.DataFrame:
        """Return a row a seed."""
        return having(self.recovery, {"method": method, "noise": noise})

    def found(self, method: str, noise: float) -> int:
        """Return in how many seeds the planted number of states was found."""
        return int(self.of(method, noise)["right"].sum())

    def said(self, method: str, noise: float) -> str:
        """Return the same, of how many, with Wilson's interval: `9 of 10 [.60, .98]`."""
        right = self.of(method, noise)["right"]
        return f"{counted(right)} {wilson(right)}"

    def ari(self, method: str, noise: float) -> str:
        """Return how far states agree with the planted ones, in the mean over seeds."""
        return bare(self.of(method, noise)["ari"].mean(), 3)

    def n_seeds(self) -> int:
        """Return how many laws were drawn."""
        return int(self.recovery["seed"].nunique())

    def recovery_listed(self) -> str:
        """Return a line for each method and noise."""
        by = self.recovery.groupby(["method", "noise"], sort=False)
        return markdown([HEAD, *(
            [
                method, f"{noise:.1f}", self.said(method, noise),
                with_ends(mean_with_ends(rows["ari"]).clip(upper=1), 3),
                with_ends(mean_with_ends(rows["error"]).clip(lower=0), 3),
            ]
            for (method, noise), rows in by
        )])  # fmt: skip

    def times(self, method: str) -> pd.Series:
        """Return by states and channels how many times a plain pass one of a method takes."""
        rows = self.passes.pivot(index=["states", "channels"], columns="method", values="ms")
        return rows[method] / rows[PLAIN]

    def passes_listed(self) -> str:
        """Return a line for each number of states and channels."""
        columns = (f"{method}, {unit}" for method in (SOFT, DRIVEN) for unit in ("ms", "times"))
        return markdown([("states", "channels", "plain, ms", *columns), *self._lines()])

    def _lines(self) -> Iterator[list[str]]:
        for (states, channels), rows in self.passes.groupby(["states", "channels"]):
            plain = only(rows, {"method": PLAIN})["ms"]
            taken = (only(rows, {"method": method})["ms"] for method in (SOFT, DRIVEN))
            both = (f"{one:.0f}" for ms in taken for one in (ms, ms / plain))
            yield [f"{states}", f"{channels}", f"{plain:.1f}", *both]
