"""The task that a description and its files make."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from markovlens.channels import Channel
from markovlens.config.custom import FAMILY, section_of
from markovlens.errors import DataError
from markovlens.measures import of_one_answer
from markovlens.outputs import Output, numbers_of
from markovlens.seeding import integer, seed_for
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.tasks.custom.cells import names_of, ranks_of, steps_of, told, where
from markovlens.tasks.custom.columns import channels_and_rows, symbols_and_codes
from markovlens.tasks.custom.description import Description
from markovlens.tasks.custom.members import members_in
from markovlens.tasks.custom.reading import FILE, read_files
from markovlens.tasks.custom.splitting import NOWHERE, check_one_a_sequence, split_of
from markovlens.tasks.custom.targets import ahead, check_asked, names_and_targets
from markovlens.tasks.grouping import Members

LATE = "<late>"  # column that says which steps come after a gap
LONGEST_STEP = 1.5  # of the usual time between two steps; what takes longer is a gap

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
        raise DataError(f"tasks.custom.{section_of(name)}: {error}", page=error.page) from error


def members_of(name: str, sizes: Mapping[str, Any], *, seed: int) -> Members:
    """Return who is in which of the groups that a task `custom_NAME` compares.

    Args:
        name: of the task.
        sizes: its section of the config, with something to compare.
        seed: the benchmark's, from which splits are drawn as `make_task` draws them.

    Raises:
        DataError: as `make` raises it.
    """
    described = Description.of(section_of(name), sizes)
    table, first = rows_in_order(described)
    split = _split(table, first, described, integer(seed_for(seed, name)))
    return members_in(described, table, first, split)


def _task(name: str, described: Description, seed: int) -> Task:
    table, first = rows_in_order(described)
    split = _split(table, first, described, seed)
    if described.compare:
        members_in(described, table, first, split)
    _say_what_is_left_out(split)
    found = whole_of(table, first, described)
    parts = {each: found.whole.select(np.flatnonzero(split == each)) for each in SPLITS}
    check_asked(parts, described)
    _say_what_is_seen_twice(parts)
    return Task(
        name,
        FAMILY,
        found.symbols,
        found.classes,
        parts,
        _gate(parts["valid"], described.output),
        channels=found.whole.inputs.channels,
        output=described.output,
        horizon=described.horizon,
    )


@dataclass(frozen=True, slots=True)
class Whole:
    """A user's sequences before they are split.

    Attributes:
        whole: all sequences and what is right after each step; nothing where there is no target.
        symbols: names of the V symbols; none where rows are read.
        classes: names of the outputs; none where there is no target.
    """

    whole: Split
    symbols: tuple[str, ...]
    classes: tuple[str, ...]


def whole_of(table: pd.DataFrame, first: np.ndarray, described: Description) -> Whole:
    """Return all sequences of a table.

    Args:
        table: the rows of all sequences, as `rows_in_order` has them.
        first: int (S,), the first row of each sequence.
        described: which column is what.

    Raises:
        DataError: a cell that is not as described; the message names its file, row and column.
    """
    lengths = np.diff(first, append=len(table))
    nothing = no_targets(len(table))
    classes, targets = names_and_targets(table, described) if described.target else ((), nothing)
    targets = ahead(targets, lengths, described.horizon, table[LATE].to_numpy())
    symbols: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    if described.symbols:
        symbols, values = symbols_and_codes(table, described)
    else:
        channels, values = channels_and_rows(table, described, first, _begins(table, described))
    return Whole(Split(Sequences(values, lengths, channels), targets, nothing), symbols, classes)


def rows_in_order(
    described: Description, table: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows by sequence and step, see `in_order`, and the first (S,) of each sequence.

    Args:
        described: which column is what.
        table: as `read_files` makes one; that of the described files when None.
    """
    if table is None:
        table = read_files(described.data, described.columns, texts=described.texts)
    table, piece = in_order(table, described)
    return table, np.flatnonzero(np.diff(piece, prepend=-1))


def _split(table: pd.DataFrame, first: np.ndarray, described: Description, seed: int) -> np.ndarray:
    """Return the split (S,) of each sequence."""
    last = np.append(first[1:], len(table)) - 1
    if described.compared:
        check_one_a_sequence(table, described.compared, first, last)
    return split_of(table, described, first, last, seed)


