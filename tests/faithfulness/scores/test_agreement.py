from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions.counting import build_machine
from markovlens.errors import DataError
from markovlens.faithfulness.scores.agreement import (
    agreement,
    at_unit,
    divergence,
    explained_divergence,
    predict,
)
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.trace import Trace


@pytest.fixture
def trace() -> Trace:
    return Trace(
        states=np.zeros((5, 2), np.float32),
        inputs=np.array([0, 1, 0, 1, 1]),
        outputs=np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan], [0.7, 0.3], [0.6, 0.4]]),
        targets=np.array([0, 1, -1, 1, -1]),
        truth=np.full(5, -1),
        lengths=np.array([3, 2]),
        symbols=("0", "1"),
        classes=("no", "yes"),
    )


def value(tally):
    return Bootstrap.draw(2, n_resamples=10, rng=np.random.default_rng(0)).score(tally).value


def test_units(trace):
    np.testing.assert_array_equal(trace.decisions, [0, 1, -1, 0, 0])
    np.testing.assert_array_equal(at_unit(trace.decisions, trace, "step"), [0, 1, -1, 0, 0])
    np.testing.assert_array_equal(at_unit(trace.decisions, trace, "string"), [-1, 1, -1, -1, 0])
    np.testing.assert_array_equal(at_unit(trace.targets, trace, "string"), [-1, 1, -1, 1, -1])


def test_agreement_plain_and_balanced(trace):
    always_no = np.zeros(5, dtype=int)
    assert value(agreement(always_no, trace.decisions, trace)) == 0.75
    assert value(agreement(always_no, trace.decisions, trace, balanced=True)) == 0.5


def test_divergence_of_the_network_from_itself_is_what_smoothing_costs(trace):
    outputs = np.nan_to_num(trace.outputs)
    assert value(divergence(outputs, trace, smoothing=1e-9)) == pytest.approx(0, abs=1e-8)


def test_divergence_by_hand(trace):
    outputs = np.full((5, 2), 0.5)
    rows = trace.outputs[trace.has_output]
    expected = np.mean([(p * np.log(p / 0.5)).sum() for p in rows])
    assert value(divergence(outputs, trace, smoothing=0.01)) == pytest.approx(expected)


def test_a_closed_loop_score_sees_no_activation(traces_of):
    """Ruined activations change the open-loop score and must leave the closed-loop one alone."""
    test = traces_of("parity")["test"]
    machine = build_machine(test, np.eye(2)[test.truth], deterministic=True)
    ruined = replace(test, states=np.zeros_like(test.states))
    assert fidelity(machine, ruined, mode="closed").value == 1
    assert fidelity(machine, test, mode="open", decoded=test.truth).value == 1
    assert fidelity(machine, test, mode="open", decoded=1 - test.truth).value == 0


def test_open_loop_needs_decoded_states(trace):
    machine = build_machine(trace, np.ones((5, 1)), deterministic=True)
    with pytest.raises(DataError, match="need `decoded`"):
        predict(machine, trace, mode="open")


def test_a_machine_of_another_alphabet_is_no_measure_of_a_trace(trace):
    machine = build_machine(trace, np.ones((5, 1)), deterministic=True)
    for change in ({"classes": ("yes", "no")}, {"symbols": ("1", "0")}):
        with pytest.raises(DataError, match=f"expected {next(iter(change))} .* in one order"):
            fidelity(machine, replace(trace, **change))


@pytest.mark.parametrize(
    ("decoded", "message"),
    [
        ([0, 0, 0, 0, -1], r"decoded: expected codes 0\.\.0, got -1 first at row 4"),
        ([0.0] * 5, "decoded: expected integer codes"),
        ([0, 0], "expected 5 rows of decoded, got 2"),
    ],
)
def test_decoded_states_are_those_of_the_machine(trace, decoded, message):
    machine = build_machine(trace, np.ones((5, 1)), deterministic=True)
    with pytest.raises(DataError, match=message):
        fidelity(machine, trace, mode="open", decoded=decoded)


def test_nothing_explains_more_than_all_of_what_hardly_changes(trace):
    # In single precision probabilities add up to a little less than 1, those of a machine do not.
    said = np.array([[0.501, 0.499], [0.499, 0.501]])[[0, 1, 0, 1, 1]]
    network = replace(trace, outputs=(said * (1 - 1e-7)).astype(np.float32))
    assert value(explained_divergence(said, network, smoothing=1e-12)) == 1
