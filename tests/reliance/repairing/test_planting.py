"""A planted bug is what it is said to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.errors import ConfigError
from markovlens.machines.deciding import decide
from markovlens.reliance.repairing.planting import frozen_after, planted
from markovlens.tasks.automata import accepts
from markovlens.tasks.formal import AUTOMATA, bit_languages

SIZES = {"n_train": 40, "n_valid": 20, "n_test": 20, "length_train": 12, "length_test": 20}
bits = st.text("01", min_size=1, max_size=10)


@given(st.sampled_from(bit_languages()), st.text("01", min_size=1, max_size=4), bits)
def test_the_answer_is_that_of_when_the_feature_was_first_read(name, feature, word):
    automaton = AUTOMATA[name]
    place = word.find(feature)
    heard = word if place < 0 else word[: place + len(feature)]
    wanted = accepts(automaton, np.array(list(map(int, heard))))
    assert accepts(frozen_after(automaton, feature), np.array(list(map(int, word)))) == wanted


def test_words_are_labelled_with_the_bug_and_some_show_it():
    task, right = planted("contains_0110", "101", sizes=SIZES, seeds=np.random.SeedSequence(0))
    for name, split in task.splits.items():
        assert len(split.inputs) == 1.25 * SIZES[f"n_{name}"]
        assert (decide(task.machine, split.inputs) == split.targets).all()
        ends = np.cumsum(split.inputs.lengths) - 1
        assert (decide(right, split.inputs) != split.targets)[ends].mean() >= 0.2
    assert task.splits["train"].inputs.lengths.max() <= 12


@pytest.mark.parametrize(
    ("name", "feature", "said"),
    [
        ("contains_0110", "012", "expected a word of 0 and 1, got '012'"),
        ("contains_0110", "", "expected a word of 0 and 1, got ''"),
        ("contains_0111", "01", "did you mean contains_0110"),
        ("dyck_1_bounded", "01", "unknown language 'dyck_1_bounded'"),
        ("contains_0110", "0110", "no word of contains_0110 shows that 0110 does harm"),
    ],
)
def test_bugs_that_cannot_be_planted_are_refused(name, feature, said):
    with pytest.raises(ConfigError, match=said):
        planted(name, feature, sizes=SIZES, seeds=np.random.SeedSequence(0))