def _gate(valid: Split, output: Output) -> float:
    """Return what a network must reach on validation data, by the measure of its kind of output.

    It does no worse than the mean of values, and better than any constant answer of labels and a
    risk, which answers can equal. What accuracy it should have is for its user to say.
    """
    if output == Output.DISTRIBUTION:
        return 0.0
    constant = of_one_answer(numbers_of(valid.targets), output)
    return constant if output == Output.VALUES else float(np.nextafter(constant, np.inf))


def _say_what_is_seen_twice(parts: Mapping[str, Split]) -> None:
    """Warn of a split of which most sequences stand in the training split, too, value for value."""
    learned = {_content(one) for one in _sequences(parts[SPLITS[0]])}
    for name in SPLITS[1:]:
        told = [_content(one) in learned for one in _sequences(parts[name])]
        if 2 * sum(told) > len(told):
            log.warning(
                "%s: %d of %d sequences stand in train, too, value for value; scores on them say "
                "nothing of sequences that were not learned from, so split otherwise",
                name, sum(told), len(told),
            )  # fmt: skip


def _sequences(part: Split) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    ends = np.cumsum(part.inputs.lengths)[:-1]
    yield from zip(np.split(part.inputs.values, ends), np.split(part.targets, ends), strict=True)


def _content(arrays: tuple[np.ndarray, np.ndarray]) -> bytes:
    return sha256(b"".join(np.ascontiguousarray(each).tobytes() for each in arrays)).digest()


def _begins(table: pd.DataFrame, described: Description) -> np.ndarray:
    """Return the first row of each sequence, whatever windows it is cut into."""
    names = table[described.sequence or FILE]
    return np.flatnonzero((names != names.shift()).to_numpy())


def in_order(table: pd.DataFrame, described: Description) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the rows sorted by sequence and step, and the piece (N,) to which each belongs.

    A column `LATE` more says which rows come after a gap; without a `step` nobody knows of any.
    Whatever the order of rows in the files, the result is the same where there is a `step`.

    Raises:
        DataError: an empty cell where a sequence, step, group or split should be, a step that is
            neither a number nor a time, or one that occurs twice in a sequence.
    """
    sequence = described.sequence or FILE
    told = [described.group, described.split.column, described.compared]
    named = [sequence, *filter(None, told)]
    table = table.assign(**{name: names_of(table, name) for name in named})
    order = [ranks_of(table[sequence])]
    if described.step:
        steps = steps_of(table, described.step)
        table = table.assign(**{described.step: steps})
        order.insert(0, steps.to_numpy())
    table = table.iloc[np.lexsort(order)].reset_index(drop=True)
    numbers = pd.factorize(table[sequence])[0]
    late = np.zeros(len(table), dtype=bool)
    if described.step:
        late = _late(table, described, numbers)
    table = table.assign(**{LATE: late})
    if described.window is None:
        return table, numbers
    return table, _cut(numbers, described.window)


def _late(table: pd.DataFrame, described: Description, numbers: np.ndarray) -> np.ndarray:
    """Return which steps (N,) come later than usual after the one before, and say so.

    Raises:
        DataError: a sequence has a step twice.
    """
    step = str(described.step)
    apart = np.diff(table[step].to_numpy()).astype(np.float64)
    within = np.diff(numbers) == 0
    twice = within & (apart == 0)
    if twice.any():
        row = int(twice.argmax()) + 1
        raise DataError(
            f"{where(table, row)}: {step}: expected each step once a sequence, got "
            f"{told(table[step].iloc[row])} again, after {where(table, row - 1)}",
            page="steps-out-of-order",
        )
    usual = np.median(apart[within]) if within.any() else 0.0
    gaps = np.flatnonzero(within & (apart > LONGEST_STEP * usual))
    if len(gaps):
        log.warning(
            "%s: %d of %d steps come later than usual after the one before, first at %s%s; they "
            "are read as if nothing were between%s",
            step, len(gaps), within.sum(), where(table, int(gaps[0]) + 1),
            _in_sequence(table, described, int(gaps[0]) + 1),
            ", and nothing is forecast across it" if described.horizon else "",
        )  # fmt: skip
    late = np.zeros(len(table), dtype=bool)
    late[gaps + 1] = True
    return late


def _in_sequence(table: pd.DataFrame, described: Description, row: int) -> str:
    """Return to which sequence a row belongs, in words; nothing where a file is a sequence."""
    name = described.sequence
    return f", in {name} {table[name].iloc[row]}" if name else ""


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
