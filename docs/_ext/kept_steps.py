"""What pages quote of `benchmarks/machine_step.py` and of `benchmarks/noise_steps.py`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown, mean_with_ends, only

from markovlens.status import LEAST_NOISE_STEPS

TREE, CENTRES, OWN = "tree", "centres", "own"
BOOKS = {TREE: "tree", CENTRES: "centres", OWN: "of one's own, by its `encode`"}
HEAD = ("channels", "GRU units", "16 codes", "network", "machine, a state", "machine, a belief")


@dataclass(frozen=True)
class RowSteps:
    """What a step at batch 1 takes: a row a case, in microseconds."""

    rows: pd.DataFrame

    def span(self, who: str | list[str], book: str = TREE, digits: int = 1) -> str:
        """Return what a step of machine or network takes, least and most over cases."""
        taken = having(self.rows, {"codebook": book})[who]
        return f"{taken.min(axis=None):.{digits}f} to {taken.max(axis=None):.{digits}f}"

    def machine(self, book: str, channels: int) -> float:
        """Return what a step of a machine that carries a state takes, on single rows."""
        at = {"codebook": book, "channels": channels, "context": "row"}
        rows = having(self.rows, at)
        return float(rows["state"].iloc[0])

    def share(self, who: str) -> pd.Series:
        """Return by case what a machine on a tree takes of what its network does."""
        rows = having(self.rows, {"codebook": TREE})
        return rows[who] / rows["network"]

    def slower(self) -> bool:
        """Return whether a codebook of one's own takes longer than the network."""
        row = only(self.rows, {"codebook": OWN})
        return bool(row["state"] > row["network"])

    def listed(self) -> str:
        """Return a line for each case."""
        return markdown([HEAD, *(_line(row) for _, row in self.rows.iterrows())])


def _line(row: pd.Series) -> list[str]:
    taken = (f"{row[who]:.1f}" for who in ("network", "state", "belief"))
    about = f"{BOOKS[row['codebook']]}, {row['context']}"
    return [f"{row['channels']}", f"{row['units']}", about, *taken]


@dataclass(frozen=True)
class NoiseSteps:
    """Whether planted machines have their source's states: a row a size, source and seed."""

    rows: pd.DataFrame

    def sizes(self, *, enough: bool) -> pd.DataFrame:
        """Return rows of sizes with as many steps as are asked for, or of the others."""
        return self.rows[(self.rows["fitted"] >= LEAST_NOISE_STEPS) == enough]

    def n_sizes(self, *, enough: bool) -> int:
        """Return how many sizes these are."""
        return len(self.sizes(enough=enough).drop_duplicates(["runs", "steps"]))

    def right(self, *, enough: bool) -> pd.Series:
        """Return the share that is right, with Student's interval over sources and seeds."""
        rows = self.sizes(enough=enough)
        return mean_with_ends(rows.groupby(["source", "seed"])["right"].mean())
