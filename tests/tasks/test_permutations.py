"""Composed permutations, and strings of one length."""

from itertools import permutations

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.machines.minimisation import minimise
from markovlens.tasks import make_task
from markovlens.tasks.automata import accepts
from markovlens.tasks.formal import AUTOMATA
from markovlens.tasks.lengths import exam
from markovlens.tasks.permutations import group

SIZES = {"n_train": 40, "n_valid": 20, "n_test": 30, "length_train": 8, "length_test": 12}


@pytest.mark.parametrize(("n", "size"), [(3, 6), (5, 120)])
def test_the_moves_reach_every_permutation_once(n, size):
    found, successor = group(n)
    assert len(found) == size
    assert set(found) == set(permutations(range(n)))
    for column in successor.T:  # a move can be undone
        assert sorted(column) == list(range(size))


@pytest.mark.parametrize("name", ["s3", "s5"])
def test_what_is_asked_is_where_the_moves_lead(name):
    """Composed anew, by moving things about, for every prefix."""
    task, n = make_task(name, sizes=SIZES, seed=0), int(name[1:])
    split = task.splits["test"]
    answers = []
    for string in split.inputs:
        places = list(range(n))
        for move in string:
            if move:
                places = [(place + 1) % n for place in places]
            else:
                places = [{0: 1, 1: 0}.get(place, place) for place in places]
            answers.append("".join(str(place + 1) for place in places))
    assert [task.classes[target] for target in split.targets] == answers


def test_the_true_machine_is_minimal_and_right():
    task = make_task("s3", sizes=SIZES, seed=0)
    split = task.splits["valid"]
    said = task.machine.predict(split.inputs).argmax(axis=1)
    np.testing.assert_array_equal(said, split.targets)
    assert minimise(task.machine).n_states == len(task.classes) == 6


@pytest.mark.parametrize("name", ["parity", "contains_000", "dyck_1_bounded"])
def test_an_exam_has_one_length_and_both_answers(name):
    split = exam(name, length=40, n=50, rng=np.random.default_rng(0))
    assert (split.inputs.lengths == 40).all()
    last = split.targets.reshape(50, 40)
    assert (last[:, :-1] == -1).all()
    assert last[:, -1].sum() == 25
    wanted = [accepts(AUTOMATA[name], string) for string in split.inputs]
    np.testing.assert_array_equal(last[:, -1], wanted)


def test_rejected_strings_of_an_exam_are_near_misses_in_part():
    """One changed bracket of a balanced string leaves the counts of both two apart."""
    split = exam("dyck_1_bounded", length=100, n=60, rng=np.random.default_rng(0))
    signed = 1 - 2 * split.inputs.values.reshape(60, 100)
    near = np.abs(signed[30::2].sum(axis=1)) == 2
    assert near.all()


def test_a_language_without_strings_of_a_length_is_asked_for_others():
    split = exam("dyck_1_bounded", length=7, n=10, rng=np.random.default_rng(0))
    assert split.targets.max() == 0


def test_an_exam_of_permutations_asks_for_the_last_one():
    split = exam("s5", length=30, n=20, rng=np.random.default_rng(0))
    last = split.targets.reshape(20, 30)[:, -1]
    np.testing.assert_array_equal(last, split.truth.reshape(20, 30)[:, -1])
    assert len(set(last)) > 10


def test_a_task_without_an_automaton_is_refused():
    with pytest.raises(DataError, match="task mess3: expected a language with an automaton"):
        exam("mess3", length=4, n=2, rng=np.random.default_rng(0))
