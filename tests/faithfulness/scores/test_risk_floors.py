"""Floors of a risk: ranks know no units, and the value before knows no machine."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.outputs import LEVELS, counter, watched
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.scores.floors import floors_of
from markovlens.outputs import Output

RISKS = LEVELS[:, :1]
MACHINE = counter(RISKS, Output.RISK, classes=("y1",))


def traces(change=lambda risk: risk, noise=0.4):
    pair = [watched(Output.RISK, levels=RISKS, noise=noise, seed=seed) for seed in (0, 1)]
    return [replace(trace, outputs=change(trace.outputs)) for trace in pair]


def test_a_constant_risk_orders_nothing():
    train, test = traces()
    mean = fidelity(MACHINE, test, train=train).floors["mean"]
    assert mean.value == 0.5
    assert mean.low <= 0.5 <= mean.high


@pytest.mark.parametrize("change", [np.exp, lambda risk: 1000 * risk - 5, np.cbrt])
def test_other_units_of_a_risk_leave_every_floor_where_it_was(change):
    (train, test), (other, changed) = traces(), traces(change)
    plain = fidelity(MACHINE, test, train=train).floors
    found = fidelity(MACHINE, changed, train=other).floors
    # Before the first step stands the mean risk, which a curve moves among the others.
    straight = change(1.0) - change(0.0) == pytest.approx(change(2.0) - change(1.0))
    for name in ("mean", "linear", *(["last_value"] if straight else [])):
        assert found[name].value == pytest.approx(plain[name].value, abs=1e-12)


def test_before_the_first_step_stands_the_mean_risk_in_its_own_units():
    train, test = traces(lambda risk: 1000 * risk)
    last = floors_of(train, test)["last_value"]
    starts = test.sequences.starts
    np.testing.assert_allclose(last[starts], train.outputs.mean(), rtol=1e-6)
    inner = np.setdiff1d(np.arange(test.n_steps), starts)
    np.testing.assert_allclose(last[inner], test.outputs[inner - 1])
    assert floors_of(train, test)["mean"].max() <= 1  # a rank


def test_what_the_input_alone_tells_is_told_by_the_linear_floor():
    train, test = traces(noise=0.0)
    told = [replace(trace, outputs=trace.inputs[:, None] * 7.0) for trace in (train, test)]
    assert fidelity(MACHINE, told[1], train=told[0]).floors["linear"].value == 1
