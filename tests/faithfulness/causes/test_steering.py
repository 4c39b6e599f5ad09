"""Networks built by hand that run a counter modulo three in one-hot coordinates, with noise."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from helpers.planted import observed, parity_machine, parity_network, random_words
from markovlens.activations.basis import in_coordinates
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.faithfulness.causes.continuing import draw_points
from markovlens.faithfulness.causes.steering import GRADED, STEERS, TOO_FEW, Steered, steer
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import automaton
from markovlens.outputs import Output

K, WIDTH = 3, 64
NAMES = {"symbols": ("0", "1"), "classes": ("other", "multiple")}


@dataclass(frozen=True)
class OneHot:
    """Counts 1s modulo three: one of the first coordinates is 1, the last always, with noise.

    Attributes:
        reads: the part of the state that it goes on from; `shown` is a copy that may do nothing.
        fragile: whether it answers infinity once its last coordinate is gone.
    """

    reads: str = "shown"
    fragile: bool = False

    def initial(self, batch):
        start = torch.eye(WIDTH)[[0]].repeat(batch, 1)
        start[:, -1] = 1
        return {"hidden": start, "shown": start.clone()}

    def step(self, state, inputs):
        before = state[self.reads]
        at = (before[:, :K].argmax(dim=1) + inputs) % K
        noise = 0.05 * torch.sin(1000 * before + inputs[:, None] + torch.arange(WIDTH))
        after = torch.eye(WIDTH)[at] + noise
        after[:, -1] = before[:, -1]
        logits = torch.stack([torch.zeros(len(at)), torch.where(at == 0, 5.0, -5.0)], dim=1)
        if self.fragile:
            logits[(before[:, -1] < 0.9) | (before[:, -1] > 1.1)] = torch.inf
        return {"hidden": after, "shown": after.clone()}, logits


def counting():
    return automaton(np.array([[0, 1], [1, 2], [2, 0]]), np.arange(K) == 0, start=0, symbols="01")


@dataclass(frozen=True)
class FirstThree:
    """Coordinates that drop all of a state but the first three numbers."""

    def project(self, states):
        return states[:, :K]

    def restore(self, coordinates):
        return np.pad(coordinates, ((0, 0), (0, WIDTH - K)))


def of_network(network, *, basis=None, layers="shown"):
    """Return test and training trace of a network, and its oracle."""
    traces = [
        record(network, random_words(120, longest=12, seed=seed), layers=layers, **NAMES)
        for seed in (0, 1)
    ]
    if basis is not None:
        traces = [in_coordinates(trace, basis) for trace in traces]
    return *traces, Oracle(network, layer=layers, basis=basis)


def modulo(trace, base=K):
    return np.concatenate([np.cumsum(word) % base for word in trace.sequences])


def steered(machine, test, training, oracle, *, seed=1, states=modulo):
    rng = np.random.default_rng(0)
    points = draw_points(test, oracle, n_points=100, rng=rng)
    bootstrap = Bootstrap.draw(len(test), n_resamples=50, rng=rng)
    one = Steered(machine, states(test), states(training))
    rng = np.random.default_rng(seed)
    return steer({"it": one}, test, training, oracle, points, bootstrap=bootstrap, rng=rng)["it"]


def values(scores):
    return {name: score.value for name, score in scores.items()}


def test_one_hot_states_are_steered_and_random_moves_do_nothing():
    scores = steered(counting(), *of_network(OneHot()))
    assert tuple(scores) == STEERS
    for name in ("steer", "steer_beyond", "steer_exemplar"):
        assert (scores[name].value, scores[name].high) == (1, 1), name
        assert scores[name].low > 0.9, name
    assert scores["steer_random"].value == 0
    assert scores["steer_random"].high < 0.1
    assert 0 < scores["steer_half"].value < 1  # a tie, which the noise decides
    assert 0 < scores["steer_other"].value < 0.7  # the third state, at times of the same decision
    assert all(20 < score.n_sequences <= 100 for score in scores.values())


def test_what_a_decision_does_not_depend_on_steers_no_better_than_the_controls():
    scores = steered(counting(), *of_network(OneHot(reads="hidden")))
    assert set(values(scores).values()) == {0}


def test_states_that_are_none_steer_no_better_than_the_controls():
    rng = np.random.default_rng(0)
    made_up = steered(
        counting(), *of_network(OneHot()), states=lambda trace: rng.integers(K, size=trace.n_steps)
    )
    found = values(made_up)
    assert found["steer"] < 0.7
    assert found["steer"] == pytest.approx(found["steer_random"], abs=0.05)
    assert found["steer"] == pytest.approx(found["steer_other"], abs=0.05)


def test_what_the_coordinates_drop_of_a_state_stays():
    """A network that fails without its last number: no move is left out, and all are followed."""
    scores = steered(counting(), *of_network(OneHot(fragile=True), basis=FirstThree()))
    assert scores["steer"].value == scores["steer_exemplar"].value == 1
    assert all(score.note == "" for score in scores.values())


def test_states_are_steered_only_where_the_machine_goes():
    """A fourth state that nothing enters lies elsewhere: no base is sent there."""
    successor = np.array([[0, 1], [1, 2], [2, 0], [3, 0]])
    machine = automaton(successor, np.arange(4) == 0, start=0, symbols="01")
    test, training, oracle = of_network(OneHot())
    strange = modulo(training)
    strange[:20] = 3
    pair = {id(test): modulo(test), id(training): strange}
    found = steered(machine, test, training, oracle, states=lambda trace: pair[id(trace)])
    assert found["steer"].value == 1


def test_with_two_states_the_other_pair_is_the_way_back():
    test, oracle = observed(parity_network())
    training, _ = observed(parity_network(), seed=1)
    scores = steered(
        parity_machine(), test, training, oracle, states=lambda trace: modulo(trace, 2)
    )
    assert scores["steer"].value == scores["steer_exemplar"].value == 1
    assert scores["steer_other"].value < 0.5


def test_states_without_training_steps_are_left_out():
    test, training, oracle = of_network(OneHot())
    pair = {id(test): modulo(test), id(training): np.zeros(training.n_steps, dtype=int)}
    found = steered(counting(), test, training, oracle, states=lambda trace: pair[id(trace)])
    assert found == TOO_FEW


def test_the_same_seed_gives_the_same_scores_and_another_one_other_directions():
    network = of_network(OneHot())
    found = [values(steered(counting(), *network, seed=seed)) for seed in (1, 1, 2, 3)]
    assert found[0] == found[1]
    assert len({scores["steer_other"] for scores in found}) > 1


def test_numbers_are_not_steered():
    test, training, oracle = of_network(OneHot())
    numbers = replace(test, output=Output.VALUES)
    assert steered(counting(), numbers, training, oracle) == GRADED


@pytest.mark.parametrize("n_symbols", [1, 3])
def test_goals_are_drawn_as_the_machine_moves(n_symbols):
    """Of a state that leaves for two others at rates 1 and 3, a quarter and three go there."""
    from markovlens.faithfulness.causes.steering import _drawn

    weights = np.tile([0, 1e-320, 1, 3] + [0] * n_symbols, (4000, 1))
    drawn = np.bincount(_drawn(weights, np.random.default_rng(0)), minlength=4) / 4000
    np.testing.assert_allclose(drawn[:4], [0, 0, 0.25, 0.75], atol=0.03)
