"""What exchanged states and free strings tell of networks that answer with no decision."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from helpers.planted import parity_network, random_words
from markovlens.abstractions.comparing import Comparison
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.study import Kept
from markovlens.activations.oracle import Oracle
from markovlens.activations.outputs import LINK_OF
from markovlens.activations.recorder import record
from markovlens.faithfulness.causes.continuing import draw_points
from markovlens.faithfulness.causes.effects import EFFECTS
from markovlens.faithfulness.causes.intervention import TOO_FEW, Explained, intervene
from markovlens.faithfulness.causes.probe import probe_network
from markovlens.faithfulness.causes.subject import Subject
from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.faithfulness.scores.falsify import draw_suite, falsify
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.outputs import Output
from markovlens.sequences import Sequences

# What a column answers after an even and after an odd number of 1s; labels as logits.
LEVELS = {
    Output.VALUES: [[-20.0, 40.0], [3.0, 2.0]],
    Output.RISK: [[-3.0, 5.0]],
    Output.LABELS: [[-9.0, 9.0], [9.0, -9.0], [-9.0, -9.0]],
}


def network_of(output, *, unit=1.0, levels=None):
    """Return parity that answers with a level: its units are a - 2b = 1 where odd, else 0."""
    network = parity_network()
    even, odd = torch.tensor(levels or LEVELS[output]).T
    head = nn.Linear(2, len(even))
    with torch.no_grad():
        head.weight.copy_(unit * (odd - even)[:, None] * torch.tensor([[1.0, -2.0]]))
        head.bias.copy_(unit * even)
    network.head = head
    return network.eval()


def observed(output, *, seed=0, **options):
    network, link = network_of(output, **options), LINK_OF[output]
    words = random_words(120, longest=12, seed=seed)
    trace = record(network, words, layers="rnn.l0", symbols=("0", "1"), link=link)
    return trace, Oracle(network, layer="rnn.l0", link=link)


def odd(trace):
    words = Sequences(trace.inputs, trace.lengths)
    return np.concatenate([np.cumsum(word) % 2 for word in words])


def machine_of(trace, states=None):
    states = odd(trace) if states is None else states
    return build_machine(trace, np.eye(states.max() + 1)[states], deterministic=True)


def exchanged(trace, oracle, states=None):
    states = odd(trace) if states is None else states
    rng = np.random.default_rng(0)
    points = draw_points(trace, oracle, n_points=100, rng=rng)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=rng)
    explained = Explained(machine_of(trace, states), states)
    return intervene({"it": explained}, trace, oracle, points, bootstrap)["it"]


@pytest.mark.parametrize("output", [Output.VALUES, Output.RISK])
def test_a_swap_of_true_states_changes_numbers_as_the_machine_foretells(output):
    scores = exchanged(*observed(output))
    assert set(scores) == set(EFFECTS)
    for name in ("swap_explained", "swap_explained_centroid"):
        assert scores[name].value == pytest.approx(1, abs=1e-6), name
        assert scores[name].low > 0.9, name
    assert scores["swap_explained_random"].high < 0.9
    # Between two levels, each about half of the time, lie two standard deviations.
    assert scores["swap_effect"].value == pytest.approx(2, abs=0.3)
    assert scores["swap_effect_same_state"].value == pytest.approx(0, abs=1e-5)
    assert scores["swap_effect_random"].value > 0.2


@pytest.mark.parametrize("output", [Output.VALUES, Output.RISK])
def test_states_that_are_none_of_the_network_foretell_nothing(output):
    trace, oracle = observed(output)
    wrong = np.random.default_rng(0).integers(2, size=trace.n_steps)
    scores = exchanged(trace, oracle, wrong)
    assert scores["swap_explained"].high < 0.3
    assert scores["swap_effect_same_state"].low > 0.5


def test_neither_a_unit_nor_a_column_that_never_changes_decides_anything():
    plain = exchanged(*observed(Output.VALUES))
    large = exchanged(*observed(Output.VALUES, unit=1e6))
    third = exchanged(*observed(Output.VALUES, levels=[*LEVELS[Output.VALUES], [7.0, 7.0]]))
    for name, score in plain.items():
        assert large[name].value == pytest.approx(score.value, abs=1e-4), name
    for name in ("swap_explained", "swap_explained_random"):
        assert third[name].value == pytest.approx(plain[name].value, abs=1e-4), name


def test_labels_are_counted_label_by_label():
    scores = exchanged(*observed(Output.LABELS))
    for name in ("iia", "iia_centroid", "iia_same_state"):
        assert scores[name].value == 1, name
    assert scores["iia_random"].high < 0.95
    # The third label is always off, so that no swap is informative of it.
    assert scores["iia_informative"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("output", list(LEVELS))
def test_a_machine_of_one_state_has_nothing_to_exchange(output):
    trace, oracle = observed(output)
    assert exchanged(trace, oracle, np.zeros(trace.n_steps, dtype=int)) == TOO_FEW


def hunted(trace, oracle, machine, tolerance=1.0):
    rng = np.random.default_rng(0)
    suite = draw_suite(trace, oracle, n_tests=60, rng=rng, tolerance=tolerance)
    return falsify(machine, suite, oracle, confidence=0.95, rng=rng)


@pytest.mark.parametrize("output", list(LEVELS))
def test_a_right_machine_has_no_counterexample(output):
    trace, oracle = observed(output)
    found = hunted(trace, oracle, machine_of(trace), tolerance=0.01)
    assert found.counterexample is None
    assert found.rate == 0


@pytest.mark.parametrize("output", list(LEVELS))
def test_a_machine_that_forgets_is_caught_by_a_shortest_word(output):
    trace, oracle = observed(output)
    only_last = machine_of(trace, np.asarray(trace.inputs))  # was the last symbol a 1
    found = hunted(trace, oracle, only_last)
    assert len(found.counterexample) == 2
    word = Sequences(np.array(found.counterexample), np.array([2]))
    comparison = Comparison.of(trace)
    said = comparison.said(only_last.predict(word))[-1]
    assert not comparison.same(said, comparison.seen(oracle.outputs(word))[-1]).all()


def test_what_is_off_by_less_than_the_tolerance_is_no_counterexample():
    trace, oracle = observed(Output.VALUES)
    machine = machine_of(trace)
    off = replace(machine, readout=machine.readout + 0.5 * trace.outputs.std(axis=0))
    assert hunted(trace, oracle, off, tolerance=0.6).counterexample is None
    assert len(hunted(trace, oracle, off, tolerance=0.4).counterexample) == 1


@pytest.mark.parametrize("output", list(LEVELS))
def test_such_a_network_is_probed_as_a_whole(output):
    test, oracle = observed(output)
    valid, train = (observed(output, seed=seed)[0] for seed in (1, 2))
    decoded = {"test": {2: odd(test)}}
    last = np.asarray(train.inputs)
    studies = {
        "right": Kept({2: machine_of(train)}, {}, 2, decoded),
        "wrong": Kept({2: machine_of(train, last)}, {}, 2, {"test": {2: np.asarray(test.inputs)}}),
    }
    scoring = Scoring(bootstraps=30, interventions=60, tests=90)
    probed = probe_network(
        Subject(valid, test, oracle, studies, train), scoring=scoring, seed=0, draws=1
    )
    rows = probed.rows.set_index(["method", "score"])["value"]
    main = "iia" if output == Output.LABELS else "swap_explained"
    assert rows["right", main] == pytest.approx(1, abs=1e-6)
    assert not rows["wrong", main] > 0.9  # of labels no swap is informative
    assert (rows["right", "falsified"], rows["wrong", "falsified"]) == (0, 1)
    assert probed.verdict["verdict"] == "makes no decisions"
    assert probed.verdict["falsification"]["counterexample"] is None
    assert len(probed.falsification[1]["counterexample"].split()) == 2
