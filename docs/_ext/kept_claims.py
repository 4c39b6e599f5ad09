"""Claims of a study with their verdicts, as templates of pages ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count

import pandas as pd
from kept_tables import holds, markdown, only

from markovlens.faithfulness.claims.claims import DECIDED, LEVEL, UNDECIDED, Claim, decide

HEAD = ("claim", "effect", "groups", "p", "verdict", "what it would take")


@dataclass(frozen=True)
class Claims:
    """A kept table of claims that were decided together."""

    table: pd.DataFrame

    def row(self, claim: str) -> pd.Series:
        """Return the row of a claim."""
        return only(self.table, {"claim": claim})

    def effect(self, claim: str, digits: int = 2) -> str:
        """Return the effect of a claim with its interval: `0.14 [0.03, 0.26]`."""
        return estimate(self.row(claim), digits)

    def p(self, claim: str) -> str:
        """Return the p of a claim."""
        return f"{self.row(claim)['p']:.2g}"

    def groups(self, claim: str) -> str:
        """Return how many independent groups decide a claim."""
        return f"{self.row(claim)['n_clusters']:.0f}"

    def needed(self, claim: str) -> str:
        """Return the groups that an effect as large as measured takes."""
        return f"{self.row(claim)['n_clusters_needed']:.0f}"

    def fewest_alike(self, n_claims: int) -> int:
        """Return with how many groups effects of one sign are significant among so many claims."""
        return next(n for n in count(1) if n_claims * 2.0 ** (1 - n) < LEVEL)

    def some(self, *names: str) -> Claims:
        """Return some claims of the table, with the verdicts that they have in it."""
        return Claims(self.table[self.table["claim"].isin(names)])

    def all_but(self, *names: str) -> Claims:
        """Return all other claims, with the verdicts that they have beside these."""
        return Claims(self.table[~self.table["claim"].isin(names)])

    def among(self, others: Claims) -> Claims:
        """Return these claims as they are decided together with those of another table."""
        both = pd.concat([self.table, others.table], ignore_index=True)
        rows = both[DECIDED].itertuples(index=False)
        verdicts = [claim.verdict for claim in decide([Claim(*row) for row in rows])]
        return Claims(self.table.assign(verdict=verdicts[: len(self.table)]))

    def shown(self, claim: str) -> str:
        """Return the smallest effect that the groups of a claim would have decided."""
        return f"{self.row(claim)['effect_shown']:.2g}"

    def stands(self, claim: str, verdict: str) -> str:
        """Return the verdict on a claim; the page is refused where it is another one now."""
        now = self.row(claim)["verdict"]
        holds(now == verdict, f"`{claim}` is {verdict} (it is {now})")
        return verdict

    def all_are(self, verdict: str, *, but: Collection[str] = ()) -> str:
        """Return the verdict on every other claim; the page is refused where one is another now."""
        for claim in self.table["claim"]:
            if claim not in but:
                self.stands(claim, verdict)
        return verdict

    def lines(self) -> Iterator[tuple[str, ...]]:
        """Yield a line for each claim."""
        for _, row in self.table.iterrows():
            yield (
                f"{row['statement']} (`{row['claim']}`)",
                estimate(row),
                f"{row['n_clusters']:.0f}",
                "–" if pd.isna(row["p"]) else f"{row['p']:.4f}",
                row["verdict"],
                takes(row),
            )

    def listed(self) -> str:
        """Return the table of all claims: effect, groups, verdict, what it would take."""
        return markdown([HEAD, *self.lines()])


def takes(row: pd.Series) -> str:
    """Return what it would take to decide an open claim, and so where no number of groups would."""
    said = row["power"] if pd.notna(row["power"]) else row["reason"]
    if row["verdict"] != UNDECIDED or row["effect"]:
        return "" if pd.isna(said) else said
    shown = [said] if row["effect_shown"] > 0 else []
    return "; ".join([*shown, "no number of groups decides an effect of 0"])


def estimate(row: pd.Series, digits: int | None = None) -> str:
    """Return an effect with its interval, three digits that count where none are asked for."""
    form = ".3g" if digits is None else f".{digits}f"
    if pd.isna(row["effect"]):
        return "–"
    ends = "" if pd.isna(row["low"]) else f" [{row['low']:{form}}, {row['high']:{form}}]"
    return f"{row['effect']:{form}}{ends}"
