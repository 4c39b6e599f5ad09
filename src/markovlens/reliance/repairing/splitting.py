"""Who learns which words: nothing is judged on a word whose answer another one gave away.

Words are labelled after every step, so that a counterexample says what is right of each of its
beginnings, too. Those with the same shortest wrong beginning are one thing: they are learned, or
held out, together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS

SHARES = (0.6, 0.8)  # up to which words are learned, and up to which they decide when to stop
FEWEST = 5  # sequences, or wrong beginnings, that can be split
TRIES = 10  # draws, each of as many words as are wanted, before fewer are enough
Word = tuple[int, ...]
Words = dict[str, list[Word]]  # by split


def parted(number: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the places of three, one and one fifth of so many things, at least one of each."""
    ends = [max(at, round(share * number)) for at, share in enumerate(SHARES, start=1)]
    return [np.sort(part) for part in np.split(rng.permutation(number), ends)]


def words_of(sequences: Sequences) -> list[Word]:
    """Return sequences of symbols as tuples."""
    return [tuple(word.tolist()) for word in sequences]


def split_sequences(sequences: Sequences, rng: np.random.Generator) -> dict[str, Sequences]:
    """Return sequences by split, all copies of one in the same; raises `DataError` if too few."""
    kind = "symbols" if sequences.are_symbols else "rows"
    number: dict[Word, int] = {}
    words = words_of(sequences) if sequences.are_symbols else []
    place = np.array([number.setdefault(word, len(number)) for word in words])
    if len(number) < FEWEST:
        raise DataError(
            f"sequences: expected {FEWEST} or more different ones of symbols, got "
            f"{len(sequences)} of {kind}",
            page="too-few",
        )
    parts = zip(SPLITS, parted(len(number), rng), strict=True)
    return {name: sequences.select(np.flatnonzero(np.isin(place, part))) for name, part in parts}


def without(test: Sequences, *learned: Sequences) -> Sequences:
    """Return the test sequences that are not among others; raises `DataError` if none is left."""
    known = {word for some in learned for word in words_of(some)}
    kept = np.flatnonzero([word not in known for word in words_of(test)])
    if not len(kept):
        raise DataError(
            f"test: expected sequences that are not learned, got {len(test)} that all are; give "
            "others",
            page="nothing-there",
        )
    return test.select(kept)


def split_found(
    wrong: Mapping[Word, Word], shown: Iterable[Word], rng: np.random.Generator
) -> tuple[Words, frozenset[Word]]:
    """Return counterexamples by split, and the wrong beginnings of those held out.

    A beginning that rehearsed sequences show is none to hold out. Where there are few beginnings,
    all words are learned and stopped by, and none is held out.

    Args:
        wrong: of each counterexample its shortest beginning after which the network is wrong.
        shown: words that are learned anyway.
        rng: of the split.
    """
    groups = list(dict.fromkeys(wrong.values()))
    if len(groups) < FEWEST:
        return {"train": list(wrong), "valid": list(wrong), "test": []}, frozenset()
    known = {word[:n] for word in shown for n in range(1, len(word) + 1)}
    groups = [groups[at] for at in rng.permutation(len(groups)).tolist()]
    n_each = len(groups) - round(SHARES[1] * len(groups))
    held = frozenset([each for each in groups if each not in known][:n_each])
    valid = frozenset([each for each in groups if each not in held][:n_each])
    split: Words = {name: [] for name in SPLITS}
    for word, begin in wrong.items():
        split["test" if begin in held else "valid" if begin in valid else "train"].append(word)
    return split, held


def begins(word: Word, beginnings: Collection[Word]) -> bool:
    """Return whether a word begins like any of these."""
    return any(word[:n] in beginnings for n in {len(each) for each in beginnings})


def distinct(
    draw: Callable[[], Sequences], n_words: int, refused: Callable[[Word], bool]
) -> list[Word]:
    """Return so many different words that are not refused; fewer where hardly any are left."""
    found: dict[Word, None] = {}
    for _ in range(TRIES):
        if len(found) >= n_words:
            break
        found |= dict.fromkeys(word for word in words_of(draw()) if not refused(word))
    return list(found)[:n_words]
