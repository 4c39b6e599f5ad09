"""Every word that a hunt finds is one that the network gets wrong."""

import numpy as np
import pytest

from markovlens.errors import ConfigError, DataError
from markovlens.machines.machine import automaton
from markovlens.reliance.repairing.hunting import Ground, broken, first_wrong, hunt
from markovlens.reliance.repairing.planting import frozen_after, machine, machine_in
from markovlens.reliance.repairing.specification import Specification
from markovlens.sequences import Sequences
from markovlens.tasks.formal import AUTOMATA

RIGHT = machine_in("contains_0110")
WRONG = machine(frozen_after(AUTOMATA["contains_0110"], "10101"))
LIKE = Sequences.from_strings(["0110100", "1", "0001101"] * 5, "01")


class Answers:
    """A network that is a machine."""

    def __init__(self, machine):
        self.outputs = machine.predict


def ground(specification=RIGHT, **names):
    given = Specification.of(specification, names.get("symbols"), names.get("classes"))
    return Ground.of(given, LIKE, None)


def test_a_machine_that_is_the_network_leads_to_nothing_but_counterexamples():
    found = hunt(Answers(WRONG), WRONG, ground(), 50, np.random.default_rng(0))
    assert found.wrong["machine"] == found.asked["machine"] == 50
    assert len(set(found.words)) == len(found.words) >= 40
    words = Sequences.from_list([np.array(word) for word in found.words])
    assert broken(Answers(WRONG), ground().specification, words).all()
    assert not broken(Answers(RIGHT), ground().specification, words).any()


def test_words_on_which_the_machine_was_wrong_about_the_network_are_spurious():
    found = hunt(Answers(RIGHT), WRONG, ground(), 50, np.random.default_rng(0))
    assert found.asked["machine"] == 50
    assert found.words == ()
    assert set(found.wrong.values()) == {0}


def test_a_rare_bug_is_met_by_the_machine_and_not_by_chance():
    rare = machine(frozen_after(AUTOMATA["contains_0110"], "111010111"))
    found = hunt(Answers(rare), rare, ground(), 50, np.random.default_rng(0))
    assert found.wrong["machine"] == 50
    assert found.wrong["random"] <= 2


def test_a_function_is_held_against_the_network_by_tests_alone():
    def never_two(words):
        after = np.append(-1, words.values[:-1])
        after[words.starts] = -1
        return np.where((words.values == 1) & (after == 1), 0, -1)

    held = ground(never_two, symbols=["0", "1"], classes=["reject", "accept"])
    always = automaton(np.zeros((1, 2), int), np.array([True]), start=0, symbols=("0", "1"))
    found = hunt(Answers(always), always, held, 50, np.random.default_rng(0))
    assert set(found.asked) == {"random", "mutation", "near"}
    assert all("11" in "".join(map(str, word)) for word in found.words)
    words = Sequences.from_list([np.array(word) for word in found.words])
    assert min(first_wrong(Answers(always), held.specification, words), key=len)[-2:] == (1, 1)


def test_no_answer_is_a_wrong_answer():
    class Silent:
        def outputs(self, words):
            return np.full((words.n_steps, 2), np.nan)

    assert broken(Silent(), ground().specification, LIKE).all()


def test_where_nothing_is_specified_nothing_is_wrong():
    class Silent:
        def outputs(self, words):
            return np.full((words.n_steps, 2), np.nan)

    def open_question(words):
        return np.full(words.n_steps, -1)

    held = ground(open_question, symbols=["0", "1"], classes=["no", "yes"])
    assert not broken(Silent(), held.specification, LIKE).any()


@pytest.mark.parametrize(
    ("given", "names", "kind", "said"),
    [
        (len, {}, DataError, "expected `symbols` and `classes` beside a function"),
        (len, {"symbols": ["0"], "classes": ["a"]}, DataError, "two or more to decide between"),
        (3, {}, ConfigError, "expected a function of words"),
        ("expert.dot", {}, DataError, "got 'expert.dot'; a file of a machine is read by"),
        (
            lambda words: np.zeros(3, int),
            {"symbols": ["0", "1"], "classes": ["a", "b"]},
            DataError,
            "expected a class for each of 75 steps, got an array",
        ),
        (
            lambda words: np.full(words.n_steps, 2),
            {"symbols": ["0", "1"], "classes": ["a", "b"]},
            DataError,
            "specification: classes",
        ),
    ],
)
def test_what_is_no_specification_is_refused(given, names, kind, said):
    with pytest.raises(kind, match=said):
        ground(given, **names).specification.wanted(LIKE)


def test_more_of_a_rare_bug_is_found_beside_the_words_that_show_it():
    rare = machine(frozen_after(AUTOMATA["contains_0110"], "0101010"))
    found = hunt(Answers(rare), RIGHT, ground(), 400, np.random.default_rng(0))
    assert "machine" not in found.asked  # it is thought to be right: nothing tells where to look
    met = found.wrong["random"] + found.wrong["mutation"] + found.wrong["coverage"]
    assert found.wrong["near"] > 5 * met > 0
