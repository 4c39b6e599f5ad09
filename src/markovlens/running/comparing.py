"""Two runs of one config, on two machines, say: what differs beyond its intervals.

Training differs by processor, and so does what is found in networks. A number counts as another
where each lies outside the interval of the other; numbers without an interval, such as counts,
verdicts and claims are compared as they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.config.reading import read_yaml
from markovlens.errors import DataError, MarkovlensError
from markovlens.files.whole import read_table
from markovlens.spelling import significant

NUMBERS = ["task", "model", "layer", "method", "mode", "score"]  # with `selection` = chosen
VERDICTS = ["task", "model", "scope", "seed"]
CLAIMS = ["claim"]
SCORES = "tables/comparison.csv"
CONFIG = "provenance/config.resolved.yaml"
DIGITS = 6  # that count of a number, so that one sees why two are apart
MOST_SETTINGS = 5  # that are named where configs differ
SHOWN = ["verdict", "n_states"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs.

    Attributes:
        numbers: scores outside each other's intervals, of both runs (`_other`).
        points: scores without an interval in either run, as counts are, that differ.
        verdicts: networks with another verdict or another number of states.
        claims: claims with another verdict.
        n_numbers, n_points, n_verdicts, n_claims: how many both runs have.
        alone: scores that only one of the runs has.
        settings: what the configs of the runs differ in, where both are there.
    """

    numbers: pd.DataFrame
    points: pd.DataFrame
    verdicts: pd.DataFrame
    claims: pd.DataFrame
    n_numbers: int
    n_points: int
    n_verdicts: int
    n_claims: int
    alone: int
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return it in words and tables."""
        parts = (
            (self.numbers, f"of {self.n_numbers} scores lie outside each other's intervals"),
            (self.points, f"of {self.n_points} scores without an interval differ"),
            (self.verdicts, f"of {self.n_verdicts} verdicts differ"),
            (self.claims, f"of {self.n_claims} claims differ"),
        )
        said = [f"{len(table)} {words}{_below(table)}" for table, words in parts]
        alone = f"{self.alone} scores are in one of the runs alone"
        return "\n\n".join([*self._unlike(), *said, alone])

    def _unlike(self) -> list[str]:
        if not self.settings:
            return []
        more = len(self.settings) - MOST_SETTINGS
        named = ", ".join(self.settings[:MOST_SETTINGS]) + (f" and {more} more" * (more > 0))
        return [f"The configs differ, in {named}: numbers may be apart for that alone"]


def compare_runs(results: Path, other: Path) -> Comparison:
    """Return what differs between the tables of two runs.

    Raises:
        DataError: a table is not there or cannot be read, or the runs have nothing in common.
    """
    scores = [_chosen(_scores_of(run)) for run in (results, other)]
    both = scores[0].merge(
        scores[1], on=NUMBERS, how="outer", suffixes=("", "_other"), indicator=True
    )
    shared = both[both["_merge"] == "both"].drop(columns="_merge")
    verdicts = _joined(results, other, "tables/verdicts.csv", VERDICTS)
    if shared.empty and verdicts.empty:
        raise _nothing_shared(scores)
    claims = _joined(results, other, "claims.csv", CLAIMS)
    alone = len(both) - len(shared)
    points, ranged = shared[_are_points(shared)], shared[~_are_points(shared)]
    return Comparison(
        ranged[apart(ranged)],
        points[points["value"] != points["value_other"]],
        verdicts[differing(verdicts, SHOWN)],
        claims[differing(claims, SHOWN[:1])],
        len(ranged),
        len(points),
        len(verdicts),
        len(claims),
        alone,
        settings_apart(results, other),
    )


def settings_apart(results: Path, other: Path) -> tuple[str, ...]:
    """Return the settings, `tasks.parity.n_train`, of which the configs of two runs say another."""
    files = [run / CONFIG for run in (results, other)]
    if not all(file.is_file() for file in files):
        return ()
    one, two = (_flat(read_yaml(file)) for file in files)
    return tuple(key for key in sorted({*one, *two}) if one.get(key) != two.get(key))


def _flat(section: Any, under: str = "") -> dict[str, Any]:
    """Return the values of nested sections by their keys, joined by points."""
    if not isinstance(section, Mapping) or not section:
        return {under: section}
    parts = [
        _flat(value, f"{under}.{key}" if under else str(key)) for key, value in section.items()
    ]
    return {key: value for part in parts for key, value in part.items()}


def _scores_of(run: Path) -> pd.DataFrame:
    if not (run / SCORES).is_file():
        raise DataError(
            f"{run}: expected the results of a finished run, got none: {SCORES} is missing; "
            "`make benchmark` makes some in results, or name others by RESULTS= and OTHER=",
            page="no-such-file",
        )
    return read_table(run / SCORES)


def _nothing_shared(scores: Sequence[pd.DataFrame]) -> DataError:
    told = [", ".join(table["task"].unique()) or "none" for table in scores]
    return DataError(
        "expected two runs of one config, got runs without a score or a verdict in common: the "
        f"tasks of one are {told[0]}, of the other {told[1]}; name two of one config by RESULTS= "
        "and OTHER=",
        page="nothing-there",
    )


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[(table["selection"] == "chosen") & table["value"].notna()]
    return rows[[*NUMBERS, "value", "low", "high"]]


def _are_points(both: pd.DataFrame) -> pd.Series:
    """Return which scores have no interval in either run, as counts have none."""
    return ~(both["high"] > both["low"]) & ~(both["high_other"] > both["low_other"])


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
    return ":\n" + table.to_string(
        index=False, float_format=partial(significant, digits=DIGITS), na_rep="-"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Write what differs; return the exit code, 0 whatever was found, 1 if nothing was compared."""
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
