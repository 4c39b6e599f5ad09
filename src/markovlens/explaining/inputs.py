"""What users hand over to be explained, as sequences with targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from markovlens.errors import DataError
from markovlens.outputs import NO_TARGET
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, no_targets


def sequences_of(sequences: Any, symbols: Sequence[str] | None) -> Sequences:
    """Return sequences as they are, texts by their symbols, or arrays."""
    if isinstance(sequences, Sequences):
        return sequences
    if isinstance(sequences, str) or not isinstance(sequences, Sequence | np.ndarray):
        raise DataError(
            f"sequences: expected `Sequences` or a list of them, got {type(sequences).__name__}; a "
            "single one is [one]"
        )
    listed = list(sequences)
    if listed and isinstance(listed[0], str | list) and _is_text(listed[0]):
        if symbols is None:
            raise DataError("sequences: got text; give `symbols`, the names of all input symbols")
        return Sequences.from_strings([tokens(each, symbols) for each in listed], list(symbols))
    return Sequences.from_list(listed)


def _is_text(sequence: Any) -> bool:
    return isinstance(sequence, str) or bool(sequence and isinstance(sequence[0], str))


def tokens(text: Any, symbols: Sequence[str]) -> Any:
    """Return a text as a list of symbols: words between blanks where symbols are no letters."""
    words = isinstance(text, str) and any(len(symbol) > 1 for symbol in symbols)
    return text.split() if words else text


def with_targets(inputs: Sequences, targets: np.ndarray | None) -> Split:
    nothing = no_targets(inputs.n_steps)
    if targets is None:
        return Split(inputs, nothing, nothing)
    given = np.asarray(targets)
    if len(given) == inputs.n_steps:
        return Split(inputs, given, nothing)
    if len(given) != len(inputs):
        raise DataError(
            f"targets: expected one for each of {inputs.n_steps} steps or {len(inputs)} sequences, "
            f"got {len(given)}"
        )
    empty = NO_TARGET if given.dtype.kind in "iu" else np.nan
    whole = np.full((inputs.n_steps, *given.shape[1:]), empty, dtype=given.dtype)
    whole[np.cumsum(inputs.lengths) - 1] = given
    return Split(inputs, whole, nothing)
