"""What the page of HMMs and clusters quotes: planted machines by kind of condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from kept_claims import Claims, takes
from kept_tables import having, interval_of_mean, markdown, with_ends

from markovlens.faithfulness.claims.hmm_or_clusters import (
    CLUSTERS,
    HMMS,
    LITTLE_NOISE,
    WORDS,
    regions,
)
from markovlens.figures.style import method_name

AGREEMENT, TRUTH = "balanced_agreement", "balanced_agreement_of_true_machine"
HEAD = ("conditions", "k-means less", "effect", "p", "verdict", "what it would take")


@dataclass(frozen=True)
class Clusters:
    """Kept means over planted machines, and what claims were made of.

    Attributes:
        conditions: a row a condition and method.
        machines: a row a planted machine, condition and method of k-means and the HMMs.
    """

    conditions: pd.DataFrame
    machines: pd.DataFrame

    def n_machines(self) -> int:
        """Return how many planted machines there are."""
        return len(self.machines[["task", "seed"]].drop_duplicates())

    def tasks(self) -> list[str]:
        """Return what kinds of machine there are."""
        return self.machines["task"].unique().tolist()

    def n_seeds(self) -> int:
        """Return how many machines of a kind there are."""
        return int(self.machines["seed"].nunique())

    def mean(self, region: str, method: str, column: str = AGREEMENT) -> float:
        """Return the mean of a column over the conditions of a kind."""
        rows = self.conditions[regions(self.conditions)[region]]
        return float(having(rows, {"method": method})[column].mean())

    def listed(self, column: str) -> str:
        """Return a line for each kind of condition: means by method, and of the true machine."""
        methods = self.conditions["method"].unique().tolist()
        truth = ["true machine"] if column.startswith(AGREEMENT) else []
        head = ["conditions", *map(method_name, methods), *truth]
        return markdown([head, *self._lines(column, methods, bool(truth))])

    def _lines(self, column: str, methods: list[str], truth: bool) -> Iterator[list[str]]:
        for region, words in WORDS.items():
            means = [self.mean(region, method, column) for method in methods]
            means += [self.mean(region, methods[0], TRUTH)] if truth else []
            yield [words, *(f"{mean:.3f}" for mean in means)]

    def claimed(self, claims: Claims) -> str:
        """Return a line for each claim."""
        return markdown([HEAD, *(_claim(row) for _, row in claims.table.iterrows())])

    def gap(self, aliasing: str, hmm: str) -> str:
        """Return k-means less an HMM where there is little noise, with its interval."""
        return interval_of_mean(self._quiet_gaps(aliasing, hmm), 3)

    def _quiet_gaps(self, aliasing: str, hmm: str) -> pd.Series:
        quiet = self.machines[self.machines["noise"] <= LITTLE_NOISE]
        rows = having(quiet, {"aliasing": aliasing})
        means = rows.groupby(["task", "seed", "method"])[AGREEMENT].mean().unstack()
        return means[CLUSTERS] - means[hmm]


def _claim(row: pd.Series) -> list[str]:
    _, region, hmm = row["claim"].split(":")
    effect = with_ends(row, 3, "effect")
    return [WORDS[region], HMMS[hmm], effect, f"{row['p']:.4f}", row["verdict"], takes(row)]
