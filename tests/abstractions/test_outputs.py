"""Machines of networks that answer with labels, values or a risk."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from helpers.outputs import LEVELS, counter, watched
from markovlens import Sequences, record, study
from markovlens.abstractions import DECIDING, METHODS, READING_ROWS
from markovlens.abstractions.base import Options
from markovlens.abstractions.closeness import agreements
from markovlens.abstractions.counting import build_machine
from markovlens.activations.oracle import Oracle
from markovlens.channels import Channel
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.machines.lumping import Usage, lump
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.ordering import ordered_pairs
from markovlens.outputs import Output

ONE = {Output.VALUES: LEVELS, Output.RISK: LEVELS[:, :1], Output.LABELS: LEVELS > 0.5}
QUICK = Options(restarts=1)


def traces(output):
    levels = np.where(ONE[output], 0.9, 0.1) if output == Output.LABELS else ONE[output]
    noise = 0.0 if output == Output.LABELS else 0.4
    return [watched(output, levels=levels, noise=noise, seed=seed) for seed in (0, 1, 2)]


@pytest.mark.parametrize("output", ONE)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_works_or_says_in_a_sentence_why_not(method, output):
    train, valid, test = traces(output)
    found = study(method, train, valid, n_states=[3], seed=0, options=QUICK)
    if method in READING_ROWS:
        assert "reads rows of real values" in found.failures[3]
        return
    if method in DECIDING:
        assert found.chosen is None
        assert "expected outputs that decide" in found.failures[3]
        return
    machine = found.best
    assert machine.output == output
    assert machine.spread is not None
    scored = fidelity(machine, test, train=train)
    if method in ("hmm", "hmm_input", "gmm", "kmeans", "grid", "lisor_k"):
        truth = counter(build_machine(train, np.eye(3)[train.truth], deterministic=True).readout,
                        output, classes=train.classes)  # fmt: skip
        assert scored.value == pytest.approx(fidelity(truth, test).value, abs=0.01)


def test_means_and_spreads_are_those_of_the_states():
    trace = watched(noise=0.5, n_sequences=3000)
    machine = build_machine(trace, np.eye(3)[trace.truth], deterministic=True)
    np.testing.assert_allclose(machine.readout, LEVELS, atol=0.03)
    np.testing.assert_allclose(machine.spread, 0.5, atol=0.02)
    np.testing.assert_allclose(machine.predict(trace.sequences), machine.readout[trace.truth])


def test_a_risk_is_its_rank_so_that_only_its_order_counts():
    train, valid, _ = traces(Output.RISK)
    bent = [replace(each, outputs=np.exp(each.outputs)) for each in (train, valid)]
    plain = study("kmeans", train, valid, n_states=[2, 3, 4], seed=0, options=QUICK)
    other = study("kmeans", *bent, n_states=[2, 3, 4], seed=0, options=QUICK)
    assert plain.chosen == other.chosen
    np.testing.assert_allclose(plain.best.readout, other.best.readout)
    assert 0 < plain.best.readout.min() < plain.best.readout.max() < 1


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_values_move_no_choice(scale):
    train, valid, _ = traces(Output.VALUES)
    scaled = [replace(each, outputs=scale * each.outputs - 7 * scale) for each in (train, valid)]
    plain = study("kmeans", train, valid, n_states=[2, 3, 4, 6], seed=0, options=QUICK)
    other = study("kmeans", *scaled, n_states=[2, 3, 4, 6], seed=0, options=QUICK)
    assert plain.chosen == other.chosen == 3
    np.testing.assert_allclose(other.best.readout, scale * (plain.best.readout - 7), rtol=1e-5)
    assert plain.lumped.machine.n_states == other.lumped.machine.n_states == 3


def test_states_of_one_answer_and_future_are_joined_with_the_spread_of_both():
    """Six states count modulo six and answer modulo three: three are enough."""
    readout = np.tile(LEVELS, (2, 1))
    machine = counter(readout, Output.VALUES, spread=np.repeat([0.3, 0.5], 3)[:, None] * [1, 1])
    joined = lump(machine).machine
    assert joined.n_states == 3
    np.testing.assert_allclose(np.sort(joined.readout[:, 0]), [0, 2, 7])
    np.testing.assert_allclose(joined.spread, np.sqrt((0.3**2 + 0.5**2) / 2))
    assert lump(counter(1e6 * readout, Output.VALUES)).machine.n_states == 3


def test_a_tolerance_is_in_units_of_the_outputs_own_spread():
    readout = np.array([[0.0], [1.0]])
    machine = counter(readout, Output.VALUES, classes=("y1",))
    used = Usage(np.ones(2), np.ones(2) / 2)  # the two answers have a standard deviation of 1/2
    assert lump(machine, tolerance=0.5, used=used).machine.n_states == 2
    noisy = replace(machine, spread=np.full((2, 1), 10.0))
    assert lump(noisy, tolerance=0.09, used=used).machine.n_states == 2
    assert lump(noisy, tolerance=0.11, used=used).machine.n_states == 1


def test_machines_of_any_output_are_kept_as_they_are():
    machine = counter(LEVELS, Output.VALUES, spread=np.abs(LEVELS))
    kept = machine_from_dict(machine_to_dict(machine))
    assert kept.output == Output.VALUES
    np.testing.assert_array_equal(kept.readout, machine.readout)
    np.testing.assert_array_equal(kept.spread, machine.spread)
    plain = machine_to_dict(
        counter(np.eye(3)[:, :2] / 1.0 + np.eye(3)[:, [2, 2]] / 2, "distribution")
    )
    assert not {"output", "spread"} & plain.keys()


def test_closeness_of_a_sequence_is_explained_variance_and_order():
    trace = watched()
    assert agreements(counter(LEVELS, Output.VALUES), trace).shape == (len(trace),)
    exact = replace(trace, outputs=LEVELS[trace.truth])
    np.testing.assert_allclose(agreements(counter(LEVELS, Output.VALUES), exact), 1)


def test_every_pair_is_counted_at_both_of_its_steps():
    hits, pairs = ordered_pairs(
        np.array([3.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0]), np.ones(3, bool)
    )
    np.testing.assert_array_equal(pairs, [2, 2, 2])
    np.testing.assert_array_equal(hits, [2, 1.5, 1.5])


class Monitor(nn.Module):
    """Reads rows with gaps, and forecasts two values."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.rnn = nn.GRU(3, 5, batch_first=True)
        self.head = nn.Linear(5, 2)

    def forward(self, rows):
        return self.head(self.rnn(torch.nan_to_num(rows))[0])


