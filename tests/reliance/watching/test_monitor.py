import json

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.machines import random_machine
from markovlens.activations.oracle import Oracle
from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.errors import ConfigError, DataError
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences

EXAMPLE = ml.example()
HELD_OUT, LIVE = (EXAMPLE.sequences.select(np.arange(*ends)) for ends in ((0, 200), (200, 300)))


def oracle_of(network=EXAMPLE.network):
    return Oracle(network, like=EXAMPLE.sequences)


def monitor(network=None, **changes):
    return ml.Monitor.calibrated(EXAMPLE.truth, HELD_OUT, network, **changes)


def run(watching, sequences, outputs=None):
    seen, answers = [], None if outputs is None else iter(outputs)
    for sequence in sequences:
        for read in sequence:
            seen.append(watching.step(read, None if answers is None else next(answers)))
        watching.end()
    return seen


def other_weights(seed=0):
    network, noise = ml.example().network, torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in network.parameters():
            part += 0.3 * torch.randn(part.shape, generator=noise)
    return network


def test_beside_the_network_it_says_what_both_say_and_raises_no_alarm():
    watching = monitor(oracle_of())
    seen = run(watching, LIVE)
    assert not watching.alarms
    assert watching.threshold == 4 / 0.05
    machine = EXAMPLE.truth
    np.testing.assert_allclose([each.said for each in seen], machine.predict(LIVE))
    np.testing.assert_allclose([each.answer for each in seen], oracle_of().outputs(LIVE), atol=1e-5)
    assert [each.state for each in seen] == machine.walk(LIVE).tolist()
    assert not any(each.disagrees for each in seen)
    assert seen[-1].sequence == len(LIVE) - 1
    assert seen[-1].step == LIVE.lengths[-1] - 1
    assert set(seen[0].evidence) == {"network", "inputs", "stuck", "length"}


def test_answers_may_be_given_in_place_of_the_network():
    asked, given = monitor(oracle_of()), monitor(oracle_of())
    given = ml.Monitor(EXAMPLE.truth, calibration=given.calibration)
    first, second = run(asked, LIVE), run(given, LIVE, oracle_of().outputs(LIVE))
    assert [each.evidence for each in first] == [each.evidence for each in second]


def test_other_weights_are_a_changed_network():
    watching = monitor(oracle_of())
    watching = ml.Monitor(
        EXAMPLE.truth, oracle_of(other_weights()), calibration=watching.calibration
    )
    run(watching, LIVE)
    first = watching.alarms[0]
    assert first.test == "network"
    assert first.sequence < 20
    assert str(first).startswith("network: changed, by sequence")


def test_a_value_that_stays_is_a_stuck_sensor():
    watching = monitor()
    run(watching, [np.r_[each[:3], np.repeat(each[3], len(each))] for each in LIVE])
    assert watching.alarms[0].test == "stuck"
    assert watching.alarms[0].sequence < 10
    assert watching.alarms[0].step < 12  # before the sequence is over


def test_words_in_any_order_are_other_inputs():
    watching = monitor()
    rng = np.random.default_rng(0)
    run(watching, [rng.permutation(each) for each in LIVE])
    assert watching.alarms[0].test == "inputs"


def test_longer_sequences_are_told():
    watching = monitor()
    run(watching, [np.concatenate(list(LIVE.select(np.arange(at, at + 4)))) for at in range(50)])
    assert "length" in {alarm.test for alarm in watching.alarms}


@pytest.mark.parametrize("stop", [0, 3])
def test_it_goes_on_from_what_was_written_down_also_in_the_middle(stop):
    first, second = monitor(oracle_of()), monitor(oracle_of())
    sequences = list(LIVE)
    run(first, sequences[:20])
    for read in sequences[20][:stop]:
        first.step(read)
    second.go_on(json.loads(json.dumps(first.plain, allow_nan=False)))
    for watching in (first, second):
        for read in sequences[20][stop:]:
            watching.step(read)
        watching.end()
    one, other = run(first, sequences[21:40]), run(second, sequences[21:40])
    assert [each.evidence for each in one] == [each.evidence for each in other]
    assert [(each.sequence, each.step) for each in one] == [
        (each.sequence, each.step) for each in other
    ]


def test_what_was_written_down_stays_small():
    watching = monitor()
    sizes = []
    for _ in range(3):
        run(watching, LIVE)
        sizes.append(len(json.dumps(watching.plain)))
    assert max(sizes) < 1.1 * min(sizes) + 100


