"""Sequences in the forms that users have them in: ours, lists of texts, of tokens or of arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np

from markovlens.arguments import check_kind, has_items
from markovlens.arrays import as_array, check_names
from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tabular import check_no_table

MOST_SHOWN = 10  # names that a message repeats
Listed: TypeAlias = Sequences | Sequence[Any] | np.ndarray


def sequences_of(
    sequences: Any,
    symbols: Sequence[str] | None = None,
    *,
    name: str = "sequences",
    channels: tuple[Channel, ...] = (),
) -> Sequences:
    """Return sequences as they are, texts by their symbols, or arrays.

    Args:
        sequences: `Sequences`; a list (or pandas column) of texts or of lists of tokens; a list of
            codes (T,) or rows (T, D) each, or an array or tensor of sequences of one length.
        symbols: the alphabet of texts and tokens, which is needed for these alone.
        name: of the argument, in messages.
        channels: what the columns of rows are; x1, x2, ... where nothing is said.

    Raises:
        DataError: it is none of these, a single sequence or what may be one, text without
            `symbols`, or it does not fit together.
    """
    symbols = None if symbols is None else check_names("symbols", symbols)
    if isinstance(sequences, Sequences):
        return sequences
    listed = _listed(name, sequences)
    if not (listed and _is_text(listed[0])):
        if symbols is not None and not channels:
            check_coded(name, listed, symbols)
        return Sequences.from_list(listed, () if _hold_codes(listed) else channels)
    if symbols is None:
        raise DataError(
            f"{name}: got text; `Sequences.from_strings(texts, symbols)` makes sequences of it, as "
            "does `symbols=`, the names of all input symbols, where that is an argument",
            page="wrong-kind",
        )
    check_one_or_many(name, listed, symbols)
    return Sequences.from_strings([tokens(each, symbols) for each in listed], list(symbols))


def check_one_or_many(name: str, listed: Sequence[Any], symbols: Collection[str]) -> None:
    """Raise `DataError` for a list of symbols where sequences are wanted, the same way everywhere.

    It may be one sequence, or as many of one step: what was read would look right either way.
    """
    if len(listed) < 2 or not all(isinstance(each, str) for each in listed):
        return
    if set(listed) <= set(symbols):
        first, second = map(repr, listed[:2])
        more = ", ..." if len(listed) > 2 else ""
        raise DataError(
            f"{name}: expected a list of sequences, got {list(listed[:MOST_SHOWN])}, which may be "
            f"one of {len(listed)} symbols or {len(listed)} of one symbol; give [[{first}, "
            f"{second}{more}]] for the one, [[{first}], [{second}]{more}] for the others",
            page="not-a-word",
        )


def check_coded(name: str, listed: Iterable[Any], symbols: Sequence[str]) -> None:
    """Raise `DataError` for the first thing in sequences that is no code of one of the symbols.

    Beside names of symbols, a NaN or a 1.5 is a fault in codes, and no row of real values; what are
    rows (T, D), and what has no items, is left to others. A 1.0 is told only where nothing worse is
    there: NaN makes floats of all codes.
    """
    count, worst = len(symbols), None
    for number, sequence in enumerate(listed):
        for place, one in enumerate(() if are_codes(sequence, count) else _flat(sequence)):
            if not _is_code(one, count):
                found = (_is_whole(one) and 0 <= one < count, number, place, one)
                worst = min(worst or found, found, key=lambda each: each[0])
    if worst is not None:
        _, number, place, one = worst
        got = repr(one) if isinstance(one, str) else one
        raise DataError(
            f"{name}: expected codes of the {count} symbols, whole numbers from 0 to {count - 1}, "
            f"got {got} in sequence {number} at place {place}; {_instead_of(one)}",
            page="unknown-symbol",
        )


def are_codes(values: Any, n_symbols: int) -> bool:
    """Return whether values are an array of integers (N,) from 0 to less than `n_symbols`."""
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iu" or values.ndim != 1:
        return False
    return not values.size or bool(values.min() >= 0 and values.max() < n_symbols)


def _flat(sequence: Any) -> Sequence[Any]:
    """Return the items of a sequence that has one thing a step; none of any other."""
    if isinstance(sequence, str) or not has_items(sequence) or np.ma.isMaskedArray(sequence):
        return ()
    if getattr(sequence, "ndim", 1) != 1:
        return ()
    if hasattr(sequence, "detach"):
        sequence = as_array("sequence", sequence)
    items = sequence.tolist() if isinstance(sequence, np.ndarray) else list(sequence)
    return () if any(has_items(one) and not isinstance(one, str) for one in items) else items


def _is_code(one: Any, count: int) -> bool:
    whole = isinstance(one, Integral) and not isinstance(one, bool | np.bool_)
    return whole and 0 <= int(one) < count


def _is_whole(one: Any) -> bool:
    return isinstance(one, Real) and float(one).is_integer()


def _instead_of(one: Any) -> str:
    """Return what to do about what is no code."""
    if isinstance(one, str):
        return "give names alone, or codes alone"
    if isinstance(one, bool | np.bool_):
        return "`values.astype(int)` makes codes of truth values"
    if isinstance(one, Integral) or (_is_whole(one) and one < 0):
        return "codes count from 0, and what is unknown needs a code and a name of its own"
    if _is_whole(one):
        return "`values.astype(int)` makes codes of whole numbers"
    if isinstance(one, Real) and isfinite(one):
        return "leave out `symbols` if these are rows of real values"
    return "leave out what is missing, or give it a code and a name of its own"


def check_listed(inputs: Any) -> None:
    """Raise `DataError` unless inputs are `Sequences`, where a list may mean several things."""
    advice = "`Sequences.from_list(arrays)` makes them, or `Sequences.from_strings(texts, symbols)`"
    check_kind("inputs", inputs, Sequences, advice=advice)


def tokens(text: Any, symbols: Sequence[str]) -> Any:
    """Return a text as a list of symbols, the same way wherever text is read.

    The first of these that fits: a text that is a symbol is that symbol; one whose characters are
    symbols is read character by character, as one of "01" beside a mark of the end; any other is
    words between blanks.
    """
    if not isinstance(text, str) or all(len(symbol) == 1 for symbol in symbols):
        return text
    known = set(symbols)
    if text in known:
        return [text]
    return text if known.issuperset(text) else text.split()


def _listed(name: str, sequences: Any) -> list[Any]:
    """Return what is a list, an array, a tensor or a pandas column of sequences as a list."""
    if hasattr(sequences, "detach") and has_items(sequences):
        sequences = as_array(name, sequences)
    check_no_table(name, sequences)
    if hasattr(sequences, "to_list"):  # a column of a table
        sequences = sequences.to_list()
    is_list = isinstance(sequences, Sequence | np.ndarray) and not isinstance(sequences, str)
    is_list = is_list and has_items(sequences)
    if is_list:
        _check_no_column(name, sequences)
    if is_list and not (len(sequences) and _is_number(sequences[0])):
        return list(sequences)
    raise DataError(
        f"{name}: expected `Sequences` or a list of them, got {type(sequences).__name__}"
        f"{' of numbers' if is_list else ''}; a single one is [one], and "
        "`Sequences.from_list(arrays)` makes them of arrays",
        page="wrong-kind",
    )


def _check_no_column(name: str, sequences: Any) -> None:
    """Raise `DataError` for a column of real numbers, which may be one sequence or many."""
    if not isinstance(sequences, np.ndarray) or sequences.dtype.kind != "f":
        return
    if sequences.ndim == 2 and sequences.shape[1] == 1 < len(sequences):
        raise DataError(
            f"{name}: expected sequences, got an array {sequences.shape}, which may be one of "
            f"{len(sequences)} steps or {len(sequences)} of one step; give [array] for the one, "
            "array[:, :, None] for the others",
            page="not-a-word",
        )


def _hold_codes(listed: list[Any]) -> bool:
    """Return whether the first of some sequences holds symbols, which have no channels."""
    first = as_array("sequence 0", listed[0]) if listed else np.empty(0)
    return first.ndim == 1 and first.dtype.kind in "iu"


def _is_number(one: Any) -> bool:
    return not isinstance(one, str | bytes) and np.isscalar(one)


def _is_text(sequence: Any) -> bool:
    """Return whether a sequence is a text, or a list, an array or a pandas column of tokens."""
    if isinstance(sequence, str):
        return True
    plain = getattr(getattr(sequence, "dtype", None), "kind", "U") in "biufc"
    if plain or not has_items(sequence) or getattr(sequence, "ndim", 1) != 1:
        return False
    return isinstance(next(iter(sequence), None), str)
