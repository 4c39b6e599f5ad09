"""The task that a description and its files make."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from markovlens.channels import Channel
from markovlens.config.custom import FAMILY, section_of
from markovlens.errors import DataError
from markovlens.seeding import integer
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.tasks.custom.columns import (
    channels_and_rows,
    classes_and_targets,
    named_in,
    symbols_and_codes,
)
from markovlens.tasks.custom.description import Description
from markovlens.tasks.custom.reading import FILE, read_files
from markovlens.tasks.custom.splitting import NOWHERE, split_of, told, where

NO_GATE = 0.0  # what accuracy a network should have is for its user to say

log = logging.getLogger(__name__)


def make(name: str, *, sizes: Mapping[str, Any], seeds: np.random.SeedSequence) -> Task:
    """Return the task `custom_NAME` of a section `tasks.custom.NAME` of the config.

    Raises:
        ConfigError: parts of the section that do not go together.
        DataError: files, columns or cells that are not as it says; the message names file, column
            and row.
    """
    described = Description.of(section_of(name), sizes)
    try:
        return _task(name, described, integer(seeds))
    except DataError as error:
        raise DataError(f"tasks.custom.{section_of(name)}: {error}") from error


def _task(name: str, described: Description, seed: int) -> Task:
    table = read_files(described.data, described.columns)
    table, piece = in_order(table, described)
    first = np.flatnonzero(np.diff(piece, prepend=-1))
    last = np.append(first[1:], len(table)) - 1
    split = split_of(table, described, first, last, seed)
    _say_what_is_left_out(split)
    classes, targets = classes_and_targets(table, str(described.target))
    if described.symbols:
        symbols, values = symbols_and_codes(table, described.symbols)
        channels: tuple[Channel, ...] = ()
    else:
        symbols = ()
        channels, values = channels_and_rows(table, described, first)
    whole = Split(Sequences(values, last - first + 1, channels), targets, no_targets(len(table)))
    parts = {each: whole.select(np.flatnonzero(split == each)) for each in SPLITS}
    return Task(name, FAMILY, symbols, classes, parts, NO_GATE, channels=channels)


def in_order(table: pd.DataFrame, described: Description) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows sorted by sequence and step, and the piece (N,) to which each belongs.

    Whatever the order of rows in the files, the result is the same where there is a `step`.

    Raises:
        DataError: an empty cell where a sequence, step or group should be, or a step that occurs
            twice in a sequence.
    """
    sequence = described.sequence or FILE
    keys = [sequence, *([described.step] if described.step else [])]
    named_in(table, [*keys, *([described.group] if described.group else [])])
    table = table.sort_values(keys, kind="stable", ignore_index=True)
    if described.step:
        twice = table.duplicated(keys).to_numpy()
        if twice.any():
            row = int(twice.argmax())
            raise DataError(
                f"{where(table, row)}: {described.step}: expected each step once a sequence, got "
                f"{told(table[described.step].iloc[row])} again in "
                f"{told(table[sequence].iloc[row])}"
            )
    numbers = pd.factorize(table[sequence])[0]
    if described.window is None:
        return table, numbers
    return table, _cut(numbers, described.window)


def _cut(numbers: np.ndarray, window: int) -> np.ndarray:
    """Return the piece (N,) of each row when sequences are cut every `window` steps."""
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    lengths = np.diff(begins, append=len(numbers))
    step = np.arange(len(numbers)) - np.repeat(begins, lengths)
    starts = step % window == 0
    piece: np.ndarray = np.cumsum(starts) - 1
    return piece


def _say_what_is_left_out(split: np.ndarray) -> None:
    left_out = int((split == NOWHERE).sum())
    if left_out:
        log.warning("%d sequences across a boundary in time are left out", left_out)
