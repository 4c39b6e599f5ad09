"""Strings for tasks with begin and end marks: no test may be one that the task never produces."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.faithfulness.scores.exactness import exactness
from markovlens.faithfulness.scores.falsify import draw_suite, falsify
from markovlens.faithfulness.scores.strings import (
    covering_strings,
    long_strings,
    mutated_strings,
    random_strings,
)
from markovlens.faithfulness.verdict.verdict import draw_probe
from markovlens.machines.alphabet import Alphabet, as_if_well_formed
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import equivalent, harden, minimise
from markovlens.sequences import Sequences
from markovlens.trace import Trace

N_SYMBOLS = 6  # 0..2 are inner, 3 begins, 4 ends, 5 never occurs
MARKS = {"merrill": ((3,), ()), "arena": ((3,), (4,)), "end only": ((), (4,))}


class Perfect:
    """A network that answers as a machine does, at all steps or after one symbol only."""

    basis = None

    def __init__(self, machine, asked_after=None):
        self.machine, self.asked_after = machine, asked_after
        self.asked = []

    def outputs(self, inputs):
        self.asked += list(inputs)
        said = 0.9 * self.machine.predict(inputs) + 0.1 / len(self.machine.classes)
        if self.asked_after is not None:
            said[inputs.values != self.asked_after] = np.nan
        return said


def recorded(network, inputs, symbols):
    outputs = network.outputs(inputs)
    network.asked.clear()
    states, none = np.zeros((inputs.n_steps, 1)), np.full(inputs.n_steps, -1)
    classes = network.machine.classes
    return Trace(states, inputs.values, outputs, none, none, inputs.lengths, symbols, classes)


def marked_words(kind, seed, *, n_words=60, longest=7):
    rng, (begin, end) = np.random.default_rng(seed), MARKS[kind]
    least = 0 if begin or end else 1
    cores = [rng.integers(3, size=rng.integers(least, longest)) for _ in range(n_words)]
    return Sequences.from_list([np.array([*begin, *core, *end], dtype=int) for core in cores])


def random_machine(seed, n_states=4):
    rng, one_hot = np.random.default_rng(seed), np.eye(n_states)
    names = tuple(str(v) for v in range(N_SYMBOLS))
    return Machine(
        one_hot[rng.integers(n_states, size=N_SYMBOLS)],
        one_hot[rng.integers(n_states, size=(N_SYMBOLS, n_states))],
        np.eye(2)[rng.integers(2, size=n_states)],
        names,
        ("reject", "accept"),
        np.ones((N_SYMBOLS, n_states), dtype=bool),
    )


@pytest.mark.parametrize("kind", MARKS)
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_every_string_of_every_strategy_is_well_formed(kind, seed):
    words, rng = marked_words(kind, seed), np.random.default_rng(seed)
    alphabet = Alphabet.of(words, N_SYMBOLS)
    assert (alphabet.opening, alphabet.inner, alphabet.closing) == (
        MARKS[kind][0],
        (0, 1, 2),
        MARKS[kind][1],
    )
    size = {"alphabet": alphabet, "longest": 12, "rng": rng}
    made = [
        random_strings(40, **size),
        mutated_strings(words, 40, **size),
        covering_strings(random_machine(seed), 40, **size),
    ]
    assert max(strings.lengths.max() for strings in made) <= 12
    made.append(long_strings(words, 40, alphabet=alphabet, rng=rng))
    assert all(alphabet.well_formed(word) for strings in made for word in strings)


def test_what_is_not_well_formed():
    alphabet = Alphabet((3,), (0, 1), (4,))
    assert alphabet.well_formed(np.array([3, 4]))
    for word in ([3], [4], [0, 4], [3, 0], [3, 3, 4], [3, 4, 0], [3, 5, 4], [3, 4, 4]):
        assert not alphabet.well_formed(np.array(word))


def test_tasks_without_marks_have_none(task_of):
    for name in ("parity", "tomita_1", "tomita_4", "dyck_1_bounded", "contains_0110", "mess3"):
        for split in task_of(name).splits.values():
            n_symbols = len(task_of(name).symbols)
            assert Alphabet.of(split.inputs, n_symbols) == Alphabet.free(n_symbols)
    single = Sequences(np.array([0, 1, 2]), np.ones(3, dtype=int))
    assert Alphabet.of(single, 3) == Alphabet.free(3)


def test_a_merrill_task_shows_its_begin_symbol(task_of):
    task = task_of("merrill_4")
    alphabet = Alphabet.of(task.splits["train"].inputs, len(task.symbols))
    assert alphabet == Alphabet((2,), (0, 1), ())


def test_every_reachable_state_meets_every_symbol_that_may_come():
    alphabet, machine = Alphabet((3,), (0, 1, 2), (4,)), random_machine(1)
    strings = covering_strings(
        machine, 200, alphabet=alphabet, longest=12, rng=np.random.default_rng(0)
    )
    states = machine.run(strings).argmax(axis=1)
    later = np.setdiff1d(np.arange(strings.n_steps), strings.starts)
    met = set(zip(states[later - 1].tolist(), strings.values[later].tolist(), strict=True))
    reached = {int(machine.initial[3].argmax())}
    for _ in range(machine.n_states):
        reached |= {int(machine.transition[v, k].argmax()) for k in reached for v in range(3)}
    assert met == {(k, v) for k in reached for v in (0, 1, 2, 4)}


def test_falsifier_and_verdict_ask_for_well_formed_strings_only(task_of):
    """A machine wrong after a second begin symbol only is right on all that the task has."""
    task = task_of("merrill_4")
    inputs, truth = task.splits["test"].inputs, task.machine
    network, alphabet = Perfect(truth), Alphabet.of(task.splits["test"].inputs, 3)
    trace = recorded(network, inputs, task.symbols)
    lost, off = truth.transition.copy(), truth.transition.copy()
    lost[2] = np.roll(lost[2], 1, axis=1)
    off[0] = off[1]
    rng = np.random.default_rng(0)
    suite = draw_suite(trace, network, n_tests=50, rng=rng)
    unseen, found = (
        falsify(replace(truth, transition=moves), suite, network, confidence=0.95, rng=rng)
        for moves in (lost, off)
    )
    assert (unseen.counterexample, unseen.rate) == (None, 0)
    assert alphabet.well_formed(np.array(found.counterexample))
    draw_probe(trace, network, n_strings=50, rng=rng)
    # Strings are drawn out at their end to common lengths, by their last symbol alone.
    core = [word[: len(word) - (np.diff(word[::-1]) != 0).argmax()] for word in network.asked]
    assert all(alphabet.well_formed(word) for word in core if len(np.unique(word)) > 1)


def test_states_are_counted_by_well_formed_strings(task_of):
    truth = task_of("merrill_4").machine
    shuffled = truth.transition.copy()
    shuffled[2] = np.roll(shuffled[2], 1, axis=1)
    odd = replace(truth, transition=shuffled)
    tidy = as_if_well_formed(odd, Alphabet((2,), (0, 1), ()))
    assert equivalent(tidy, truth) is None
    assert equivalent(odd, truth) is not None


@pytest.mark.parametrize("number", range(1, 8))
def test_lstar_finds_the_minimal_machine_of_a_merrill_task(number, task_of):
    task = task_of(f"merrill_{number}")
    network = Perfect(task.machine)
    trace = recorded(network, task.splits["train"].inputs, task.symbols)
    found = METHODS["lstar"](
        Evidence(trace, network=network),
        n_states=[8],
        rng=np.random.default_rng(0),
        options=Options(),
    )[8].machine
    wanted = {
        "exact_language": 1,
        "minimal_states": exactness(task.machine, task.machine)["minimal_states"],
    }
    assert exactness(found, task.machine) == wanted
    assert found.n_states == minimise(task.machine).n_states
    assert (
        equivalent(found, task.machine) is None
    )  # both stay where they are on a late begin symbol
    assert not found.seen[2].any()
    alphabet = Alphabet((2,), (0, 1), ())
    assert network.asked
    assert all(alphabet.well_formed(word) for word in network.asked)


@pytest.mark.parametrize("seed", range(4))
def test_lstar_asks_a_network_that_answers_at_the_end_for_whole_words(seed):
    """Inner symbols move, the begin mark starts, the end mark leaves what is said."""
    alphabet = Alphabet((3,), (0, 1, 2), (4,))
    truth = random_machine(seed)
    moves = truth.transition.copy()
    moves[4] = np.eye(truth.n_states)
    truth = as_if_well_formed(replace(truth, transition=moves), alphabet)
    network = Perfect(truth, asked_after=4)
    trace = recorded(network, marked_words("arena", 0), truth.symbols)
    fits = METHODS["lstar"](
        Evidence(trace, network=network),
        n_states=[6],
        rng=np.random.default_rng(0),
        options=Options(),
    )
    found = harden(fits[6].machine)
    assert all(alphabet.well_formed(word) for word in network.asked)
    assert found.n_states == minimise(truth).n_states
    assert equivalent(found, truth) is None


def test_two_begin_marks_are_a_reason():
    network = Perfect(random_machine(0))
    words = Sequences.from_list([np.array([mark, 0, 1, 2]) for mark in (3, 4)])
    trace = recorded(network, words, network.machine.symbols)
    fits = METHODS["lstar"](
        Evidence(trace, network=network),
        n_states=[6],
        rng=np.random.default_rng(0),
        options=Options(),
    )
    assert "more than one language" in fits[6]