def vitals(n_sequences, seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 30, n_sequences)
    rows = np.cumsum(rng.normal(size=(lengths.sum(), 2)), axis=0) * 0.1 + rng.normal(
        size=(lengths.sum(), 2)
    )
    rows[rng.random(rows.shape) < 0.05] = np.nan
    ward = np.repeat(rng.integers(0, 2, n_sequences), lengths).astype(float)
    channels = (Channel("pulse"), Channel("SpO2"), Channel("ward", levels=("A", "B"), static=True))
    return Sequences(np.c_[rows, ward], lengths, channels)


@pytest.fixture
def of_rows():
    inputs = vitals(120, 0)
    book = quantile_cuts(inputs, 6, context=Context.named("change"))
    made = random_machine(3, len(book.names), 2, seed=1, symbols=book.names)
    machine = Machine(
        made.initial, made.transition, made.readout, made.symbols, made.classes, made.seen, book
    )
    return machine, inputs


def test_rows_are_watched_too_and_gone_on_with(of_rows):
    machine, inputs = of_rows
    first, second = (ml.Monitor.calibrated(machine, inputs) for _ in range(2))
    live = list(vitals(20, 1))
    run(first, live[:5])
    for row in live[5][:3]:
        first.step(row)
    second.go_on(json.loads(json.dumps(first.plain, allow_nan=False)))
    for watching in (first, second):
        for row in live[5][3:]:
            watching.step(dict(zip(("pulse", "SpO2", "ward"), row, strict=True)))
        watching.end()
    one, other = run(first, live[6:]), run(second, live[6:])
    assert [each.evidence for each in one] == [each.evidence for each in other]
    np.testing.assert_array_equal([s.belief for s in one], [s.belief for s in other])


def test_of_rows_a_stuck_channel_and_a_shifted_one_are_told(of_rows):
    machine, inputs = of_rows
    stuck, shifted = (ml.Monitor.calibrated(machine, inputs) for _ in range(2))
    for sequence in vitals(60, 2):
        still = sequence.copy()
        still[2:, 1] = still[2, 1]
        run(stuck, [still])
        run(shifted, [sequence + np.array([1.5, 0, 0])])
    assert stuck.alarms[0].test == "stuck"
    assert shifted.alarms[0].test == "inputs"


def test_what_is_wrong_is_said():
    machine = EXAMPLE.truth
    with pytest.raises(DataError, match="at least 40 held-out sequences.*got 10"):
        ml.Monitor.calibrated(machine, HELD_OUT.select(np.arange(10)))
    with pytest.raises(ConfigError, match=r"alpha: expected a number between 0 and 1, .*got 5"):
        monitor(alpha=5)
    with pytest.raises(DataError, match="expected Machine, got str"):
        ml.Monitor.calibrated("machine", HELD_OUT)
    with pytest.raises(DataError, match="heldout: expected `Sequences` or a list of them, got int"):
        ml.Monitor.calibrated(machine, 3)
    with pytest.raises(DataError, match="knows no answers"):
        monitor().step(1, [0.2, 0.3, 0.5])
    with pytest.raises(DataError, match="with the network's answers"):
        ml.Monitor(machine, EXAMPLE.network, calibration=monitor().calibration)
    watching = monitor(oracle_of())
    with pytest.raises(DataError, match="asks the network itself"):
        watching.step(1, [0.2, 0.3, 0.5])
    with pytest.raises(DataError, match="unknown symbol 'boat'"):
        watching.step("boat")
    with pytest.raises(DataError, match=r"a symbol of 0\.\.29, got 30"):
        watching.step(30)
    given = ml.Monitor(machine, calibration=watching.calibration)
    with pytest.raises(DataError, match="expected 3 numbers.*got 2"):
        given.step(1, [0.5, 0.5])
    with pytest.raises(DataError, match="same machine, calibration, alpha"):
        given.go_on(watching.plain)
    with pytest.raises(DataError, match="3 answers of the machine, got 2|2 answers of the machine"):
        ml.Monitor.calibrated(random_machine(2, 30, 2), HELD_OUT, EXAMPLE.network)


def test_an_error_leaves_the_sequence_where_it_was():
    one, other = monitor(), monitor()
    for watching in (one, other):
        watching.step("the")
    with pytest.raises(DataError):
        one.step("boat")
    assert one.step("film").evidence == other.step("film").evidence
