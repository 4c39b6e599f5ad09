"""No word is judged of which another, learned, gave the answer away."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from markovlens.errors import DataError
from markovlens.reliance.repairing.splitting import (
    begins,
    distinct,
    split_found,
    split_sequences,
    without,
    words_of,
)
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS

BITS = some.lists(some.integers(0, 1), min_size=1, max_size=6).map(tuple)


def rng(seed=0):
    return np.random.default_rng(seed)


@given(some.dictionaries(BITS, some.integers(1, 3), min_size=1, max_size=60), some.lists(BITS))
def test_what_begins_alike_is_on_one_side_and_what_is_shown_is_not_held_out(ends, shown):
    wrong = {word: word[:end] for word, end in ends.items()}
    words, held = split_found(wrong, shown, rng())
    assert {wrong[word] for word in words["test"]} == held
    assert not any(wrong[word] in held for name in SPLITS[:2] for word in words[name])
    assert not any(begins(word, held) for word in shown)
    assert {word for each in words.values() for word in each} == set(wrong)
    if len(set(wrong.values())) >= 5:
        assert words["train"]
        assert words["valid"]
        assert words["test"] or all(
            any(word[: len(each)] == each for word in shown) for each in wrong.values()
        )


def test_a_fifth_of_the_beginnings_is_held_out():
    wrong = {(*begin, end): begin for begin in np.ndindex(10, 5) for end in (0, 1)}
    words, held = split_found(wrong, [], rng())
    assert [len(words[name]) for name in SPLITS] == [60, 20, 20]
    assert len(held) == 10


def test_few_beginnings_are_all_learned():
    words, held = split_found({(0, n): (0,) for n in range(9)}, [], rng())
    assert len(words["train"]) == len(words["valid"]) == 9
    assert not words["test"]
    assert not held


def test_copies_of_a_sequence_stay_together():
    sequences = Sequences.from_strings(["0", "1", "00", "01", "10", "11"] * 7, "01")
    parts = split_sequences(sequences, rng())
    assert [len(parts[name]) % 7 for name in SPLITS] == [0, 0, 0]
    sides = [set(words_of(parts[name])) for name in SPLITS]
    assert sum(map(len, sides)) == len(set().union(*sides)) == 6


def test_test_sequences_are_none_that_are_learned():
    test, learned = (Sequences.from_strings(each, "01") for each in (["0", "11", "1"], ["1", "0"]))
    assert words_of(without(test, learned)) == [(1, 1)]
    with pytest.raises(DataError, match="expected sequences that are not learned, got 2 that all"):
        without(learned, test)


def test_distinct_words_are_drawn_until_they_are_enough():
    stream = rng()
    draw = lambda: Sequences.from_list([stream.integers(2, size=3) for _ in range(4)])  # noqa: E731
    found = distinct(draw, 7, {(0, 0, 0)}.__contains__)
    assert len(found) == len(set(found)) == 7
    assert (0, 0, 0) not in found
    # There are but eight, and draws end.
    assert len(distinct(draw, 100, partial(begins, beginnings={(1,)}))) <= 4
