"""Movie-review snippets: is it praise or blame? Read word by word, answered after the last.

Source: 10,605 one-sentence snippets (Pang & Lee, "Seeing stars", 2005), each rated from -4 to 4 by
some twenty people (Hutto & Gilbert, "VADER", 2014).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.spelling import UNKNOWN
from markovlens.tasks.base import Split, Task
from markovlens.tasks.labelled import at_end, stratified_splits

CLASSES = ("negative", "positive")
GATE = 0.70
WORD = re.compile(r"\w+(?:'\w+)*")


@dataclass(frozen=True, slots=True)
class Review:
    """One snippet.

    Attributes:
        words: in lower case, without punctuation.
        label: 1 for a positive mean rating, 0 for a negative one.
    """

    words: tuple[str, ...]
    label: int


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, movie_reviews: Path
) -> Task:
    """Return the task; `vocabulary` counts the known words and `<unk>`, symbol 0.

    The words are the most frequent ones of the training reviews; the two other splits had no say.
    """
    reviews = read_reviews(movie_reviews)
    chosen = stratified_splits(
        np.array([review.label for review in reviews]),
        sizes,
        family="sentiment",
        rng=np.random.default_rng(seeds),
    )
    train = [reviews[index] for index in chosen["train"]]
    symbols = vocabulary(train, size=sizes["vocabulary"])
    identity = {word: index for index, word in enumerate(symbols)}
    splits = {
        split: _encoded([reviews[index] for index in indices], identity)
        for split, indices in chosen.items()
    }
    return Task(name, "sentiment", symbols, CLASSES, splits, GATE)


def read_reviews(path: str | Path) -> list[Review]:
    """Return the reviews of the file, each once, without the 37 whose mean rating is exactly 0.

    Raises:
        DataError: the file is missing, or a line is not `number TAB rating TAB text`.
    """
    with naming(path):
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        parsed = [_parse(line, f"{path}, line {n}") for n, line in enumerate(lines, start=1)]
    # Two snippets occur twice; once, so that none is both learnt and tested.
    unique = {words: rating for words, rating in parsed if words and rating}
    return [Review(words, int(rating > 0)) for words, rating in unique.items()]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of `text` in lower case; an apostrophe within a word belongs to it."""
    return tuple(WORD.findall(text.lower()))


def vocabulary(reviews: list[Review], *, size: int) -> tuple[str, ...]:
    """Return `<unk>` and the `size - 1` most frequent words, equally frequent ones by alphabet."""
    counts = Counter(word for review in reviews for word in review.words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return (UNKNOWN, *ranked[: size - 1])


def _parse(line: str, where: str) -> tuple[tuple[str, ...], float]:
    fields = line.split("\t")
    if len(fields) != 3:
        raise DataError(
            f"{where}: expected number, rating and text, with tabs between them",
            page="download-damaged",
        )
    return words_of(fields[2]), float(fields[1])


def _encoded(reviews: list[Review], identity: Mapping[str, int]) -> Split:
    """Return the reviews as symbols, with the label as the target of the last word."""
    inputs = Sequences.from_list(
        [
            np.array([identity.get(word, 0) for word in review.words], dtype=np.int32)
            for review in reviews
        ]
    )
    return at_end(inputs, np.array([review.label for review in reviews]))