def rows_of_channels(seed, n_sequences=40):
    """Return rows of a number with gaps, of one in units 10^6 as large, and of categories."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, 12, n_sequences)
    n = lengths.sum()
    first = np.where(rng.random(n) < 0.1, np.nan, rng.standard_normal(n))
    values = np.c_[first, 1e6 * (1 + rng.random(n)), rng.integers(0, 3, n)]
    channels = (
        Channel("hr", "bpm"),
        Channel("dose", "mg"),
        Channel("ward", levels=("a", "b", "c")),
    )
    return Sequences(values, lengths, channels)


def test_networks_on_rows_that_forecast_are_explained_like_any_other():
    model = Monitor()
    with torch.no_grad():
        model.rnn.weight_ih_l0 *= torch.tensor([30.0, 1e-7, 0.1])  # so that it hears signs of hr
    train, valid, test = (
        record(model, rows_of_channels(seed), link="identity", classes=("hr [bpm]", "map [mmHg]"))
        for seed in (0, 1, 2)
    )
    options = Options(restarts=1, codes=("tree",), n_codes=(2, 3), contexts=("row",))
    network = Oracle(model, like=train.sequences, link="identity")
    for method in ("kmeans", "lisor_k"):
        found = study(
            method, train, valid, n_states=[4, 8], seed=0, options=options, network=network
        )
        machine = found.best
        assert machine.codebook is not None
        assert machine.predict(test.sequences).shape == (test.n_steps, 2)
        scored = fidelity(machine, test, train=train)
        assert set(scored.columns) == {"hr [bpm]", "map [mmHg]"}
        assert 0 < scored.floors["linear"].value < scored.value
    refused = study(
        "lstar", train, valid, n_states=[4], seed=0, options=options, network=network,
        codebook=found.codebook,
    )  # fmt: skip
    assert "values are no decision" in refused.failures[4]
