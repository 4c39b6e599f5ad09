"""Who is in which group: the sequences of a user's data by what they are compared by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from markovlens.errors import DataError
from markovlens.tasks.custom.description import Compare, Description
from markovlens.tasks.grouping import Members

LEAST_UNITS = 2


def members_in(
    described: Description, table: pd.DataFrame, first: np.ndarray, split: np.ndarray
) -> Members:
    """Return the groups of a user's sequences.

    Args:
        described: what the config says, with something to compare.
        table: the rows of all sequences, in order.
        first: int (S,), the first row of each sequence.
        split: (S,), the split of each.

    Raises:
        DataError: fewer than two groups, or a group of one unit.
    """
    compare = described.compare or Compare("")
    order = np.concatenate([np.flatnonzero(split == name) for name in compare.splits])
    groups = table[compare.column].to_numpy()[first][order].astype(str)
    subjects = None
    if described.group:
        subjects = table[described.group].to_numpy()[first][order].astype(str)
    found = Members(compare.splits, groups, subjects, compare.paired)
    _check(found, compare.column, described.group)
    return found


def _check(members: Members, column: str, group: str | None) -> None:
    where = f"compare: in {' and '.join(members.splits)} expected"
    advice = "give more sequences, larger `shares`, or more `splits`"
    units = np.arange(len(members.groups)) if members.subjects is None else members.subjects
    sizes: Mapping[str, int] = {
        name: len(np.unique(units[places])) for name, places in members.places().items()
    }
    if len(sizes) < 2:
        raise DataError(
            f"{where} two groups of {column} or more, got {len(sizes)}; {advice}", page="too-few"
        )
    for name, size in sizes.items():
        if size < LEAST_UNITS:
            what = f"values of {group}" if group else "sequences"
            raise DataError(
                f"{where} two {what} or more in {name!r}, got {size}; {advice}", page="too-few"
            )
