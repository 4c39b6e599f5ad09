"""What a user's table asks for: classes, labels, values or a risk, at the step or ahead of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.measures import concordance
from markovlens.outputs import NO_TARGET, TIME_AND_EVENT, Output, has_target
from markovlens.tasks.base import SPLITS, Split, no_targets
from markovlens.tasks.custom.cells import told, where
from markovlens.tasks.custom.columns import categories_of, numbers_of
from markovlens.tasks.custom.description import Description

MOST_CLASSES = 1000
SEVERAL = {Output.DISTRIBUTION: "two classes"}
OTHERWISE = "split otherwise, such as with another seed or shares"
TRUTH_VALUES = {"false": 0.0, "true": 1.0}
RISK = "risk"  # what the output is called where its target is a time


def names_and_targets(
    table: pd.DataFrame, described: Description
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the outputs, with units, and what is right at each row.

    Targets are as `outputs.check_targets` says: int (N,) of classes, int (N, C) of labels, float
    (N, C) of values, and (N, 1) or (N, 2) of a risk.

    Raises:
        DataError: a cell that is none of its kind, or a column that is empty or never varies.
    """
    if described.output == Output.DISTRIBUTION:
        return _classes(table, described)
    columns = [_column(table, name, described) for name in described.target]
    found = np.column_stack(columns)
    if described.output == Output.LABELS:
        unknown = np.where(np.isnan(found), NO_TARGET, found).astype(np.int32)
        return described.target, unknown
    if described.output == Output.RISK:
        _check_times(table, described, found)
        return (described.target if found.shape[1] == 1 else (RISK,)), found
    return tuple(_named(name, described) for name in described.target), found


def ahead(targets: np.ndarray, lengths: np.ndarray, horizon: int, late: np.ndarray) -> np.ndarray:
    """Return at each step what is right `horizon` steps later in its sequence, at the end nothing.

    Nothing is asked for across a gap either: what comes after it is further ahead.

    Args:
        targets: (N, ...), of all sequences, one after another.
        lengths: (S,), steps of each.
        horizon: in steps.
        late: bool (N,), whether steps are missing between a step and the one before.
    """
    nothing = np.nan if targets.dtype.kind == "f" else NO_TARGET
    found = np.full_like(targets, nothing)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(targets))
    gaps = np.cumsum(late)
    rows = np.flatnonzero(left > horizon)
    rows = rows[gaps[rows + horizon] == gaps[rows]]
    found[rows] = targets[rows + horizon]
    return found


def check_asked(parts: Mapping[str, Split], described: Description) -> None:
    """Raise `DataError` for a split by which no answer is better than another.

    Training needs two answers of every column, and others of values and of times, which only then
    are explained or ordered; one label at least is on and off, or always the same would be right.
    """
    for split, part in parts.items():
        columns = part.targets.reshape(len(part.targets), -1).T
        counts = [len(np.unique(column[has_target(column)])) for column in columns]
        for title, count in zip(described.target, counts, strict=True):
            least = _fewest(title, split, described)
            if count < least:
                several = SEVERAL.get(described.output, "two different targets")
                raise DataError(
                    f"{title}: expected {several if least == 2 else 'a target'} or more in "
                    f"{split}, got {count}; {OTHERWISE}",
                    page="split-impossible",
                )
        if described.output == Output.LABELS and max(counts) < 2:
            raise DataError(
                f"{', '.join(described.target)}: expected a label that is on and off in {split}, "
                f"got each always the same; {OTHERWISE}",
                page="split-impossible",
            )
        if described.output == Output.RISK and np.isnan(_without_order(part)):
            raise DataError(
                f"{', '.join(described.target)}: expected an event in {split} that comes before "
                f"another's time is over, got none; {OTHERWISE}",
                page="split-impossible",
            )


def _fewest(title: str, split: str, described: Description) -> int:
    """Return how many different targets of a column a split needs."""
    if described.output == Output.RISK and title != described.target[0]:
        return 1  # all may have had the event
    graded = described.output in (Output.VALUES, Output.RISK)
    return 2 if split == SPLITS[0] or graded else 1


