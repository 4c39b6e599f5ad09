"""What the page of criteria quotes: how often each finds the number of states that was planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pandas as pd
from kept_tables import having, markdown, only, with_ends

from markovlens.status import Criterion

FIT = ["source", "seen", "noise", "seed", "method"]
CHOSEN, JOINED = "n_states", "n_lumped"
NOISY, CLEAN = "all projections with noise", "all projections without noise"
HEAD = (
    "criterion", "projections without noise", "with noise of 1 to 3 sd",
    "too few, too many, with noise", "with noise, states joined",
)  # fmt: skip


@dataclass(frozen=True)
class Criteria:
    """Kept choices.

    Attributes:
        rows: a row a fit and criterion.
        summary: a row a group of fits, noise, criterion and what is counted.
    """

    rows: pd.DataFrame
    summary: pd.DataFrame

    every: ClassVar = tuple(Criterion)
    others: ClassVar = tuple(each for each in Criterion if each != "slope")
    languages: ClassVar = ("networks: languages",)  # how names of groups begin
    sources: ClassVar = ("networks: emulators", "networks: predictors")

    @cached_property
    def _chosen(self) -> pd.DataFrame:
        """Return a row a fit, a column a criterion."""
        return self.rows.pivot(index=[*FIT, "n_true"], columns="criterion", values=CHOSEN)

    @cached_property
    def _joined(self) -> pd.DataFrame:
        """Return the same of states that are joined, where they can be."""
        fits = self.rows.pivot(index=[*FIT, "n_true"], columns="criterion", values=JOINED)
        return fits.dropna()

    def share(self, criterion: str, group: str = NOISY, counted: str = CHOSEN) -> float:
        """Return the share of fits whose number was found."""
        return float(self.row(criterion, group, counted)["share"])

    def said(self, criterion: str, group: str = NOISY, counted: str = CHOSEN) -> str:
        """Return that share with its interval."""
        return with_ends(self.row(criterion, group, counted), value="share")

    def percent(self, criterion: str, counted: str = CHOSEN) -> str:
        """Return the share with noise: `79 %`."""
        return f"{100 * self.share(criterion, counted=counted):.0f} %"

    def row(self, criterion: str, group: str = NOISY, counted: str = CHOSEN) -> pd.Series:
        """Return the share of fits whose number was found, with its interval."""
        return only(self.summary, {"criterion": criterion, "group": group, "counted": counted})

    def best(self, counted: str = CHOSEN) -> list[str]:
        """Return the criteria by their share with noise, the best first."""
        rows = having(self.summary, {"group": NOISY, "counted": counted})
        return rows.sort_values("share", ascending=False)["criterion"].tolist()

    def wrong(self, criterion: str, group: str = NOISY) -> tuple[float, float]:
        """Return the shares of fits in which too few and too many states were chosen."""
        fits = self.fits(group)
        excess = fits[criterion] - fits.index.get_level_values("n_true")
        return float((excess < 0).mean()), float((excess > 0).mean())

    def fits(self, group: str, counted: str = CHOSEN) -> pd.DataFrame:
        """Return a row a fit of projections with or without noise, a column a criterion."""
        fits = self._chosen if counted == CHOSEN else self._joined
        noise = fits.index.get_level_values("noise") > 0
        seen = fits.index.get_level_values("seen") == "states"
        return fits[seen & (noise == (group == NOISY))]

    def against_bic(self, criterion: str, counted: str = CHOSEN) -> tuple[int, int]:
        """Return on how many noisy fits a criterion alone is right, and on how many BIC alone."""
        fits = self.fits(NOISY, counted)
        right = fits.eq(fits.index.get_level_values("n_true"), axis=0)
        mine, bic = right[criterion], right["bic"]
        return int((mine & ~bic).sum()), int((bic & ~mine).sum())

    def found(self, criterion: str, *groups: str, counted: str = CHOSEN, noise: float = 0.0) -> int:
        """Return in how many fits of some groups the number was found; noise is in sd."""
        return round((self._some(criterion, groups, counted, noise).eval("n * share")).sum())

    def ends_found(self, criteria: Sequence[str], *groups: str, **how: object) -> tuple[int, int]:
        """Return the fewest and the most fits in which one of some criteria found the number."""
        found = [self.found(criterion, *groups, **how) for criterion in criteria]
        return min(found), max(found)

    def n(self, criterion: str, *groups: str, counted: str = CHOSEN, noise: float = 0.0) -> int:
        """Return how many fits there are."""
        return int(self._some(criterion, groups, counted, noise)["n"].sum())

    def _some(
        self, criterion: str, groups: tuple[str, ...], counted: str, noise: float
    ) -> pd.DataFrame:
        at = {"criterion": criterion, "counted": counted, "noise": noise}
        rows = having(self.summary, at)
        return rows[rows["group"].str.startswith(groups)]

    def of_networks(self, criterion: str) -> pd.Series:
        """Return the numbers that were chosen of networks."""
        seen = self._chosen.index.get_level_values("seen")
        return self._chosen.loc[~seen.isin(["states", "beliefs"]), criterion]

    def fewer_on_networks(self) -> int:
        """Return how far below the most states that were tried all but `slope` stay at most."""
        tried = int(self.rows["n_states"].max())
        return tried - min(int(self.of_networks(criterion).min()) for criterion in self.others)

    def unlike_bic(self, criterion: str) -> pd.Series:
        """Return by how many states a criterion differs from BIC, of fits in which it does."""
        more = self._chosen[criterion] - self._chosen["bic"]
        return more[more != 0]

    def n_right(self, criterion: str) -> int:
        """Return in how many fits of all a criterion found the number."""
        return int((self._chosen[criterion] == self._chosen.index.get_level_values("n_true")).sum())

    def n_fits(self) -> int:
        """Return how many fits there are in all."""
        return len(self._chosen)

    def listed(self) -> str:
        """Return a line for each criterion, and one of what they were tried on."""
        return markdown([HEAD, *map(self._line, Criterion), self._tried()])

    def _line(self, criterion: Criterion) -> list[str]:
        few, many = self.wrong(criterion)
        return [
            f"`{criterion}`", self.said(criterion, CLEAN), self.said(criterion),
            f"{few:.2f}, {many:.2f}", self.said(criterion, counted=JOINED),
        ]  # fmt: skip

    def _tried(self) -> list[str]:
        whole, noisy, joined = (
            _sizes(fits) for fits in (self.fits(CLEAN), self.fits(NOISY), self.fits(NOISY, JOINED))
        )
        return ["fits (data sets, sources)", whole, noisy, noisy.partition(" ")[0], joined]


def _sizes(fits: pd.DataFrame) -> str:
    """Return how many fits, data sets and sources there are."""
    names = fits.index.to_frame()
    data = names[["source", "noise", "seed"]].drop_duplicates()
    return f"{len(fits)} ({len(data)}, {names['source'].nunique()})"
