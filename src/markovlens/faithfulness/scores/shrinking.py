"""Words that fail, made short: parts are left out as long as what is left still fails.

A word fails at a step, whatever that means: where a machine and its network part, or where a
network breaches what must hold. It is Zeller & Hildebrandt's delta debugging ("Simplifying and
isolating failure-inducing input", 2002) with all parts of 1, 2, 4, ... symbols tried at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from markovlens.faithfulness.scores.strings import joined
from markovlens.sequences import Sequences

NEVER = -1


def shrunk(
    word: np.ndarray, failing: Callable[[Sequences], np.ndarray], *, n_kept: int = 0
) -> tuple[np.ndarray, int]:
    """Return a word without any part that can be deleted, and how many words were tried.

    Args:
        word: symbols (T,) or rows (T, D), that fails at its last step.
        failing: gives of words the step (S,) at which each first fails, or `NEVER`.
        n_kept: of the first symbols, which stay.
    """
    n_tried = 0
    while len(word) > max(1, n_kept):
        words = _without_parts(word, n_kept)
        n_tried += len(words)
        failed = failing(words)
        if (failed == NEVER).all():
            break
        word = shortest_failing(words, failed)
    return word, n_tried


def first_of(steps: np.ndarray, words: Sequences) -> np.ndarray:
    """Return the first of some steps, bool (N,), in each word (S,), or `NEVER`."""
    row = np.where(steps, np.arange(len(steps)), len(steps))
    first = np.minimum.reduceat(row, words.starts)
    return np.where(first < words.starts + words.lengths, first - words.starts, NEVER)


def shortest_failing(words: Sequences, failed: np.ndarray) -> np.ndarray:
    """Return the shortest word (T, ...) that ends where one of S fails first, at steps (S,)."""
    steps = np.where(failed == NEVER, np.iinfo(int).max, failed)
    shortest = int(steps.argmin())
    begin = words.starts[shortest]
    word: np.ndarray = words.values[begin : begin + failed[shortest] + 1]
    return word


def _without_parts(word: np.ndarray, n_kept: int) -> Sequences:
    """Return the word without each later part of 1, 2, 4, ... symbols; equal results once."""
    shorter = {}
    width = 1
    while width < len(word):
        for begin in range(n_kept, len(word) - width + 1):
            rest = np.concatenate([word[:begin], word[begin + width :]])
            shorter[rest.tobytes()] = rest
        width *= 2
    return joined(list(shorter.values()))
