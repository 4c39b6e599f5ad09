import re
from itertools import accumulate, groupby, pairwise, product

import numpy as np
import pytest

from markovlens.sequences import Sequences
from markovlens.tasks.automata import accepts, run
from markovlens.tasks.base import SPLITS
from markovlens.tasks.formal import AUTOMATA, CLASSES, edited, near_misses, nesting

ALL_UP_TO_10 = ["".join(s) for length in range(1, 11) for s in product("01", repeat=length)]
STATES = {
    "equals_0110": 6,
    "contains_0110": 5,
    "contains_000": 4,
    "tomita_1": 2,
    "tomita_2": 3,
    "tomita_3": 5,
    "tomita_4": 4,
    "tomita_5": 4,
    "tomita_6": 3,
    "tomita_7": 5,
    "parity": 2,
    "dyck_1_bounded": 5,
}


def has_odd_ones_then_odd_zeros(string):
    odd = [symbol for symbol, block in groupby(string) if len(list(block)) % 2]
    return "0" in odd[odd.index("1") :] if "1" in odd else False


def is_balanced(string, deepest=None):
    """Cross out pairs until none is left; 0 opens and 1 closes."""
    depths = accumulate(1 if symbol == "0" else -1 for symbol in string)
    rest = string
    while "01" in rest:
        rest = rest.replace("01", "")
    return not rest and (deepest is None or max(depths) <= deepest)


# Definitions of the languages that have nothing to do with automata.
LANGUAGES = {
    "equals_0110": lambda s: s == "0110",
    "contains_0110": lambda s: "0110" in s,
    "contains_000": lambda s: "000" in s,
    "tomita_1": lambda s: "0" not in s,
    "tomita_2": lambda s: re.fullmatch("(10)*", s) is not None,
    "tomita_3": lambda s: not has_odd_ones_then_odd_zeros(s),
    "tomita_4": lambda s: "000" not in s,
    "tomita_5": lambda s: s.count("0") % 2 == 0 and s.count("1") % 2 == 0,
    "tomita_6": lambda s: (s.count("0") - s.count("1")) % 3 == 0,
    "tomita_7": lambda s: re.fullmatch("0*1*0*1*", s) is not None,
    "parity": lambda s: s.count("1") % 2 == 1,
    "dyck_1_bounded": lambda s: is_balanced(s, deepest=3),
    "dyck_1": is_balanced,
}