def _without_order(part: Split) -> float:
    return concordance(np.zeros((len(part.targets), 1)), part.targets)


def _classes(table: pd.DataFrame, described: Description) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the C classes and the target, int (N,), -1 where a cell is empty."""
    (name,) = described.target
    classes, codes = categories_of(table, name, described)
    known = ~np.isnan(codes)
    _check_varied(name, codes, "classes", classes)
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"{name}: expected at most {MOST_CLASSES} classes, got {len(classes)}",
            page="nothing-to-learn",
        )
    targets = no_targets(len(table))
    targets[known] = codes[known]
    return classes, targets


def _column(table: pd.DataFrame, name: str, described: Description) -> np.ndarray:
    """Return a column of what is asked for as numbers (N,), NaN where a cell is empty."""
    levels, found = numbers_of(table, name, described)
    is_label = described.output == Output.LABELS
    is_event = described.output == Output.RISK and name in described.target[1:]
    if is_label or is_event:
        found = _binary(table, name, levels, found)
    elif levels:
        raise DataError(
            f"{where(table, int((~np.isnan(found)).argmax()))}: {name}: expected numbers, since "
            f"the output is {described.output}, got {levels[0]!r}; for names of classes leave "
            "`output` out",
            page="unreadable-cell",
        )
    if not is_event:
        _check_varied(name, found, "labels" if is_label else "values")
    return found


def _binary(
    table: pd.DataFrame, name: str, levels: tuple[str, ...], found: np.ndarray
) -> np.ndarray:
    """Return a column of numbers, or of codes of `levels`, as 1 and 0 (N,), NaN where unknown."""
    known = ~np.isnan(found)
    if levels:
        values = np.array([TRUTH_VALUES.get(level.casefold(), np.nan) for level in levels])
        found = np.where(known, values[np.where(known, found, 0).astype(int)], np.nan)
    wrong = known & (found != 0) & (found != 1)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected 1 or 0, or true or false, got "
            f"{told(table[name].iloc[row])}",
            page="unreadable-cell",
        )
    return found


def _check_varied(
    name: str, found: np.ndarray, what: str, names: tuple[str, ...] | None = None
) -> None:
    """Raise `DataError` for a column (N,) in which nothing, or always the same, is asked for."""
    known = found[~np.isnan(found)]
    if not len(known):
        raise DataError(
            f"{name}: expected a target at some step, got empty cells throughout",
            page="nothing-to-learn",
        )
    if len(np.unique(known)) < 2:
        always = f"{known[0]:g}" if names is None else repr(names[int(known[0])])
        raise DataError(
            f"{name}: expected two {what} or more, got {always} throughout; a "
            "network that always gives one answer has nothing to explain",
            page="nothing-to-learn",
        )


def _check_times(table: pd.DataFrame, described: Description, found: np.ndarray) -> None:
    """Raise `DataError` for a time without a word on the event, or the other way round."""
    if found.shape[1] < TIME_AND_EVENT:
        return
    time, event = described.target
    half = np.isnan(found).sum(axis=1) == 1
    if half.any():
        row = int(half.argmax())
        name, other = (time, event) if np.isnan(found[row, 0]) else (event, time)
        raise DataError(
            f"{where(table, row)}: {name}: expected a value beside {other}, got an empty cell; "
            "leave both empty where nothing is asked",
            page="unreadable-cell",
        )
    negative = found[:, 0] < 0
    if negative.any():
        row = int(negative.argmax())
        raise DataError(
            f"{where(table, row)}: {time}: expected the time left until the event, 0 or more, got "
            f"{found[row, 0]:g}",
            page="unreadable-cell",
        )


def _named(name: str, described: Description) -> str:
    """Return what a value is called: when it is of, and its unit."""
    when = {0: name, 1: f"next {name}"}.get(
        described.horizon, f"{name} in {described.horizon} steps"
    )
    return str(Channel(when, described.units.get(name, "")))
