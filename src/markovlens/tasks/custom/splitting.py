"""Which sequences of a user's data are for training, validation and test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from markovlens.errors import DataError
from markovlens.tasks.base import SPLITS
from markovlens.tasks.custom.cells import told, where
from markovlens.tasks.custom.description import Description
from markovlens.tasks.custom.reading import FILE

NOWHERE = ""  # the split of a sequence that lies across a boundary in time


def split_of(
    table: pd.DataFrame, described: Description, first: np.ndarray, last: np.ndarray, seed: int
) -> np.ndarray:
    """Return the split (S,) of each sequence, by name.

    Args:
        table: the rows of all sequences, in order.
        described: what the config says.
        first, last: int (S,), the first and the last row of each sequence.
        seed: of what is drawn.

    Raises:
        DataError: a sequence or a group in two splits, an unknown split, or an empty one.
    """
    rule = described.split
    if rule.column:
        found = _of_column(table, rule.column, first, last)
    elif rule.by == "time":
        found = _by_time(table, described, first, last)
    else:
        # Pieces of one sequence stay together, as those of one group do.
        column = str(described.group if rule.by == "group" else described.sequence or FILE)
        found = _drawn(table, column, first, rule.shares, seed if rule.seed is None else rule.seed)
    if described.group:
        _check_groups(table, described.group, first, found)
    for split in SPLITS:
        if not (found == split).any():
            raise DataError(
                f"split: expected sequences in each of {', '.join(SPLITS)}, got none in {split} of "
                f"{len(first)}",
                page="split-impossible",
            )
    return found


def _of_column(table: pd.DataFrame, column: str, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    values = table[column].astype(str).str.strip().to_numpy()
    unknown = ~np.isin(values, SPLITS)
    if unknown.any():
        row = int(unknown.argmax())
        raise DataError(
            f"{where(table, row)}: {column}: expected {', '.join(SPLITS)}, got {values[row]!r}",
            page="split-impossible",
        )
    check_one_a_sequence(table, column, first, last)
    found: np.ndarray = values[first].astype(object)
    return found


def check_one_a_sequence(
    table: pd.DataFrame, column: str, first: np.ndarray, last: np.ndarray
) -> None:
    """Raise `DataError` for the first cell of a column that is another than its sequence's first.

    Args:
        table: the rows of all sequences, in order.
        column: its name.
        first, last: int (S,), the first and the last row of each sequence.
    """
    values = table[column].astype(str).str.strip().to_numpy()
    for begin, end in zip(first, last, strict=True):
        others = np.flatnonzero(values[begin : end + 1] != values[begin])
        if len(others):
            row = int(begin + others[0])
            raise DataError(
                f"{where(table, row)}: {column}: expected {values[begin]!r}, as at the first step "
                f"of its sequence, got {values[row]!r}",
                page="split-impossible",
            )


def _drawn(
    table: pd.DataFrame, column: str, first: np.ndarray, shares: Sequence[float], seed: int
) -> np.ndarray:
    """Return a random split of sequences or groups as wholes; shares are of their numbers."""
    units = table[column].to_numpy()[first]
    names = pd.unique(units)
    if len(names) < len(SPLITS):
        raise DataError(
            f"split: expected at least {len(SPLITS)} different values of {column} to part, got "
            f"{len(names)}",
            page="split-impossible",
        )
    order = np.random.default_rng(seed).permutation(len(names))
    ends = np.round(np.cumsum(shares) * len(names)).astype(int)
    ends = np.clip(ends, [1, 2, len(names)], [len(names) - 2, len(names) - 1, len(names)])
    split = np.repeat(np.array(SPLITS, dtype=object), np.diff(ends, prepend=0))
    of_name = dict(zip(names[order], split, strict=True))
    return np.array([of_name[unit] for unit in units], dtype=object)


def _by_time(
    table: pd.DataFrame, described: Description, first: np.ndarray, last: np.ndarray
) -> np.ndarray:
    """Return the split of each sequence by when it is; those across a boundary are in none.

    The boundaries are times before which the shares of all steps lie.
    """
    if described.step is None:
        raise DataError(
            "split: by time needs the key step, the column of times", page="split-impossible"
        )
    time = table[described.step].to_numpy()
    order = np.sort(time)
    share = np.cumsum(described.split.shares)[:2]
    bounds = order[np.minimum((share * len(order)).astype(int), len(order) - 1)]
    begins, ends = time[first], time[last]
    found = np.full(len(first), NOWHERE, dtype=object)
    found[ends < bounds[0]] = SPLITS[0]
    found[(begins >= bounds[0]) & (ends < bounds[1])] = SPLITS[1]
    found[begins >= bounds[1]] = SPLITS[2]
    return found


def _check_groups(table: pd.DataFrame, column: str, first: np.ndarray, found: np.ndarray) -> None:
    groups = table[column].to_numpy()[first]
    seen: dict[object, str] = {}
    for row, group, split in zip(first, groups, found, strict=True):
        known = seen.setdefault(group, split)
        if known != split and NOWHERE not in (known, split):
            raise DataError(
                f"{where(table, int(row))}: {column}: expected each group in one split, got "
                f"{told(group)} in {known} and {split}",
                page="split-impossible",
            )
