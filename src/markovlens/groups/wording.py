"""Words for rows: what they are of, why a number is missing, and what p can be at best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from markovlens.groups.contrasts import Contrast, Pool
from markovlens.groups.counting import DWELL, OCCUPANCY, SWITCHING, TRANSITION, Counts
from markovlens.groups.permutations import n_relabellings
from markovlens.groups.units import PAIRS

EITHER = "either group"


def reasons_of(
    rows: pd.DataFrame, pool: Pool, seen: Contrast, counts: Mapping[str, Counts]
) -> list[str | None]:
    """Return why each row has no test, None where it has one.

    Args:
        rows: what each of the M measures is of.
        pool: all units.
        seen: the contrast (1, M) of the labels as they are.
        counts: of both groups, by name.
    """
    values = dict(zip(counts, (seen.first[0], seen.second[0]), strict=True))
    return [
        _why_undefined(row, [name for name in counts if np.isnan(values[name][m])], counts)
        or _why_untested(row, varies=pool.varies[m], common=pool.common[m])
        for m, row in enumerate(rows.to_dict("records"))
    ]


def _why_undefined(
    row: Mapping[Any, Any], lacking: Sequence[str], counts: Mapping[str, Counts]
) -> str | None:
    """Return why a row has no value in some groups, None where it has one in both."""
    if not lacking:
        return None
    where = EITHER if len(lacking) == 2 else lacking[0]
    if row["measure"] == SWITCHING:
        return f"all sequences of {where} are single steps"
    occurs = any(counts[name].steps[:, row["state"]].any() for name in lacking)
    return f"the state {'is never seen to end' if occurs else 'never occurs'} in {where}"


def _why_untested(row: Mapping[Any, Any], *, varies: bool, common: float) -> str | None:
    if varies:
        return None
    if common:
        return "it is the same in all units of both groups"
    never = {OCCUPANCY: "the state never occurs", SWITCHING: "no state is ever left"}
    return f"{never.get(row['measure'], 'this never happens')} in {EITHER}"


def what(row: Mapping[Any, Any], names: Sequence[str] = ()) -> str:
    """Return what a row is of, such as `dwell time in 2`, states by the names that they were given.

    Args:
        row: of the table.
        names: of all states, "" of one without; empty without any.
    """
    state, follows = (_named(row[key], names) for key in ("state", "next"))
    return {
        OCCUPANCY: f"occupancy of {state}",
        DWELL: f"dwell time in {state}",
        SWITCHING: "switching",
        TRANSITION: f"exits from {state} to {follows}",
    }[row["measure"]]


def _named(state: Any, names: Sequence[str]) -> str:
    given = names[state] if names and not pd.isna(state) else ""
    return f"{state} ({given})" if given else str(state)


def least_p(table: pd.DataFrame) -> pd.Series:
    """Return the smallest p that each row could have.

    Where all relabellings are taken, the one that swaps both groups is as far as the labels are; it
    is one of them unless the groups differ in size.
    """
    return pd.Series([_least(row) for row in table.to_dict("records")], table.index)


def _least(row: Mapping[Any, Any]) -> float:
    if row["permutations"] == "drawn":
        return float(1 / (1 + row["n_permutations"]))
    sizes = row["n_a"], row["n_b"]
    ways = n_relabellings(sizes, paired=row["units"] == PAIRS)
    return float((2 if sizes[0] == sizes[1] else 1) / ways)
