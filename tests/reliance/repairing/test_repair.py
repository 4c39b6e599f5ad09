"""A planted bug is found, repaired in a copy, and not repaired by as many steps on random words."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.errors import ConfigError, DataError
from markovlens.machines.minimisation import equivalent
from markovlens.networks.shared import weights_of
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.planting import machine_in
from markovlens.sequences import Sequences
from markovlens.tasks.formal import AUTOMATA, balanced_strings

OPTIONS = RepairOptions(words=150, fresh=200, steps=150, queries=1500, bootstraps=50)
WORDS = balanced_strings(AUTOMATA["contains_000"], 200, longest=10, rng=np.random.default_rng(5))


def same(weights, others):
    return all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.fixture(scope="module")
def repaired(buggy):
    network, right, _ = buggy
    network.train()
    before = weights_of(network)
    found = ml.repair(network, right, WORDS, options=OPTIONS, seed=1)
    assert same(before, weights_of(network))
    assert network.training
    network.eval()
    return found


def test_the_bug_is_found_and_gone_afterwards(repaired, buggy):
    _, right, task = buggy
    assert equivalent(repaired.before.read.machine, task.machine) is None
    assert repaired.before.equivalent is False
    assert repaired.before.held_out.value == 1
    assert repaired.before.fresh.value > 0.03
    assert repaired.after.held_out.value < 0.05
    assert repaired.after.fresh.value < 0.02
    assert repaired.after.equivalent
    assert repaired.after.n_states == right.n_states
    assert "11000" in "".join(map(str, repaired.witness))


def test_shares_have_intervals_and_the_same_words(repaired):
    for name in ("held_out", "fresh", "accuracy"):
        before, after = getattr(repaired.before, name), getattr(repaired.after, name)
        assert before.n_sequences == after.n_sequences
        assert before.low <= before.value <= before.high
    # A fifth of the different ones: copies of a short word stay together.
    assert 30 <= repaired.before.accuracy.n_sequences <= 50
    assert repaired.control.fresh.n_sequences == repaired.after.fresh.n_sequences


def test_counterexamples_for_the_end_are_not_among_those_learned(repaired):
    words = {
        name: {tuple(word.tolist()) for word in some}
        for name, some in repaired.counterexamples.items()
    }
    assert not words["test"] & (words["train"] | words["valid"])
    assert len(words["train"]) > len(words["test"]) > 20


def test_the_printout_has_before_after_and_control(repaired):
    printed = repr(repaired)
    assert printed.startswith(f"Repaired in {repaired.steps} steps; shortest word that it got")
    for part in ("round 1: ", "before  1.000 [", "after   0.0", "control ", "4 states, as specif"):
        assert part in printed
    assert repr(repaired.after).startswith("Standing: wrong on held out 0.0")


def test_the_same_seed_gives_the_same_weights(repaired, buggy):
    network, right, _ = buggy
    again = ml.repair(network, right, WORDS, options=OPTIONS, control=False, seed=1)
    assert same(weights_of(again.network), weights_of(repaired.network))
    assert again.control is None


def test_a_network_without_a_bug_is_left_alone(repaired, buggy):
    _, right, _ = buggy
    found = ml.repair(repaired.network, right, WORDS, options=OPTIONS, seed=2)
    if not found.steps:
        assert found.witness is None
        assert "nothing to repair" in repr(found)
        assert same(weights_of(found.network), weights_of(repaired.network))


def test_what_the_specification_leaves_open_stays_as_it_was(buggy):
    network, right, task = buggy

    def after_two(words):
        said = np.where(words.values == 1, -1, right.predict(words).argmax(axis=1))
        return np.where(task.machine.predict(words).argmax(axis=1) == 1, -1, said)

    found = ml.repair(
        network, after_two, WORDS, symbols=right.symbols, classes=right.classes,
        options=OPTIONS, control=False,
    )  # fmt: skip
    assert found.before.equivalent is None
    assert found.after.fresh.value < found.before.fresh.value / 4


class Last(nn.Module):
    """Answers once a word."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(2, 4)
        self.rnn = nn.GRU(4, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, inputs):
        return self.head(self.rnn(self.embedding(inputs))[0][:, -1])


def test_a_network_that_answers_once_a_word_is_refused():
    with pytest.raises(DataError, match=r"logits \(B, T, C\)"):
        ml.repair(Last(), machine_in("contains_000"), WORDS, options=OPTIONS)


def test_a_frozen_network_is_refused(buggy):
    network = copy.deepcopy(buggy[0]).requires_grad_(False)
    with pytest.raises(DataError, match="unfreeze"):
        ml.repair(network, buggy[1], WORDS, options=OPTIONS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"network": 3}, "network: expected Module, got int"),
        ({"sequences": "0110"}, "sequences: expected `Sequences` or a list of them, got str"),
        (
            {"sequences": Sequences.from_strings(["0"] * 4, "01")},
            "expected 5 or more different ones",
        ),
        ({"sequences": Sequences(np.zeros((9, 1)), np.array([9]))}, "got 1 of rows"),
        ({"seed": -1}, "seed: expected a whole number"),
    ],
)
def test_what_cannot_be_repaired_is_refused(buggy, changes, said):
    given = {"network": buggy[0], "specification": buggy[1], "sequences": WORDS, "seed": 0}
    with pytest.raises((DataError, ConfigError), match=said):
        ml.repair(**(given | changes))


@pytest.mark.parametrize(
    "changes", [{"words": 0}, {"level": 1.0}, {"longest": 0}, {"n_states": ()}]
)
def test_settings_that_mean_nothing_are_refused(changes):
    with pytest.raises(ConfigError):
        RepairOptions(**changes)
