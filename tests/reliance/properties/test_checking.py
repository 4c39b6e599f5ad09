"""What is computed for a machine is what going through all its words and paths gives."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import markovlens as ml
from helpers.machines import random_machine
from helpers.properties import breach_of, first_breach, paths, words_of
from markovlens.faithfulness.scores.shrinking import NEVER
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import Inputs, any_word, drawn_words
from markovlens.sequences import Sequences

PROPERTIES = [
    "never state 2",
    "always answers 'class 0'",
    "state 1 at most 1 times",
    "after reads 0, answers 'class 1' within 1 steps",
    "after state 0, next state 1 or 2",
    "after reads 1, never answers 'class 0' until state 1",
    "answers 'class 0' only after reads 0",
]
LONGEST = 4


def freely(machine):
    return any_word(machine, Alphabet.free(machine.n_symbols))


def evenly(n_symbols, stop=0.0):
    """Return words of symbols that are all as likely, each of which may be the last."""
    each = np.full(n_symbols, (1 - stop) / n_symbols)
    where, symbols = np.zeros(n_symbols, dtype=int), np.arange(n_symbols)
    return Inputs(where, symbols, where, each, 1, np.ones(n_symbols, dtype=bool), "frequencies")


@pytest.mark.parametrize("text", PROPERTIES)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hard", [True, False])
def test_a_violation_is_a_shortest_word_that_breaches_it(text, seed, hard):
    machine = random_machine(3, 2, 2, seed=seed)
    machine = harden(machine) if hard else machine
    stated = parsed(text)
    found = answered_by(machine, stated, freely(machine))
    able = [
        length
        for length in range(1, LONGEST + 1)
        if any(breach_of(machine, stated, word) > 0 for word in words_of(2, length))
    ]
    if not able:
        assert found.holds or len(found.words[0].symbols) > LONGEST
        return
    assert found.holds is False
    (word,) = found.words
    assert len(word.symbols) == able[0]
    assert first_breach(machine, stated, word.symbols, word.states) == len(word.symbols) - 1
    likeliest = max(
        likely
        for states, likely in paths(machine, word.symbols)
        if first_breach(machine, stated, word.symbols, states) == len(word.symbols) - 1
    )
    assert dict(paths(machine, word.symbols))[word.states] == pytest.approx(likeliest)
    assert word.probability == pytest.approx(breach_of(machine, stated, word.symbols))


@pytest.mark.parametrize("text", PROPERTIES)
@pytest.mark.parametrize("seed", range(3))
def test_the_probability_within_some_steps_is_the_sum_over_words(text, seed):
    machine = random_machine(3, 2, 2, seed=seed)
    asked = replace(parsed(text), asks=True, steps=LONGEST)
    (least, most) = answered_by(machine, asked, evenly(2)).probability
    summed = np.mean([breach_of(machine, asked, word) for word in words_of(2, LONGEST)])
    assert least == most == pytest.approx(summed, abs=1e-12)


def chain(*rows, goal):
    """Return an autonomous machine that begins in state 0, and answers 1 in state `goal`."""
    transition = np.array(rows, dtype=float)[None]
    readout = np.eye(2)[(np.arange(len(rows)) == goal).astype(int)]
    seen = np.ones((1, len(rows)), dtype=bool)
    return Machine(np.eye(len(rows))[[0]], transition, readout, (), ("0", "1"), seen)


def test_the_gambler_is_ruined_as_the_formula_says():
    p, size = 0.4, 6  # from 1, up with p, down with 1 - p, until 0 or 6
    rows = np.zeros((size + 1, size + 1))
    rows[0, 0] = rows[size, size] = 1
    for at in range(1, size):
        rows[at, at + 1], rows[at, at - 1] = p, 1 - p
    order = [1, 0, *range(2, size + 1)]
    machine = chain(*rows[order][:, order], goal=size)
    found = answered_by(machine, parsed("probability of answers 1"), freely(machine))
    ratio = (1 - p) / p
    wins = (1 - ratio) / (1 - ratio**size)
    assert found.probability == pytest.approx((wins, wins), abs=1e-12)


def test_a_coin_comes_at_last_and_within_n_steps_by_the_geometric_law():
    machine = chain([0.75, 0.25], [0, 1], goal=1)
    words = freely(machine)
    ever = answered_by(machine, parsed("probability of answers 1 at most 0.5"), words)
    assert ever.probability == pytest.approx((1, 1))
    # The first symbol leads into state 0 for sure: n steps are n - 1 throws.
    within = answered_by(machine, parsed("probability of answers 1 within 4 steps"), words)
    assert within.probability == pytest.approx((1 - 0.75**3,) * 2)
    listed = [word.probability for word in ever.words]
    assert listed == pytest.approx([0.25 * 0.75**k for k in range(3)])  # until 0.5 is passed


def test_choices_of_symbols_give_the_least_and_the_most():
    # Symbol 0 loses (state 1) or wins (state 2) by .3, symbol 1 by .6, symbol 2 waits.
    moves = np.zeros((3, 3, 3))
    moves[0, 0], moves[1, 0], moves[2, 0] = [0, 0.7, 0.3], [0, 0.4, 0.6], [1, 0, 0]
    moves[:, 1, 1] = moves[:, 2, 2] = 1
    begin = np.tile([1.0, 0, 0], (3, 1))
    machine = Machine(begin, moves, np.eye(3), ("a", "b", "wait"), ("-", "lost", "won"),
                      np.ones((3, 3), dtype=bool))  # fmt: skip
    free = answered_by(machine, parsed("probability of reaching won"), freely(machine))
    assert free.probability == pytest.approx((0, 0.6))  # it may be waited for ever
    forced = any_word(machine, Alphabet((), (0, 1), ()))
    assert answered_by(machine, parsed("probability of won"), forced).probability == (
        pytest.approx((0.3, 0.6))
    )
    two = parsed("probability of won within 2 steps")
    assert answered_by(machine, two, forced).probability == pytest.approx((0.3, 0.6))
    at_least = answered_by(machine, parsed("probability of won at least 0.2"), forced)
    assert at_least.holds
    assert not answered_by(machine, parsed("probability of won at least 0.5"), forced).holds


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 3))
@example(37, 2, 2)  # one state is left once in 10^10 steps
def test_any_number_of_steps_is_the_limit_of_each_strategy(seed, n_states, n_symbols):
    machine = random_machine(n_states, n_symbols, 2, seed=seed)
    asked = parsed("probability of 'class 1'")
    moves = np.concatenate([machine.transition, machine.initial[:, None]], axis=1)
    moves = np.concatenate([moves, np.zeros((n_symbols, n_states + 1, 1))], axis=2)
    goal = machine.readout.argmax(axis=1) == 1
    moves[:, :-1][:, goal] = np.eye(n_states + 1)[:-1][goal]
    limits = [
        in_the_long_run(moves[list(strategy), np.arange(n_states + 1)])[-1, :-1][goal].sum()
        for strategy in product(range(n_symbols), repeat=n_states + 1)
    ]
    found = answered_by(machine, asked, freely(machine)).probability
    assert found == pytest.approx((min(limits), max(limits)), abs=1e-6)
    each = np.append(goal, False)[:, None] | np.zeros(n_states + 1, dtype=bool)
    drawn = np.where(each, moves[0], 0.95 * moves.mean(axis=0))
    sure = in_the_long_run(drawn)[-1, :-1][goal].sum()
    words = evenly(n_symbols, stop=0.05)
    assert answered_by(machine, asked, words).probability == pytest.approx((sure,) * 2, abs=1e-9)


def in_the_long_run(chain):
    """What rounding loses of a row would double with each squaring: rows keep their sum of 1."""
    lost = np.maximum(1 - chain.sum(axis=1, keepdims=True), 0)
    whole = np.vstack([np.hstack([chain, lost]), np.eye(len(chain) + 1)[-1]])
    for _ in range(60):  # 2^60 steps
        whole = whole @ whole
        whole /= whole.sum(axis=1, keepdims=True)
    return whole[:-1, :-1]


def test_words_are_drawn_as_often_as_in_the_sequences():
    machine = random_machine(2, 3, 2)
    words = drawn_words(machine, Sequences(np.array([0, 1, 1, 2, 1]), np.array([3, 2])), "pairs")
    assert words.probability([0, 1]) == pytest.approx(0.5)
    assert words.probability([0, 1, 1]) == pytest.approx(0.5 / 3)  # after 1: 1, end, end
    assert words.probability([2, 1, 1]) == pytest.approx(0.5 / 3)
    plain = drawn_words(
        machine, Sequences(np.array([0, 1, 1, 2, 1]), np.array([3, 2])), "frequencies"
    )
    assert plain.probability([0, 1, 1]) == pytest.approx(0.5 * (3 / 5) ** 2)


def test_marks_stand_where_they_belong():
    machine = harden(random_machine(3, 4, 2, seed=1))
    inputs = any_word(machine, Alphabet((0,), (1, 2), (3,)))
    found = answered_by(machine, parsed("reads 3 at most 1 times"), inputs)
    assert found.holds
    (word,) = answered_by(machine, parsed("reads 3 at most 0 times"), inputs).words
    assert word.symbols in {(0, 3)}


def test_moves_that_were_seen_are_preferred_and_others_told():
    moves = np.array([[[0.0, 1], [0, 1]], [[0, 1], [0, 1]]])
    seen = np.array([[False, True], [True, True]])
    machine = Machine(np.tile([1.0, 0], (2, 1)), moves, np.eye(2), ("a", "b"), ("0", "1"), seen)
    (word,) = ml.check(machine, "never answers 1").words
    assert (word.symbols[1], word.seen) == (1, True)
    (other,) = ml.check(machine, "never (answers 1 and reads a)").words
    assert not other.seen
    assert "never seen when the machine was built" in repr(
        ml.check(machine, "never (answers 1 and reads a)")
    )


def test_no_breach_is_the_empty_list_of_words():
    machine = random_machine(2, 2, 2)
    found = ml.check(machine, "never not state 0 and not state 1")
    assert found.holds
    assert found.words == ()
    assert NEVER == -1
