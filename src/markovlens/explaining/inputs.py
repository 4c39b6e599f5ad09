"""What users hand over beside sequences to be explained: targets, names, and one sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from markovlens.arguments import has_items, known_names
from markovlens.arrays import as_array, check_codes, check_names
from markovlens.errors import ConfigError, DataError
from markovlens.machines.words import as_sequences, shown
from markovlens.outputs import NO_TARGET
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, no_targets
from markovlens.trace import Trace

LONGEST_UNIT = 30  # letters of what a step is called


def check_words(unit: Any, lists: Mapping[str, Any]) -> None:
    """Raise `ConfigError` for a unit that is no word, and for a text in place of a list of names.

    Args:
        unit: what a step is called.
        lists: of names, by the argument that they are; None where none was given.
    """
    if not isinstance(unit, str) or not 0 < len(unit.strip()) <= LONGEST_UNIT:
        raise ConfigError(
            f"unit: expected what a step is called, a word such as 'word' or 'minute', got "
            f"{shortened(unit)}; leave it out for 'step'",
            page="wrong-kind",
        )
    for name, given in lists.items():
        if isinstance(given, str) or not (given is None or has_items(given)):
            kind = "the text " if isinstance(given, str) else ""
            raise ConfigError(
                f"{name}: expected a list of names, got {kind}{given!r}; give [{given!r}]",
                page="wrong-kind",
            )


def shortened(value: Any) -> str:
    """Return a value as Python writes it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 2 * LONGEST_UNIT else f"{text[: 2 * LONGEST_UNIT]}..."


def with_targets(inputs: Sequences, targets: Any, classes: Sequence[str] | None = None) -> Split:
    """Return sequences with what is right: a row for each step, or one for each sequence's end.

    Args:
        inputs: S sequences of N steps in all.
        targets: (N, ...) of each step, the same as a list of one array or list for each sequence,
            or (S, ...) of the ends; classes by code or by name.
        classes: their names in the order of their codes.

    Raises:
        DataError: they are of other lengths (of which sequence is said), or no such class.
    """
    nothing = no_targets(inputs.n_steps)
    if targets is None:
        return Split(inputs, nothing, nothing)
    targets = targets.to_list() if hasattr(targets, "to_list") else targets  # a pandas column
    given = _coded(_in_one(inputs, targets), classes)
    if given.dtype.kind == "b":
        raise DataError(
            f"targets: expected codes of classes, got bool {given.shape}; `targets.astype(int)` "
            "makes False the first class and True the second",
            page="wrong-targets",
        )
    if len(given) == inputs.n_steps:
        return Split(inputs, given, nothing)
    if len(given) != len(inputs):
        raise DataError(
            f"targets: expected one for each of {inputs.n_steps} steps or {len(inputs)} sequences, "
            f"got {len(given)}",
            page="counts-differ",
        )
    empty = NO_TARGET if given.dtype.kind in "iu" else np.nan
    whole = np.full((inputs.n_steps, *given.shape[1:]), empty, dtype=given.dtype)
    whole[np.cumsum(inputs.lengths) - 1] = given
    return Split(inputs, whole, nothing)


def _in_one(inputs: Sequences, targets: Any) -> np.ndarray:
    """Return targets as one array; those that come sequence by sequence are joined."""
    if _is_listed(targets) and len(targets) and all(map(_is_listed, targets)):
        found = np.array([len(each) for each in targets])
        several = len(set(found.tolist())) > 1
        if several and len(found) != len(inputs):
            raise DataError(
                f"targets: expected a list of them for each of {len(inputs)} sequences, got "
                f"{len(found)} lists",
                page="counts-differ",
            )
        if several and (found != inputs.lengths).any():
            place = int((found != inputs.lengths).argmax())
            raise DataError(
                f"targets of sequence {place}: expected one for each of its "
                f"{inputs.lengths[place]} steps, got {found[place]}",
                page="counts-differ",
            )
        if np.array_equal(found, inputs.lengths):
            return np.concatenate([as_array("targets", each) for each in targets])
    return as_array("targets", targets)


def _is_listed(each: Any) -> bool:
    """Return whether something is a list or an array, and neither a number nor a text."""
    return (
        not isinstance(each, str)
        and len(getattr(each, "shape", (1,))) > 0
        and (hasattr(each, "__len__"))
    )


def _coded(targets: np.ndarray, classes: Sequence[str] | None) -> np.ndarray:
    """Return names of classes as their codes, other targets as they are."""
    if targets.dtype.kind not in "US":
        return targets
    if classes is None:
        raise DataError(
            f"targets: got names, such as {str(targets.flat[0])!r}; give `classes`, all of them in "
            "the order of the network's outputs",
            page="wrong-targets",
        )
    codes = {name: code for code, name in enumerate(check_names("classes", classes))}
    for name in np.unique(targets).tolist():
        if name not in codes:
            raise DataError(
                f"targets: unknown {name!r}; {known_names('classes', name, codes)}",
                page="unknown-name",
            )
    return np.array([codes[name] for name in targets.ravel().tolist()]).reshape(targets.shape)


def one_sequence(trace: Trace, sequence: Any) -> Sequences:
    """Return one sequence to be explained: a recorded one by its number, or what a user gives.

    Raises:
        DataError: an unknown symbol, none at all, several sequences, or rows of other channels.
    """
    if isinstance(sequence, int | np.integer) and not isinstance(sequence, bool):
        if not 0 <= sequence < len(trace):
            raise DataError(
                f"expected the number of one of {len(trace)} recorded sequences, got {sequence}",
                page="out-of-range",
            )
        return trace.sequences.select(np.array([sequence]))
    given = sequence if isinstance(sequence, Sequences) else _one(trace, sequence)
    if len(given) != 1:
        raise DataError(
            f"expected one sequence to explain, got {len(given)}; give one of them",
            page="wrong-kind",
        )
    if given.are_symbols != trace.reads_symbols:
        read = f"symbols {shown(trace.symbols)}" if trace.reads_symbols else "rows"
        raise DataError(
            f"expected a sequence of {read}, as the network reads, got another kind",
            page="wrong-kind",
        )
    if trace.reads_symbols:
        check_codes("symbols", given.values, stop=len(trace.symbols))
    return given


def _one(trace: Trace, sequence: Any) -> Sequences:
    listed = isinstance(sequence, Sequence) and not isinstance(sequence, str)
    if listed and (_is_ragged(sequence) or (trace.reads_symbols and _holds_lists(sequence))):
        raise DataError(
            f"expected one sequence to explain, got {len(sequence)}; give one of them",
            page="wrong-kind",
        )
    return as_sequences([sequence], trace.symbols, trace.channels)


def _holds_lists(given: Sequence[Any]) -> bool:
    """Return whether there is a list or an array where a symbol should be."""
    return any(isinstance(each, list | tuple | np.ndarray) for each in given)


def _is_ragged(given: Sequence[Any]) -> bool:
    """Return whether a list holds lists of different lengths, which are several sequences."""
    return len({len(each) for each in given if isinstance(each, Sequence | np.ndarray)}) > 1 and (
        not all(isinstance(each, str) for each in given)
    )
