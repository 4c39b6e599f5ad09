"""Words that sequences are made up of."""

from __future__ import annotations


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, separated by blanks."""
    return tuple(text.split())
