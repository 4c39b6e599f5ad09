"""Strings, lists of symbols and codes as the `Sequences` that a machine reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from markovlens.arguments import has_items
from markovlens.arrays import as_array
from markovlens.channels import Channel, columns_of
from markovlens.errors import DataError
from markovlens.listed import MOST_SHOWN, check_one_or_many, sequences_of, tokens
from markovlens.sequences import Sequences

if TYPE_CHECKING:
    from markovlens.machines.machine import Machine

Word: TypeAlias = str | Sequence[str] | Sequence[int] | np.ndarray
Words: TypeAlias = Sequences | str | Sequence[Word]


def as_sequences(
    words: Words, symbols: tuple[str, ...], channels: tuple[Channel, ...] = ()
) -> Sequences:
    """Return words as `Sequences`: these as they are, one text, or a list of words.

    Args:
        words: a word is a text (see `listed.tokens`: the symbol that it is; else a character a
            symbol; else, where characters are none, words between blanks), a list of symbols,
            integer codes, or rows (T, D). A single array or table of rows (T, D) is one word.
        symbols: the alphabet of texts and symbols.
        channels: what the columns of rows are.

    Raises:
        DataError: a word is empty or none of these, a symbol is not in the alphabet, or the list
            is one of symbols, which may be one word or many.
    """
    if isinstance(words, Sequences):
        return words
    if not has_items(words):
        raise DataError(
            f"expected words to read, got {type(words).__name__}; give a list of them",
            page="not-a-word",
        )
    is_one = isinstance(words, str) or _are_rows(words, channels)
    words = [words] if is_one else list(words)  # type: ignore[list-item]
    if any(columns_of(word) for word in words):  # the names of their columns are looked at
        return Sequences.from_list(words, channels)
    check_one_or_many("words", words, symbols)
    listed = [_items(tokens(word, symbols)) for word in words]
    if not listed:
        raise DataError("expected at least one word, got an empty list", page="not-a-word")
    if all(isinstance(item, str) for items in listed for item in items):
        if channels:
            raise DataError(
                f"expected rows of {', '.join(map(str, channels))}, got text; give a list of "
                "arrays (T, D)",
                page="not-a-word",
            )
        return Sequences.from_strings(listed, symbols)
    arrays = [as_array("word", items) for items in listed]
    are_rows = any(array.dtype.kind == "f" or array.ndim == 2 for array in arrays)
    return Sequences.from_list(arrays, channels if are_rows else ())


def words_for(machine: Machine, words: Words) -> Sequences:
    """Return words, see `as_sequences`, as a machine reads them."""
    channels = () if machine.codebook is None else machine.codebook.channels
    return as_sequences(words, machine.symbols, channels)


def sequences_for(
    machine: Machine,
    sequences: Any,
    *,
    symbols: Sequence[str] | None = None,
    name: str = "sequences",
) -> Sequences:
    """Return what `explain` takes as sequences, see `sequences_of`, as a machine reads them.

    Args:
        machine: whose symbols texts are spelt in, and whose channels the columns of rows are.
        sequences: `Sequences`, or a list of them.
        symbols: of texts, where they are others than the machine's.
        name: of the argument, in messages.

    Raises:
        DataError: as `sequences_of`.
    """
    if machine.codebook is not None:
        return sequences_of(sequences, symbols, name=name, channels=machine.codebook.channels)
    return sequences_of(sequences, symbols or machine.symbols or None, name=name)


def _are_rows(words: Any, channels: tuple[Channel, ...]) -> bool:
    """Return whether words are the rows (T, D) of one sequence, in an array or a table."""
    shape = tuple(getattr(words, "shape", ()))
    return len(shape) == 2 and (shape[1] == len(channels) > 0 or bool(columns_of(words)))


def _items(word: Word | Sequences) -> list[Any]:
    if isinstance(word, Sequences) or not has_items(word):
        raise DataError(
            f"expected a word, a text or a list of symbols, got {type(word).__name__}; a list "
            "holds several words, so that a single one of codes is [codes]",
            page="not-a-word",
        )
    items = list(word)
    if not items:
        raise DataError(
            "expected a word of at least one symbol: before it there is no answer",
            page="not-a-word",
        )
    return items


def shown(names: tuple[str, ...]) -> str:
    """Return how many names there are and the first of them, for a message."""
    more = ", ..." if len(names) > MOST_SHOWN else ""
    return f"{len(names)} ({', '.join(names[:MOST_SHOWN])}{more})"
