"""Long texts in which one word decides, at a place that is known: evidence is planted.

`keywords`: one of four words of praise or of blame stands anywhere among filler words. In
`keywords_negated` half of them have a *not* directly before them, which turns the class round; a
*not* anywhere else, which half of the texts have, means nothing. What decides is thus the keyword
and, of a negated one, the *not* before it (see `markovlens.tasks.evidence`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, split_generators
from markovlens.tasks.labelled import at_end

CLASSES = ("negative", "positive")
BLAME = ("bad", "poor", "awful", "dull")
PRAISE = ("good", "great", "superb", "fine")
NEGATOR = "not"
KEYWORDS = (*BLAME, *PRAISE)
NOT = len(KEYWORDS)  # the code of the negator
FIRST_FILLER = NOT + 1
GATE = 0.95
SHORTEST = 4  # a keyword, its negator, one elsewhere, and a word between them


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task; texts have half of `length` to `length` words, `fillers` of which differ."""
    if sizes["length"] < 2 * SHORTEST:
        raise DataError(
            f"tasks.keywords.length: got {sizes['length']}, expected at least {2 * SHORTEST}: the "
            "shortest text is half as long, and has room for a keyword and two *not*",
            page="bad-config",
        )
    fillers = tuple(f"word_{number}" for number in range(1, sizes["fillers"] + 1))
    symbols = (*KEYWORDS, NEGATOR, *fillers)
    negating = name == "keywords_negated"
    splits = {
        split: _drawn(sizes[f"n_{split}"], sizes, rng, negating=negating)
        for split, rng in split_generators(seeds).items()
    }
    return Task(name, "keywords", symbols, CLASSES, splits, GATE)


def _drawn(n: int, sizes: Mapping[str, int], rng: np.random.Generator, *, negating: bool) -> Split:
    labels = np.arange(n) % len(CLASSES)
    lengths = rng.integers(sizes["length"] // 2, sizes["length"] + 1, size=n)
    texts = [
        _text(int(label), int(length), sizes["fillers"], rng, negating=negating)
        for label, length in zip(labels, lengths, strict=True)
    ]
    return at_end(Sequences.from_list(texts), labels)


def _text(
    label: int, length: int, n_fillers: int, rng: np.random.Generator, *, negating: bool
) -> np.ndarray:
    text = FIRST_FILLER + rng.integers(n_fillers, size=length, dtype=np.int32)
    negated = negating and bool(rng.integers(2))
    place = int(rng.integers(1, length))
    if negated:
        text[place - 1] = NOT
    polarity = label ^ int(negated)
    text[place] = polarity * len(BLAME) + rng.integers(len(BLAME))
    if negating and rng.integers(2):
        text[rng.choice([at for at in range(length) if at not in (place - 1, place)])] = NOT
    return text
