"""AALpy's own reader says what we wrote, and we read what AALpy writes."""

import contextlib
import io

import numpy as np
import pytest
from aalpy.automata import Dfa, MarkovChain, Mdp, MooreMachine
from aalpy.utils import load_automaton_from_file, save_automaton_to_file
from aalpy.utils.AutomatonGenerators import (
    generate_random_deterministic_automata,
    generate_random_markov_chain,
    generate_random_mdp,
)
from hypothesis import given, settings

import markovlens as ml
from helpers.formats import assert_same, machines, words
from markovlens.machines.formats.aalpy_dot import kind_of
from markovlens.machines.formats.naming import legend_in

KINDS = {"dfa": Dfa, "moore": MooreMachine, "mc": MarkovChain, "mdp": Mdp}
SLOWER = settings(max_examples=80, deadline=None)


def as_aalpy_reads(path, kind):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        found = load_automaton_from_file(path, kind)
    assert said.getvalue() == "", "AALpy misses something"
    return found


def plain(name):
    return int(name) if name.isdigit() else name


@SLOWER
@given(machine=machines(decided=True, named=False))
def test_aalpy_reads_what_was_written(machine, tmp_path_factory):
    path = tmp_path_factory.mktemp("dot") / "machine.dot"
    ml.write_machine(path, machine)
    kind = kind_of(machine)
    found = as_aalpy_reads(path, kind)
    assert isinstance(found, KINDS[kind])
    legend = legend_in(path.read_text(encoding="utf-8"))
    symbols = [plain(token) for token in legend.symbols]
    classes = list(legend.classes)
    rows = np.concatenate([machine.initial[:, None], machine.transition], axis=1)
    assert len(found.states) == machine.n_states + 1
    assert found.initial_state is found.states[0]
    for number, state in enumerate(found.states):
        for code in range(machine.n_symbols):
            led = leads(kind, state, symbols[code] if symbols else None, found.states)
            np.testing.assert_allclose(led[1:], rows[code, number], atol=2e-15)
            assert led[0] == 0
        if number:
            said = machine.readout[number - 1].argmax()
            answers = state.is_accepting if kind == "dfa" else state.output
            assert answers == (said == 1 if kind == "dfa" else plain_if(kind, classes[said]))


def plain_if(kind, name):
    return plain(name) if kind == "moore" else name


def leads(kind, state, symbol, states):
    """Return the probability of each state after a symbol."""
    led = np.zeros(len(states))
    if kind in ("dfa", "moore"):
        led[states.index(state.transitions[symbol])] = 1
        return led
    for target, chance in state.transitions if kind == "mc" else state.transitions[symbol]:
        led[states.index(target)] += chance
    return led


def saved(automaton, path):
    with contextlib.redirect_stdout(io.StringIO()):
        save_automaton_to_file(automaton, str(path.with_suffix("")), "dot")
    return ml.read_machine(path)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["dfa", "moore"])
def test_a_deterministic_automaton_of_aalpy_answers_the_same(kind, seed, tmp_path):
    import random

    random.seed(seed)
    automaton = generate_random_deterministic_automata(
        kind, num_states=6, input_alphabet_size=3, output_alphabet_size=None if kind == "dfa" else 3
    )
    machine = saved(automaton, tmp_path / "theirs.dot")
    inputs = words(machine)
    answers = machine.predict(inputs).argmax(axis=1)
    for begin, length in zip(inputs.starts, inputs.lengths, strict=True):
        automaton.reset_to_initial()
        for step in range(begin, begin + length):
            said = automaton.step(theirs(automaton, machine.symbols[inputs.values[step]]))
            ours = machine.classes[answers[step]]
            assert ours == (["reject", "accept"][said] if kind == "dfa" else str(said))


def theirs(automaton, symbol):
    return next(each for each in automaton.get_input_alphabet() if str(each) == symbol)


@pytest.mark.parametrize("seed", range(5))
def test_an_mdp_of_aalpy_has_the_same_chances(seed, tmp_path):
    import random

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - AALpy draws from it
    automaton = generate_random_mdp(5, 2, 3)
    machine = saved(automaton, tmp_path / "theirs.dot")
    check_moves(automaton, machine)


def check_moves(automaton, machine):
    entered = machine.n_states == len(automaton.states)
    states = automaton.states if entered else automaton.states[1:]
    for number, state in enumerate(states):
        assert machine.classes[machine.readout[number].argmax()] == str(state.output)
        for code, symbol in enumerate(machine.symbols or [None]):
            if symbol is None and not state.transitions:
                assert machine.transition[0, number, number] == 1
                continue
            key = None if symbol is None else theirs(automaton, symbol)
            kind = "mc" if symbol is None else "mdp"
            led = leads(kind, state, key, states)
            np.testing.assert_allclose(machine.transition[code, number], led, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_of_aalpy_has_the_same_chances(seed, tmp_path):
    import random

    random.seed(seed)
    automaton = generate_random_markov_chain(5)
    check_moves(automaton, saved(automaton, tmp_path / "theirs.dot"))


@pytest.mark.parametrize("decided", [True, False])
def test_what_aalpy_reads_is_written_again_the_same(decided, tmp_path):
    machine = ml.Machine(
        [[0.25, 0.75], [1, 0]],
        [[[0, 1], [0.5, 0.5]], [[1, 0], [0, 1]]],
        [[1, 0], [0, 1]] if decided else [[0.6, 0.4], [0.1, 0.9]],
        ("a", "b"),
        ("no", "yes"),
        np.ones((2, 2), bool),
    )
    ml.write_machine(tmp_path / "ours.dot", machine)
    again = saved(as_aalpy_reads(tmp_path / "ours.dot", "mdp"), tmp_path / "again.dot")
    if decided:
        order = [again.classes.index(name) for name in machine.classes]
        assert again.symbols == machine.symbols
        np.testing.assert_allclose(again.transition, machine.transition)
        np.testing.assert_allclose(again.readout[:, order], machine.readout)
    else:
        text = (tmp_path / "ours.dot").read_text()
        assert "left out: how sure the answers are" in text
        assert_same(ml.read_machine(tmp_path / "ours.dot"), machine)
