"""L*, RPNI and Alergia: what is learnt from words alone."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.learners import follow, quietly
from markovlens.abstractions.lstar import Spent, Teacher
from markovlens.abstractions.wording import Wording
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import equivalent, minimise
from markovlens.networks.model import build
from markovlens.sequences import Sequences

OPTIONS = Options(restarts=2)
LANGUAGES = [*(f"tomita_{n}" for n in range(1, 8)), "contains_0110", "parity", "dyck_1_bounded"]


class Perfect:
    """A network that answers as a machine does, and counts what it is asked."""

    basis = None

    def __init__(self, machine: Machine):
        self.machine = machine
        self.words = 0

    def outputs(self, inputs: Sequences) -> np.ndarray:
        self.words += len(inputs)
        return 0.9 * self.machine.predict(inputs) + 0.1 / len(self.machine.classes)


def fit(method, evidence, budgets, options=OPTIONS):
    rng = np.random.default_rng(0)
    return METHODS[method](evidence, n_states=budgets, rng=rng, options=options)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("method", ["lstar", "rpni"])
def test_the_minimal_automaton_comes_back(method, language, task_of, traces_of):
    truth = task_of(language).machine
    evidence = Evidence(traces_of(language)["train"], network=Perfect(truth))
    found = fit(method, evidence, [8])[8].machine
    assert equivalent(found, truth) is None
    assert found.n_states == minimise(truth).n_states
    assert found.readout.max(axis=1).min() >= 0.9  # the network's answers, not bare decisions


def test_lstar_gives_each_budget_its_last_hypothesis(task_of, traces_of):
    truth = task_of("contains_0110").machine
    network = Perfect(truth)
    found = fit("lstar", Evidence(traces_of("contains_0110")["train"], network=network), [1, 2, 12])
    sizes = [found[size].machine.n_states for size in (1, 2, 12)]
    assert sizes[0] == 1
    assert sizes[1] <= 2
    assert sizes[2] == 5
    assert network.words <= OPTIONS.queries
    assert all(each.decode is None for each in found.values())


def test_three_classes_make_a_moore_machine(traces_of):
    """Counting modulo 3, with a class for each remainder."""
    successor = np.array([[0, 1], [1, 2], [2, 0]])
    one_hot = np.eye(3)
    truth = Machine(
        one_hot[successor[0]],
        one_hot[successor.T],
        np.eye(3),
        ("0", "1"),
        ("zero", "one", "two"),
        np.ones((2, 3), bool),
    )
    words = traces_of("parity")["train"]
    trace = replace(words, classes=truth.classes, outputs=Perfect(truth).outputs(words.sequences))
    for method in ("lstar", "rpni", "alergia"):
        found = fit(method, Evidence(trace, network=Perfect(truth)), [5])[5].machine
        assert found.n_states == 3
        assert equivalent(minimise(found), truth) is None


def test_what_cannot_be_asked_is_a_reason(task_of, traces_of):
    train = traces_of("parity")["train"]
    network = Perfect(task_of("parity").machine)
    assert "not at hand" in fit("lstar", Evidence(train), [3])[3]
    wide = replace(train, symbols=tuple(map(str, range(60))))
    for method in ("lstar", "rpni", "alergia"):
        found = fit(method, Evidence(wide, network=network), [3])[3]
        assert "60 symbols are more than the 50" in found
    few = fit("lstar", Evidence(train, network=network), [3], replace(OPTIONS, queries=2))[3]
    assert few == "no hypothesis within 2 words (queries)"


def test_the_teacher_asks_each_prefix_once_and_no_more_than_it_may(task_of):
    truth = task_of("parity").machine
    network = Perfect(truth)
    teacher = Teacher(network, 2, Wording((0, 1), None, ()))
    expected = truth.predict(Sequences.from_list([np.array([1, 0, 1])])).argmax(1).tolist()
    assert teacher.query((1, 0, 1)) == expected
    assert teacher.query((1, 0)) == expected[:2]
    assert teacher.query(()) == [-1]
    teacher.pre()
    assert [teacher.step(letter) for letter in (1, 0)] == expected[:2]
    assert network.words == 1
    teacher.query((0, 0))
    with pytest.raises(Spent):
        teacher.query((1, 1, 1))


def test_rpni_stops_where_labels_are_noise(traces_of):
    train = traces_of("parity")["train"]
    noise = np.eye(2)[np.random.default_rng(0).integers(2, size=train.n_steps)]
    # One decision for each prefix, whichever sequence it is in.
    words = [str(word[: n + 1]) for word in train.sequences for n in range(len(word))]
    key = np.unique(words, return_inverse=True)[1]
    trace = replace(train, outputs=noise[key])
    assert "more than twice the largest budget" in fit("rpni", Evidence(trace), [4])[4]


def test_rpni_says_when_it_exceeds_a_budget(traces_of):
    found = fit("rpni", Evidence(traces_of("contains_0110")["train"]), [3, 6])
    assert "has 5 states" in found[3]
    assert found[6].machine.n_states == 5


def test_alergia_learns_the_chain_of_a_source(task_of, traces_of):
    """In mess3 the classes are the symbols: words alone are learnt, and outputs read the answer."""
    traces = traces_of("mess3")
    train = traces["train"]
    assert train.classes == train.symbols
    found = fit("alergia", Evidence(train), [12])[12].machine
    counts = found.transition.max(-1)[found.seen]
    np.testing.assert_allclose(counts, 1)  # a symbol leads to one state
    faith = fidelity(found, traces["test"])
    assert faith.balanced_agreement.low > 1 / 3  # what a constant answer gets
    assert faith.explained_divergence.low > 0


def test_alergia_with_decisions_is_exact_where_they_tell_the_state(traces_of):
    traces = traces_of("parity")
    found = fit("alergia", Evidence(traces["train"]), [4])[4].machine
    assert fidelity(found, traces["test"]).value == 1


def test_states_are_followed_from_the_start_of_every_sequence(traces_of):
    trace = traces_of("parity")["train"]
    ones = [{(v, d): (at + v) % 3 for v in (0, 1) for d in (0, 1)} for at in range(3)]
    states = follow(trace, ones, start=0)
    expected = np.concatenate([np.cumsum(word) % 3 for word in trace.sequences])
    np.testing.assert_array_equal(states, expected)


def test_learners_leave_no_trace(task_of, traces_of, capsys):
    random.seed(3)
    before = random.getstate()
    evidence = Evidence(traces_of("parity")["train"], network=Perfect(task_of("parity").machine))
    for method in ("lstar", "rpni", "alergia"):
        fit(method, evidence, [4])
    assert random.getstate() == before
    assert capsys.readouterr().out == ""
    with quietly(1):
        first = random.random()
        print("chatter")
    with quietly(1):
        assert random.random() == first
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_network_of_ours_can_be_learnt_from(cell):
    torch.manual_seed(0)
    model = build({"cell": cell, "hidden": 6}, n_symbols=2, n_classes=2).eval()
    rng = np.random.default_rng(0)
    inputs = Sequences(rng.integers(2, size=300), np.full(20, 15))
    trace = record(model, inputs)
    network = Oracle(model)
    found = fit("lstar", Evidence(trace, network=network), [1, 4, 30])
    machines = {size: each.machine for size, each in found.items() if not isinstance(each, str)}
    assert machines
    assert all(machine.n_states <= size for size, machine in machines.items())
    best = machines[max(machines)]
    agree = best.predict(inputs).argmax(1) == trace.decisions
    assert agree.mean() > 0.9
