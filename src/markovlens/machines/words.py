"""Strings, lists of symbols and codes as the `Sequences` that a machine reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences

Word: TypeAlias = str | Sequence[str] | Sequence[int] | np.ndarray
Words: TypeAlias = Sequences | str | Sequence[Word]


def one_sequence(word: Word, symbols: tuple[str, ...]) -> Sequences:
    """Return one word: a text (a character a symbol), a list of symbols, or integer codes.

    Raises:
        DataError: it is empty or none of these, or a symbol is not in the alphabet.
    """
    if isinstance(word, Sequences) or not isinstance(word, Iterable):
        raise DataError(
            f"expected one word, a text or a list of symbols, got {type(word).__name__}; of "
            "several, `predict` takes a list"
        )
    items = list(word)
    if not items:
        raise DataError("expected a word of at least one symbol: before it there is no answer")
    if all(isinstance(item, str) for item in items):
        return Sequences.from_strings([items], symbols)
    return Sequences.from_list([np.asarray(items)])


def as_sequences(words: Words, symbols: tuple[str, ...]) -> Sequences:
    """Return words as `Sequences`: these as they are, one text, or a list of words.

    Raises:
        DataError: as for `one_sequence`.
    """
    if isinstance(words, Sequences):
        return words
    if isinstance(words, str):
        return one_sequence(words, symbols)
    if not isinstance(words, Iterable):
        raise DataError(f"expected words to read, got {type(words).__name__}; give a list of them")
    parts = [one_sequence(word, symbols) for word in words]
    if not parts:
        raise DataError("expected at least one word, got an empty list")
    return Sequences.from_list([part.values for part in parts])
