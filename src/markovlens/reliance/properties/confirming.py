"""Breaches of a network on what it reads itself: words of codes as rows, and made short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from markovlens.faithfulness.scores.shrinking import NEVER, shortest_failing, shrunk
from markovlens.reliance.properties.network import Asked
from markovlens.sequences import Sequences

MOST_TRIED = 20  # words of codes whose rows are put to the network


@dataclass(frozen=True, slots=True)
class Breach:
    """What a network breaches a property on.

    Attributes:
        word: symbols, at whose end it does.
        shrunk_from: how many there were before.
        rows: that it read, one for each symbol; None of a network that reads symbols.
    """

    word: tuple[int, ...]
    shrunk_from: int
    rows: Sequences | None


def breach_of(
    asked: Asked,
    words: Sequences,
    breached: np.ndarray,
    put: Callable[[Sequences], np.ndarray],
    *,
    given: bool,
) -> Breach | None:
    """Return the shortest of words that a network breaches a property on, shrunk.

    Of codes it is the shortest of their rows, None without any: the copies of the network that
    are asked about codes may breach together what it never does on rows, and the other way round.

    Args:
        asked: the network.
        words: symbols, or codes.
        breached: int (S,), the step at which it, or its copies together, do on each, or `NEVER`.
        put: gives the same of the network itself, on what it reads.
        given: whether the words are the sequences that were recorded.
    """
    if asked.by_codes:
        words = asked.as_rows(words, _first(breached), given=given)
        breached = put(words)
        if (breached == NEVER).all():
            return None
    word, channels = shortest_failing(words, breached), words.channels
    n_kept = bool(asked.alphabet.opening)
    short, _ = shrunk(word, lambda shorter: put(replace(shorter, channels=channels)), n_kept=n_kept)
    read = Sequences(short, np.array([len(short)]), channels)
    symbols = tuple(asked.symbols_of(read).values.tolist())
    return Breach(symbols, len(word), read if asked.by_codes else None)


def _first(breached: np.ndarray) -> np.ndarray:
    """Return the places of the words that are breached first."""
    failed = np.flatnonzero(breached != NEVER)
    return failed[breached[failed].argsort(kind="stable")][:MOST_TRIED]