def distance(first, second):
    """Return Levenshtein's number of edits between two lists."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        above, row = row, [i]
        for j, b in enumerate(second, start=1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


def text(string):
    return "".join(map(str, string))


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_automaton_accepts_exactly_its_language(name):
    automaton = AUTOMATA.get(name) or nesting(10)
    strings = Sequences.from_list([np.array([int(c) for c in s]) for s in ALL_UP_TO_10])
    verdicts = automaton.accepting[run(automaton, strings)][np.cumsum(strings.lengths) - 1]
    wrong = [s for s, got in zip(ALL_UP_TO_10, verdicts, strict=True) if got != LANGUAGES[name](s)]
    assert wrong == []


@pytest.mark.parametrize("name", AUTOMATA)
def test_the_automaton_is_complete_and_minimal(name):
    """All states are reached, and any two differ in their verdict on some continuation."""
    automaton = AUTOMATA[name]
    n_states = len(automaton.accepting)
    assert n_states == STATES[name]
    assert automaton.successor.shape == (n_states, 2)
    strings = [np.array(s, dtype=int) for t in range(7) for s in product((0, 1), repeat=t)]

    def verdicts(state):
        ends = []
        for string in strings:
            end = state
            for symbol in string:
                end = automaton.successor[end, symbol]
            ends.append(end)
        return tuple(ends), tuple(automaton.accepting[ends].tolist())

    assert set(verdicts(0)[0]) == set(range(n_states))
    assert len({verdicts(state)[1] for state in range(n_states)}) == n_states


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_prefix_has_its_label(small, name):
    task = small(name)
    for split in task.splits.values():
        labels = np.split(split.targets, np.cumsum(split.inputs.lengths)[:-1])
        for string, asked in zip(split.inputs, labels, strict=True):
            prefixes = [text(string[: step + 1]) for step in range(len(string))]
            assert [bool(label) for label in asked] == [LANGUAGES[name](p) for p in prefixes]


@pytest.mark.parametrize("name", LANGUAGES)
def test_half_of_the_strings_are_accepted_and_lengths_stay_in_range(small, name):
    task = small(name, n_train=400, n_valid=200, n_test=200)
    for split, longest in zip(SPLITS, (12, 24, 24), strict=True):
        part = task.splits[split]
        last = part.targets[np.cumsum(part.inputs.lengths) - 1]
        assert last.mean() == 0.5
        lengths = part.inputs.lengths
        assert lengths.min() <= 4
        assert longest - 1 <= lengths.max() <= longest


def test_lengths_are_uniform(small):
    """Near misses aside, for a language that has strings of each verdict at every length."""
    task = small("parity", n_train=6000)
    lengths = task.splits["train"].inputs.lengths.copy()
    kept = np.ones(len(lengths), dtype=bool)
    kept[3::4] = False  # every other rejected string is a near miss
    counts = np.bincount(lengths[kept])[1:]
    assert len(counts) == 12
    assert np.abs(counts / kept.sum() - 1 / 12).max() < 0.015


@pytest.mark.parametrize("name", AUTOMATA)
def test_the_true_machine_solves_its_task(small, name):
    task = small(name)
    assert task.machine.is_deterministic
    assert task.machine.n_states == STATES[name]
    assert task.classes == CLASSES
    for split in task.splits.values():
        np.testing.assert_array_equal(task.machine.run(split.inputs).argmax(-1), split.truth)
        np.testing.assert_array_equal(task.machine.predict(split.inputs).argmax(-1), split.targets)


def test_unbounded_nesting_has_no_machine_and_hides_its_counter(small):
    task = small("dyck_1", n_test=200)
    assert task.machine is None
    assert task.gate < 1
    assert (task.splits["test"].truth == -1).all()
    depths = np.concatenate(
        [np.cumsum(np.where(s == 0, 1, -1)) for s in task.splits["test"].inputs]
    )
    assert depths.max() > 6, "the test should go where a small counter would fail"


def test_near_misses_are_rejected_and_close_to_the_language():
    automaton, longest = AUTOMATA["contains_0110"], 7
    rng = np.random.default_rng(0)
    near = near_misses(automaton, 60, longest=longest, rng=rng)
    accepted = [
        np.array(s)
        for t in range(1, longest + 4)
        for s in product((0, 1), repeat=t)
        if accepts(automaton, np.array(s))
    ]
    assert len(near) == 60
    for string in near:
        assert not accepts(automaton, string)
        assert 1 <= len(string) <= longest
    closest = [min(distance(string.tolist(), a.tolist()) for a in accepted) for string in near[:15]]
    assert max(closest) <= 3


def test_edits_are_of_all_kinds_and_at_most_three():
    rng = np.random.default_rng(0)
    string = np.array([0, 1, 1, 0, 1, 0])
    results = [edited(string, rng) for _ in range(300)]
    assert {len(result) - len(string) for result in results} == set(range(-3, 4))
    assert max(distance(string.tolist(), result.tolist()) for result in results) == 3
    assert any(len(r) == len(string) and (r != string).sum() == 1 for r in results)
    assert set(np.concatenate(results)) == {0, 1}


def test_an_edit_may_leave_nothing():
    rng = np.random.default_rng(0)
    assert 0 in {len(edited(np.array([1]), rng)) for _ in range(50)}


def test_verdicts_take_turns(small):
    part = small("tomita_6").splits["train"]
    last = part.targets[np.cumsum(part.inputs.lengths) - 1]
    assert all(a != b for a, b in pairwise(last))
