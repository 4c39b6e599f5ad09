"""What a repair and its control learn, and that they are judged on something else."""

import numpy as np
import pytest

import markovlens as ml
from markovlens.activations.oracle import Oracle
from markovlens.errors import DataError
from markovlens.reliance.repairing import work
from markovlens.reliance.repairing.hunting import first_wrong
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.specification import Specification
from markovlens.reliance.repairing.splitting import begins, words_of
from markovlens.reliance.repairing.standing import Judge
from markovlens.sequences import Sequences
from markovlens.tasks.formal import AUTOMATA, balanced_strings

# So few steps that the second hunt finds words, too.
OPTIONS = RepairOptions(
    words=150, fresh=200, steps=5, rounds=2, queries=1000, bootstraps=50, n_states=(4, 5)
)
WORDS = balanced_strings(AUTOMATA["contains_000"], 200, longest=10, rng=np.random.default_rng(5))
TEST = balanced_strings(AUTOMATA["contains_000"], 100, longest=10, rng=np.random.default_rng(6))


@pytest.fixture(scope="module")
def seen(buggy):
    """Return a repair, all words of its lessons by who learned them, and what judged it."""
    lessons, judges = {True: set(), False: set()}, []
    fine_tune = work.fine_tune

    def learn(network, taught, *rest, exactly=None, **others):
        for padded in (part for lesson in taught for part in (lesson.learn, lesson.valid)):
            rows = zip(padded.inputs.tolist(), padded.lengths.tolist(), strict=True)
            lessons[exactly is None].update(tuple(row[:length]) for row, length in rows)
        return fine_tune(network, taught, *rest, exactly=exactly, **others)

    def judge(*given):
        judges.append(Judge(*given))
        return judges[0]

    network, right, _ = buggy
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "fine_tune", learn)
        patch.setattr(work, "Judge", judge)
        found = ml.repair(network, right, WORDS, test=TEST, options=OPTIONS, seed=1)
    return found, lessons, judges[0]


def test_no_lesson_shows_where_a_word_held_out_goes_wrong(seen, buggy):
    found, lessons, judge = seen
    assert len(found.rounds[1].caught.words) > 20
    oracle = Oracle(buggy[0], like=WORDS, link="classes")
    held = set(first_wrong(oracle, found.specification, judge.held_out))
    assert len(judge.held_out) > 20
    assert len(held) >= 5
    for learned in lessons.values():
        assert len(learned) > 200
        assert not [word for word in learned if begins(word, held)]


def test_fresh_words_are_different_and_nobody_learned_them(seen):
    found, lessons, judge = seen
    fresh = words_of(judge.fresh)
    assert len(fresh) == len(set(fresh)) == found.after.fresh.n_sequences == 600
    assert not set(fresh) & (lessons[True] | lessons[False])
    assert not set(fresh) & {
        word for some in found.counterexamples.values() for word in words_of(some)
    }


def test_accuracy_is_on_the_test_sequences_that_are_not_learned(seen):
    found, _, _ = seen
    left = [word for word in words_of(TEST) if word not in set(words_of(WORDS))]
    assert found.after.accuracy.n_sequences == len(left) < len(TEST)


def test_where_all_words_were_learned_there_is_nothing_to_judge_by(buggy):
    every = [word for n in range(1, 7) for word in np.ndindex(*[2] * n)]
    words = Sequences.from_list([np.array(word) for word in np.ndindex(2, 2, 2)])
    options = RepairOptions(words=50, longest=1)
    network, right, _ = buggy
    made = work.Work.of(
        network, Specification.of(right, None, None), words, test=None, options=options, seed=0
    )
    with pytest.raises(DataError, match="not learned, to judge by, got none; allow longer ones"):
        made._fresh({"train": every})
