"""One config on two kinds of processor, as templates of pages ask what did not come out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from kept_runs import Run
from kept_tables import markdown

from markovlens.running.comparing import apart, differing

SHOWN = ("hmm_input", "kmeans", "lisor_k", "overcluster", "merging", "lstar", "ngram")
SCORE = ["task", "model", "method", "mode", "score"]


@dataclass(frozen=True)
class Elsewhere:
    """Kept tables of two runs of the same config, each on its own kind of processor."""

    here: Run
    there: Run
    shown: ClassVar[tuple[str, ...]] = SHOWN  # methods of the short main table

    def cells(self) -> tuple[int, int]:
        """Return how many cells of the short main table differ, and how many there are.

        How many seeds a number is of stands in tables of newer runs alone.
        """
        one, two = (
            run.cells(*SHOWN).replace(r", \d+ of \d+ seeds", "", regex=True)
            for run in (self.here, self.there)
        )
        return int((one != two.loc[one.index]).to_numpy().sum()), one.size

    def scores(self) -> tuple[int, int, int]:
        """Return how many kept scores lie outside each other's intervals, of how many.

        The third number is of those that one of the runs has alone.
        """
        one, two = (run.scores.dropna(subset="value") for run in (self.here, self.there))
        both = one.merge(two, on=SCORE, suffixes=("", "_other"))
        return int(apart(both).sum()), len(both), len(one) + len(two) - 2 * len(both)

    def verdicts(self) -> tuple[pd.DataFrame, int]:
        """Return the networks whose verdict or number of states differs, and how many there are."""
        return self._differing("verdicts", ["task", "model"], ["verdict", "n_states"])

    def claims(self) -> tuple[pd.DataFrame, int]:
        """Return the claims whose verdict differs, and how many there are."""
        return self._differing("claims", ["claim"], ["verdict"])

    def other_claims(self) -> str:
        """Return a table of the claims whose verdict differs, as either run decides them."""
        runs = (self.here, self.there)
        rows = [
            [f"`{claim}`", *(run.claim(claim) for run in runs)] for claim in self.claims()[0].claim
        ]
        return markdown([["id", *(run.made("processor") for run in runs)], *rows])

    def _differing(self, name: str, keys: list[str], shown: list[str]) -> tuple[pd.DataFrame, int]:
        tables = [run.table(name) for run in (self.here, self.there)]
        if "scope" in tables[0]:
            tables = [table[table["scope"] == "network"] for table in tables]
        both = tables[0].merge(tables[1], on=keys, suffixes=("", "_other"))
        return both[differing(both, shown)], len(both)
