"""What a comparison of groups gives: a table to read, to work with and to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from markovlens.faithfulness.claims.differences import NOT_SHOWN
from markovlens.files.whole import check_folder
from markovlens.groups.decoding import ACTIVATIONS
from markovlens.groups.wording import what
from markovlens.keyed import with_keys
from markovlens.records.calls import Call
from markovlens.tables.groups import COMPARED
from markovlens.tables.writer import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SHOWN = 12  # rows of a repr
SOURCES = {True: "activations", False: "inputs alone"}


@with_keys(states="groups")
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class GroupComparison:
    """What differs between groups of recordings; `markovlens.compare_groups` makes it.

    Attributes:
        table: a row a measure, state and pair of groups, `tables.groups.COMPARED`; it is not to be
            changed, `frame()` gives a copy.
        source: what states were read off, `inputs` or `activations`.
        level: coverage of intervals, and 1 - the family-wise error.
        states: the digest of the states of each group.
        names: that the states were given, "" of one without; empty without any.
        call: what was asked, for `markovlens.write_record`.
    """

    table: pd.DataFrame
    source: str
    level: float
    states: Mapping[str, str]
    names: tuple[str, ...] = ()
    call: Call | None = None

    def frame(self) -> pd.DataFrame:
        """Return the table as a frame of one's own."""
        return self.table.copy()

    @property
    def shown(self) -> pd.DataFrame:
        """The rows whose difference is shown after Holm's correction."""
        return self.table[self.table["finding"] != NOT_SHOWN].reset_index(drop=True)

    def write(self, path: str | Path) -> None:
        """Write the table as CSV or Parquet, by the ending of `path`; raises for another."""
        check_folder(path)
        write_table(path, self.table, COMPARED)

    def draw(self, path: str | Path | None = None) -> Figure:
        """Return a forest plot of effects with their intervals, largest first in each measure.

        Args:
            path: where to write it as well; ends in .svg, .png or .pdf.

        Raises:
            ConfigError: another ending of `path`.
        """
        from markovlens.groups.forest import draw_forest
        from markovlens.machines.drawing import write_drawing

        figure = draw_forest(self)
        if path is not None:
            write_drawing(path, figure)
        return figure

    @property
    def plain(self) -> dict[str, Any]:
        """All that was found, as values that JSON has."""
        rows = self.table.astype(object).where(self.table.notna(), None)
        return {"source": self.source, "states": self.states, "rows": rows.to_dict("records")}

    @property
    def said(self) -> str:
        """In a line: who was compared, how, and how much was found."""
        *some, last = _sizes(self.table)
        groups = f"{', '.join(some)} and {last}"
        tested = int(self.table["p"].notna().sum())
        source = SOURCES[self.source == ACTIVATIONS]
        return (
            f"{groups}; states read off {source}; {len(self.shown)} of {tested} differences shown "
            f"at {100 * (1 - self.level):.3g} % after Holm's correction"
        )

    def __repr__(self) -> str:
        """Return what was compared, and the rows with the smallest p."""
        ranked = self.table.sort_values("p", kind="stable", na_position="last")
        rows = [_in_short(row, self.names) for row in ranked.head(MOST_SHOWN).to_dict("records")]
        text = pd.DataFrame(rows).to_string(index=False)
        left = len(ranked) - MOST_SHOWN
        more = f"\n{left} rows more in `frame()`" if left > 0 else ""
        return f"GroupComparison: {self.said}\n{text}{more}"


def _sizes(table: pd.DataFrame) -> list[str]:
    """Return each group with its number of units."""
    sizes = dict(zip(table["group_a"], table["n_a"], strict=True))
    sizes |= dict(zip(table["group_b"], table["n_b"], strict=True))
    return [f"{name} ({size} {table['units'].iloc[0]})" for name, size in sizes.items()]


def _in_short(row: Mapping[Any, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Return a row as words and few digits."""
    return {
        "what": what(row, names),
        "a": f"{row['group_a']} {_number(row['value_a'])}",
        "b": f"{row['group_b']} {_number(row['value_b'])}",
        "difference": _with_ends(row, "difference"),
        "effect": _with_ends(row, "effect"),
        "p": _number(row["p"], 2),
        "p_holm": _number(row["p_holm"], 2),
        "finding": row["finding"] if pd.isna(row["reason"]) else row["reason"],
    }


def _with_ends(row: Mapping[Any, Any], name: str) -> str:
    if pd.isna(row[f"{name}_low"]):
        return _number(row[name])
    return f"{_number(row[name])} [{_number(row[f'{name}_low'])}, {_number(row[f'{name}_high'])}]"


def _number(value: float, digits: int = 3) -> str:
    return "" if pd.isna(value) else f"{value:.{digits}g}"
