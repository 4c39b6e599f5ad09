"""Predictive states on networks of which the machine is known: an automaton played as a network."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions import METHODS, predictive
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.study import study
from markovlens.faithfulness.scores.agreement import divergence
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.scores.words import word_probability_mse
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences
from markovlens.tasks.base import choose, no_targets
from markovlens.trace import Trace

OPTIONS = Options(restarts=3, max_iterations=50)


class Played:
    """An oracle whose whole state is a belief over a machine's states, which it moves exactly."""

    def __init__(self, machine, mark=None):
        self.machine, self.mark = machine, mark
        self.n_features = machine.n_states

    def advance(self, states, symbols):
        if states is None:
            after = self.machine.initial[symbols]
        else:
            after = np.einsum("si,sij->sj", states, self.machine.transition[symbols])
        answers = after @ self.machine.readout
        if self.mark is not None:
            answers[symbols != self.mark] = np.nan
        return answers, after

    def observe(self, states):
        return states


def trace_of(oracle, inputs, classes):
    states = oracle.machine.run(inputs)
    outputs = states @ oracle.machine.readout
    if oracle.mark is not None:
        outputs[inputs.values != oracle.mark] = np.nan
    nothing = no_targets(inputs.n_steps)
    return Trace(
        states, inputs.values, outputs, nothing, nothing, inputs.lengths, oracle.machine.symbols,
        classes,
    )  # fmt: skip


def fitted(oracle, train, n_states):
    evidence = Evidence(train, network=oracle)
    rng = np.random.default_rng(0)
    return METHODS["predictive"](evidence, n_states=[n_states], rng=rng, options=OPTIONS)[n_states]


@pytest.mark.parametrize("task", ["contains_000", "parity", "dyck_1_bounded"])
def test_an_automaton_comes_back_exactly(task, task_of):
    made = task_of(task)
    oracle = Played(made.machine)
    traces = {
        name: trace_of(oracle, split.inputs, made.classes) for name, split in made.splits.items()
    }
    found = fitted(oracle, traces["train"], made.machine.n_states)
    assert fidelity(found.machine, traces["test"]).value == 1
    assert found.machine.is_deterministic
    assert found.machine.seen.all()
    answers = found.machine.readout[found.decode(traces["test"])].argmax(axis=1)
    np.testing.assert_array_equal(answers, traces["test"].decisions)


def test_a_network_that_answers_after_a_mark_needs_no_states_for_it(task_of):
    """contains_000 with an end symbol, after which alone it answers: still four states."""
    made = task_of("contains_000")
    plain, mark = made.machine, 2
    stay = np.eye(plain.n_states)
    marked = Machine(
        np.concatenate([plain.initial, plain.initial[:1]]),
        np.concatenate([plain.transition, stay[None]]),
        plain.readout,
        ("0", "1", "</s>"),
        plain.classes,
        np.ones((3, plain.n_states), dtype=bool),
    )
    oracle = Played(marked, mark)
    words = [np.append(word, mark) for word in made.splits["train"].inputs]
    trace = trace_of(oracle, Sequences.from_list(words), plain.classes)
    found = fitted(oracle, trace, plain.n_states)
    assert fidelity(found.machine, trace, unit="string").value == 1
    astray = np.where((trace.inputs == mark)[:, None], 9.0, trace.states)  # no state seen before it
    decoded = found.decode(replace(trace, states=astray))
    assert fidelity(found.machine, trace, mode="open", unit="string", decoded=decoded).value == 1


def language_model():
    """Three states over a, b and the end, each with its own distribution of the next symbol."""
    successor = np.array([[0, 1], [2, 0], [1, 2]])
    one_hot = np.eye(3)
    transition = np.concatenate([one_hot[successor.T], one_hot[None], one_hot[None]])
    readout = np.array([[0.6, 0.2, 0.2, 0], [0.1, 0.7, 0.2, 0], [0.3, 0.3, 0.4, 0]])
    initial = np.tile(one_hot[0], (4, 1))
    symbols = ("a", "b", "</s>", "<s>")
    return Played(Machine(initial, transition, readout, symbols, symbols, np.ones((4, 3), bool)))


def sampled_words(oracle, n, seed):
    rng, words = np.random.default_rng(seed), []
    for _ in range(n):
        word, states = [3], None
        while word[-1] != 2:
            answers, states = oracle.advance(states, np.array(word[-1:]))
            word.append(int(choose(answers, rng)[0]))
        words.append(np.array(word))
    inputs = Sequences.from_list([word[:-1] for word in words])
    trace = trace_of(oracle, inputs, oracle.machine.symbols)
    return replace(trace, targets=np.concatenate([word[1:] for word in words]))


def test_a_language_model_comes_back_exactly_and_fewer_states_cost():
    oracle = language_model()
    train, test = sampled_words(oracle, 100, seed=0), sampled_words(oracle, 100, seed=1)
    errors, divergences = [], []
    for n_states in (1, 2, 3):
        machine = fitted(oracle, train, n_states).machine
        outputs = machine.predict(test.sequences)
        errors.append(word_probability_mse(outputs, test).numerator.mean())
        divergences.append(divergence(outputs, test, smoothing=1e-9).numerator.sum())
    assert errors[0] > errors[2]
    assert errors[2] < 1e-12
    assert divergences[0] > divergences[1] > divergences[2]
    assert divergences[2] < 1e-6


def test_without_a_network_it_says_why(traces_of):
    traces = traces_of("parity")
    found = study(
        "predictive", traces["train"], traces["valid"], n_states=[2], seed=0, options=OPTIONS
    )
    assert "asks the network" in found.failures[2]


def test_too_many_symbols_are_said_to_be_too_many(task_of, monkeypatch):
    monkeypatch.setattr(predictive, "MOST_WORK", 100)
    made = task_of("parity")
    oracle = Played(made.machine)
    trace = trace_of(oracle, made.splits["train"].inputs, made.classes)
    assert "2 symbols are too many to ask about" in fitted(oracle, trace, 2)


def constant(n_symbols):
    """Return an oracle that is always in one state and always says the same."""
    one = np.ones((n_symbols, 1))
    return Played(
        Machine(one, one[..., None], np.array([[0.7, 0.3]]), ("a", "b"), ("n", "y"), one > 0)
    )


@pytest.mark.filterwarnings("error")
def test_fewer_different_states_than_cells_are_a_machine_of_fewer_states():
    """scikit-learn warned of it, or numpy of a division by a variance that is 0."""
    inputs = Sequences(np.tile([0, 1], 50), np.full(10, 10))
    train = trace_of(constant(2), inputs, ("n", "y"))
    for n_states in (1, 2, 5):
        machine = fitted(constant(2), train, n_states).machine
        assert machine.n_states == 1
        np.testing.assert_allclose(machine.readout, [[0.7, 0.3]])


@pytest.mark.parametrize(
    ("inputs", "n_states", "said"),
    [
        (Sequences(np.array([0, 1, 0, 1]), np.full(4, 1)), 2, "symbols that follow another, of"),
        (Sequences(np.array([0, 1, 0]), np.array([3])), 9, "9 clusters need as many points, got 3"),
    ],
)
def test_too_little_to_ask_is_told_in_our_words(inputs, n_states, said):
    train = trace_of(constant(2), inputs, ("n", "y"))
    assert said in fitted(constant(2), train, n_states)
