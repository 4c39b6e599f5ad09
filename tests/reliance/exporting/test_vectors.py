"""What a file's test of itself can find, and rows whose code rounding may turn."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.exports import LANGUAGES, codebooks, on_codebook
from helpers.machines import random_machine
from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.tree import Tree
from markovlens.machines.minimisation import harden
from markovlens.reliance.exporting import covering
from markovlens.reliance.exporting.plan import plan_of
from markovlens.reliance.exporting.rounding import unsure
from markovlens.reliance.exporting.trials import tried
from markovlens.reliance.exporting.vectors import vectors_of
from markovlens.sequences import Sequences

LEAF = -1
FIVE = tuple(Channel(f"x{place}") for place in range(5))


def of_one_class(n_symbols, n_states):
    """An automaton whose states nearly all decide alike, so that decisions tell little."""
    machine = harden(random_machine(n_states, n_symbols, 2, seed=n_states))
    readout = np.tile([0.9, 0.1], (n_states, 1))
    readout[-1] = [0.2, 0.8]
    return replace(machine, readout=readout)


def ran(machine):
    space = {"__name__": "machine"}
    exec(compile(machine.export("python").text, "machine.py", "exec"), space)
    return space


def reachable(moves):
    found, ahead = set(), set(moves.first.tolist())
    while ahead:
        found, ahead = found | ahead, set(moves.after[:, list(ahead)].ravel().tolist()) - found
        ahead -= found
    return found


@pytest.mark.parametrize(("n_symbols", "n_states"), [(2, 5), (30, 6), (1, 3), (2, 60)])
def test_one_wrong_move_is_noticed_wherever_it_is(n_symbols, n_states):
    machine = of_one_class(n_symbols, n_states)
    moves, space = plan_of(machine).moves, ran(machine)
    assert space["wrong_answers"]() == 0
    right, first = space["NEXT_MOVE"], space["FIRST_MOVE"]
    for symbol in range(n_symbols):
        space["FIRST_MOVE"] = [*first]
        space["FIRST_MOVE"][symbol] = (first[symbol] + 1) % n_states
        assert space["wrong_answers"]()
        space["FIRST_MOVE"] = first
        for state in reachable(moves):
            wrong = [list(row) for row in right]
            wrong[symbol][state] = (wrong[symbol][state] + 1) % n_states
            space["NEXT_MOVE"] = wrong
            assert space["wrong_answers"](), (symbol, state)
        space["NEXT_MOVE"] = right


def test_so_is_one_wrong_answer_of_a_state():
    machine = of_one_class(30, 6)
    space = ran(machine)
    for state in reachable(plan_of(machine).moves):
        wrong = [list(row) for row in machine.readout]
        wrong[state][0] += 1e-12
        space["READOUT"] = wrong
        assert space["wrong_answers"](), state


def test_rows_take_the_moves_of_their_codes():
    taken = vectors_of(plan_of(on_codebook(codebooks()["tree, row"])), None, seed=0).taken
    assert taken.n_taken == taken.n_moves > 20


@pytest.mark.parametrize("certain", [True, False])
def test_the_head_says_how_many_moves_are_tested(certain, monkeypatch):
    machine = of_one_class(30, 6) if certain else random_machine(6, 30, 2)
    plan = plan_of(machine)
    head = " ".join(machine.export("python").text[:2000].split())
    if not certain:
        assert "what they do not read is not tested" in head
        return
    n_moves = 30 * (1 + len(reachable(plan.moves)))
    assert f"which take {n_moves} of the {n_moves} moves" in head
    monkeypatch.setattr(covering, "MOST_STEPS", 40)
    fewer = vectors_of(plan, None, seed=0)
    assert fewer.inputs.n_steps < 40 + 2 * (covering.LONGEST_WALK + 6)
    assert fewer.taken.n_taken < n_moves


def test_each_symbol_of_a_belief_is_read_first_and_second():
    inputs = vectors_of(plan_of(random_machine(6, 30, 2)), None, seed=0).inputs
    read = [each.tolist() for each in inputs]
    assert {each[0] for each in read} == {each[1] for each in read if len(each) > 1} == {*range(30)}


def on_border(n_rows):
    """A machine that cuts a sum of five channels, and rows on its threshold."""
    weights = np.array([[0.3, -1.7, 0.9, 2.1, -0.4]])
    rows = np.random.default_rng(0).normal(size=(n_rows, 5))
    rows[:, 4] = (0.1 - rows[:, :4] @ weights[0, :4]) / weights[0, 4]
    book = Tree(
        FIVE, Context(), weights, np.array([5, LEAF, LEAF]), np.array([0.1, 0, 0]),
        np.array([1, LEAF, LEAF]), np.array([2, LEAF, LEAF]), np.zeros(3, bool), np.zeros(5, bool),
    )  # fmt: skip
    return on_codebook(book, seed=3), rows  # of this one the two codes are answered otherwise


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_on_the_border_of_a_sum_are_ties_and_no_test_vectors(language):
    machine, border = on_border(300)
    rows = np.random.default_rng(1).normal(size=(600, 5))
    rows[4::6] = border[:100]
    inputs = Sequences(rows, np.full(100, 6), FIVE)
    trial = tried(machine.export(language, inputs=inputs), machine, inputs)
    assert trial.n_ties == 200  # from the fifth step on
    assert trial.n_equal >= trial.n_steps - trial.n_ties
    vectors = vectors_of(plan_of(machine), inputs, seed=0)
    assert vectors.inputs.lengths.tolist() == [4] * 100
    only = Sequences(border, np.full(300, 1), FIVE)  # nothing is left of these: made-up ones
    trial = tried(machine.export(language, inputs=only), machine, only)
    assert trial.n_ties == 300
    assert language == "onnx" or trial.n_equal < 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_huge_values_have_the_code_that_they_have_here(language):
    machine = on_codebook(codebooks()["centres, window_3"])
    rows = np.random.default_rng(0).choice([1e308, -1e308, 1e200, 3.0, np.nan], (60, 3))
    rows[:, 2] = 1
    inputs = Sequences(rows, np.full(12, 5), machine.codebook.channels)
    trial = tried(machine.export(language), machine, inputs)
    assert trial.n_equal >= trial.n_steps - trial.n_ties


def test_a_row_halfway_between_two_centres_is_a_tie():
    machine = on_codebook(codebooks()["centres, row"])
    book = machine.codebook
    middle = book.centres[:2].mean(axis=0)
    halfway = replace(book, centres=np.array([middle - 1, middle + 1, middle + 9]))
    rows = (middle + [[0, 0, 0], [0.1, 0, 0]]) * book.scale.sd + book.scale.mean
    plan = plan_of(on_codebook(halfway))
    inputs = Sequences(rows, np.array([1, 1]), ())
    found = unsure(plan, replace(inputs, values=rows, channels=()))
    assert found.tolist() == [True, False]
