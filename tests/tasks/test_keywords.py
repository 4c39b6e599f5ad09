"""Texts with one keyword: labels, places, and which words are the evidence."""

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks.evidence import evidence_of
from markovlens.tasks.keywords import BLAME, KEYWORDS, NOT


@pytest.mark.parametrize("name", ["keywords", "keywords_negated"])
def test_the_word_and_what_is_before_it_make_the_label(small, name):
    task = small(name, n_test=200)
    split = task.splits["test"]
    for word, start in zip(split.inputs, split.inputs.starts, strict=True):
        (place,) = np.flatnonzero(word < len(KEYWORDS))
        negated = place > 0 and word[place - 1] == NOT
        label = split.targets[start + len(word) - 1]
        assert label == int((word[place] >= len(BLAME)) != negated)
        found = evidence_of(name, Sequences.from_list([word]))
        expected = {int(place), int(place) - 1} if negated else {int(place)}
        assert set(np.flatnonzero(found)) == expected
    nots = (split.inputs.values == NOT).sum()
    assert (nots > 0) == (name == "keywords_negated")


def test_a_negator_at_the_end_of_the_text_before_is_no_evidence():
    inputs = Sequences.from_list([np.array([9, NOT]), np.array([0, 9])])
    assert evidence_of("keywords_negated", inputs).tolist() == [False, False, True, False]


def test_the_first_0110_is_the_evidence_and_no_later_one():
    words = Sequences.from_list([np.array([0, 0, 1, 1, 0, 1, 1, 0]), np.array([1, 1, 0])])
    found = evidence_of("contains_0110", words)
    assert found.tolist() == [False, *4 * [True], *3 * [False], *3 * [False]]


def test_reviews_have_no_known_evidence():
    assert evidence_of("sentiment", Sequences.from_list([np.array([1, 2])])) is None


def test_texts_without_room_are_refused(small):
    with pytest.raises(DataError, match="expected at least 8"):
        small("keywords", length=7)
