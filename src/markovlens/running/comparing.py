"""Two runs of one config, on two machines, say: what differs beyond its intervals.

Training differs by processor, and so does what is found in networks. A number counts as another
where each lies outside the interval of the other; verdicts and claims are compared as they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from markovlens.errors import MarkovlensError
from markovlens.files.whole import read_table

NUMBERS = ["task", "model", "layer", "method", "mode", "score"]  # with `selection` = chosen
VERDICTS = ["task", "model", "scope", "seed"]
CLAIMS = ["claim"]
SHOWN = ["verdict", "n_states"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs.

    Attributes:
        numbers: scores outside each other's intervals, of both runs (`_other`).
        verdicts: networks with another verdict or another number of states.
        claims: claims with another verdict.
        n_numbers, n_verdicts, n_claims: how many both runs have.
        alone: scores that only one of the runs has.
    """

    numbers: pd.DataFrame
    verdicts: pd.DataFrame
    claims: pd.DataFrame
    n_numbers: int
    n_verdicts: int
    n_claims: int
    alone: int

    def __str__(self) -> str:
        """Return it in words and tables."""
        parts = (
            (self.numbers, f"of {self.n_numbers} scores lie outside each other's intervals"),
            (self.verdicts, f"of {self.n_verdicts} verdicts differ"),
            (self.claims, f"of {self.n_claims} claims differ"),
        )
        said = [f"{len(table)} {words}{_below(table)}" for table, words in parts]
        return "\n\n".join([*said, f"{self.alone} scores are in one of the runs alone"])


def compare_runs(results: Path, other: Path) -> Comparison:
    """Return what differs between the tables of two runs.

    Raises:
        DataError: a table is not there or cannot be read.
    """
    scores = [_chosen(read_table(run / "tables" / "comparison.csv")) for run in (results, other)]
    both = scores[0].merge(
        scores[1], on=NUMBERS, how="outer", suffixes=("", "_other"), indicator=True
    )
    shared = both[both["_merge"] == "both"].drop(columns="_merge")
    verdicts = _joined(results, other, "tables/verdicts.csv", VERDICTS)
    claims = _joined(results, other, "claims.csv", CLAIMS)
    return Comparison(
        shared[apart(shared)],
        verdicts[differing(verdicts, SHOWN)],
        claims[differing(claims, SHOWN[:1])],
        len(shared),
        len(verdicts),
        len(claims),
        len(both) - len(shared),
    )


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[(table["selection"] == "chosen") & table["value"].notna()]
    return rows[[*NUMBERS, "value", "low", "high"]]


def apart(both: pd.DataFrame) -> pd.Series:
    """Return whether each value lies outside the other's interval."""
    first = both["value"].between(both["low_other"], both["high_other"])
    second = both["value_other"].between(both["low"], both["high"])
    return ~first & ~second


def _joined(results: Path, other: Path, name: str, keys: list[str]) -> pd.DataFrame:
    one, two = (read_table(run / name) for run in (results, other))
    kept = [column for column in (*keys, *SHOWN) if column in one.columns]
    return one[kept].merge(two[kept], on=keys, suffixes=("", "_other"))


def differing(both: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return whether any of the columns is another; two empty cells are the same."""
    unlike = [
        (both[column] != both[f"{column}_other"])
        & ~(both[column].isna() & both[f"{column}_other"].isna())
        for column in columns
    ]
    return pd.concat(unlike, axis=1).any(axis=1)


def _below(table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    return ":\n" + table.to_string(index=False, float_format="{:.3f}".format, na_rep="-")


def main(argv: Sequence[str] | None = None) -> int:
    """Write what differs; return the exit code, 0 whatever was found."""
    parser = argparse.ArgumentParser(
        prog="python -m markovlens.running.comparing", description=__doc__
    )
    parser.add_argument("results", type=Path)
    parser.add_argument("other", type=Path)
    options = parser.parse_args(argv)
    try:
        sys.stdout.write(f"{compare_runs(options.results, options.other)}\n")
    except MarkovlensError as error:
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
