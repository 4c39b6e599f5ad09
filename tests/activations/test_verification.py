"""A recording whose rows or steps are not where they belong is refused, and a right one is not."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.disorderly import (
    ALIKE,
    DATA,
    HIDDEN,
    N_SYMBOLS,
    WIDTH,
    BatchNormalised,
    Bidirectional,
    Blind,
    Chaotic,
    Counter,
    Flipping,
    ForOneLength,
    ForPairs,
    Framed,
    InAttribute,
    InList,
    InObject,
    InParameter,
    InTensor,
    LateAnswers,
    LookingAhead,
    Noisy,
    Normalised,
    Packing,
    Reader,
    Saturated,
    ShiftedByTwenty,
    ShiftedByTwo,
    ShiftedRight,
    SortingByContent,
    Swapping,
    TreatsTwoSymbolsAlike,
    UnsortedAnswers,
    signals,
    words,
)
from markovlens.activations.recorder import record, record_to_parquet
from markovlens.activations.reruns import gaps_of, parting
from markovlens.activations.store import load_trace
from markovlens.activations.verification import plan
from markovlens.errors import DataError, RecordingWarning
from markovlens.sequences import Sequences


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("data", DATA, ids=["words", "ragged", "signals"])
@pytest.mark.parametrize("network", [Flipping, SortingByContent])
def test_rows_in_another_order_are_refused(network, data):
    model = network()
    with pytest.raises(DataError, match=r"layer rnn.l0: .* sorts or shuffles .* batch_size=1"):
        record(model, data)
    alone = record(model, data, batch_size=1)
    plain = record(model, data, batch_size=1, forward=Reader.forward)
    np.testing.assert_array_equal(alone.states, plain.states)


def test_two_rows_among_hundreds_are_seen_though_neither_is_run_again():
    data = words([8] * 400)
    chosen, _ = plan(data.lengths)
    assert not {0, 1, 200, 201} & set(chosen)
    with pytest.raises(DataError, match="sorts or shuffles"):
        record(Swapping(), data)
    record(Swapping(), data, batch_size=1)


def test_answers_in_another_order_are_refused():
    with pytest.raises(DataError, match=r"outputs: .* sorts or shuffles"):
        record(UnsortedAnswers(), words(ALIKE))


def test_states_that_depend_on_the_rest_of_the_batch_are_refused():
    with pytest.raises(DataError, match=r"depends on the other sequences .* give batch_size=1"):
        record(BatchNormalised(), words(ALIKE))


@pytest.mark.parametrize("network", [Reader, Packing])
def test_a_layer_that_takes_the_batch_for_time_is_refused(network):
    """The commonest slip with torch's layers, silent where there are as many rows as steps."""
    model = network(nn.GRU(WIDTH, HIDDEN))  # not batch_first
    if network is Packing:
        record(model, words(ALIKE))  # a packed batch says itself what is time
        return
    for data in (words(ALIKE), words([8] * 8)):
        with pytest.raises(DataError, match=r"as if that were time: does it lack batch_first"):
            record(model, data)


@pytest.mark.parametrize("lengths", [[8] * 8, [6, 9, 9, 12]])
@pytest.mark.parametrize(("network", "delay"), [(ShiftedRight, 1), (ShiftedByTwo, 2)])
def test_states_that_come_late_are_refused(network, delay, lengths):
    data, model = words(lengths), network()
    with pytest.raises(DataError, match=rf"rnn.l0: {delay} steps? late: .* steps_before={delay}"):
        record(model, data)

    def longer(model, x):
        return model(torch.cat([x, x[:, :delay]], dim=1))

    found = record(model, data, forward=longer, steps_before=delay)
    plain = Reader()
    plain.load_state_dict(model.state_dict())
    for index, word in enumerate(data):
        begun = Sequences.from_list([np.append([N_SYMBOLS] * delay, word)])
        wanted = record(plain, begun)
        part = found.select(np.array([index]))
        np.testing.assert_allclose(part.states, wanted.states[delay:], atol=1e-6)
        np.testing.assert_allclose(part.outputs, wanted.outputs[delay:], atol=1e-6)


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("data", [words([3, 5, 3]), words([4] * 4), words([1, 1])])
def test_steps_that_the_network_adds_are_left_out(data, cut):
    model = Framed(cut=cut)
    with pytest.raises(DataError, match=r"steps, got . of .*; (if the network puts|is it called)"):
        record(model, data)
    trace = record(model, data, steps_before=1, steps_after=1)
    read_out = model.head(torch.as_tensor(trace.states)).softmax(-1).detach()
    np.testing.assert_allclose(trace.outputs, read_out, atol=1e-6)
    if data.lengths.max() > 1:
        with pytest.raises(DataError, match="1 step late: .* steps_before larger by so many"):
            record(model, data, steps_before=0, steps_after=2)
        with pytest.raises(DataError, match="1 step early: .* steps_before is larger by 1"):
            record(model, data, steps_before=2, steps_after=0)


@pytest.mark.parametrize("network", [InAttribute, InTensor, InList, InParameter])
def test_a_network_that_goes_on_is_begun_anew_and_left_as_it_was(network):
    model, data = network(), words([4, 5, 6, 5, 5])
    with pytest.warns(RecordingWarning, match=r"goes on .* \(it changes memory"):
        first = record(model, data)
    with pytest.warns(RecordingWarning, match="goes on"):
        second = record(model, data, batch_size=1)
    np.testing.assert_allclose(second.states, first.states, atol=1e-6)
    plain = record(model, data, forward=Reader.forward)
    np.testing.assert_allclose(first.states, plain.states, atol=1e-6)
    memory = model.recall()
    assert memory is None or not memory.any()


def test_a_network_that_leads_back_to_itself_is_recorded():
    network, data = Reader(), words([4, 5, 6])
    wanted = record(network, data).states
    network.kept = {"of": "a dict"}
    network.kept["itself"] = network.kept
    np.testing.assert_array_equal(record(network, data).states, wanted)


@pytest.mark.parametrize("kind", [">f4", ">f8"])
def test_rows_in_the_byte_order_of_another_machine_are_read(kind):
    network = Reader()
    rows = np.random.default_rng(0).normal(size=(12, WIDTH)).astype(np.float32)
    wanted, found = (record(network, Sequences(each, [6, 6])) for each in (rows, rows.astype(kind)))
    np.testing.assert_array_equal(found.states, wanted.states)


def test_what_cannot_be_put_back_is_refused():
    model, data = InObject(), words([4, 5, 6])
    with pytest.raises(DataError, match=r"keeps something .* `forward` that resets it"):
        record(model, data)

    def reset(model, x):
        model.cell.state = None
        return model(x)

    plain = record(model, data, forward=Reader.forward)
    np.testing.assert_allclose(record(model, data, forward=reset).states, plain.states, atol=1e-6)


def test_a_network_that_draws_random_numbers_is_refused_or_follows_the_seed():
    model, data = Noisy(), words(ALIKE)
    with pytest.raises(DataError, match="draws random numbers even in evaluation mode"):
        record(model, data)
    first, again, other = (record(model, data, verify=False, seed=s).states for s in (1, 1, 2))
    np.testing.assert_array_equal(again, first)
    assert not np.allclose(other, first)


LEGITIMATE = [
    Reader,
    Packing,
    Normalised,
    Saturated,
    Chaotic,
    Blind,
    TreatsTwoSymbolsAlike,
    lambda: Reader(nn.LSTM(WIDTH, HIDDEN, batch_first=True, num_layers=2, dropout=0.5)),
]


@pytest.mark.parametrize("network", LEGITIMATE)
@pytest.mark.parametrize(
    "data",
    [
        words([1, 1, 1]),
        words([30, 200, 7, 200]),
        words([6] * 6, n_symbols=1),
        words([60] * 300),
        signals([9, 4, 9]),
    ],
    ids=["one step", "ragged", "one symbol", "many", "signals"],
)
def test_networks_in_order_raise_no_alarm(network, data):
    model = network()
    if network is TreatsTwoSymbolsAlike and data.values.dtype.kind == "f":
        data = words([9, 4, 9])
    checked, plain = record(model, data), record(model, data, verify=False)
    np.testing.assert_array_equal(checked.states, plain.states)


@pytest.mark.parametrize("lengths", [[40] * 3, [2, 6, 3, 3], [60] * 300])
def test_a_hidden_count_is_no_delay(lengths):
    record(Counter(), words(lengths, n_symbols=2), symbols="ab")


def test_a_network_for_one_length_is_verified_at_that_length():
    class Flipped(ForOneLength):
        def forward(self, x):
            return super().forward(x.flip(0)).flip(0)

    data = words([40] * 30)
    trace = record(ForOneLength(), data)
    assert trace.has_output.sum() == 30
    with pytest.raises(DataError, match="sorts or shuffles"):
        record(Flipped(), data)


def test_a_network_that_fails_on_one_sequence_cannot_be_verified():
    with pytest.warns(RecordingWarning, match="not be verified: .*RuntimeError: expected more"):
        record(ForPairs(), words(ALIKE))


@pytest.mark.parametrize("network", [Bidirectional, LookingAhead])
@pytest.mark.parametrize("lengths", [[8] * 5, [60] * 300, [2, 4, 3]])
def test_a_network_that_looks_ahead_is_called_so(network, lengths):
    model, data = network(), words(lengths)
    with pytest.warns(RecordingWarning, match=r"layer rnn.l0, outputs: not causal") as caught:
        trace = record(model, data)
    assert len(caught) == 1
    np.testing.assert_array_equal(trace.states, record(model, data, verify=False).states)


def test_answers_before_the_symbol_are_called_so():
    with pytest.warns(RecordingWarning, match="outputs: 1 step late"):
        record(LateAnswers(), words(ALIKE))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_rounding_is_no_mismatch(dtype):
    model, data = Reader().to(dtype), words([50] * 40)
    trace = record(model, data)
    np.testing.assert_allclose(trace.states, record(model, data, batch_size=1).states, atol=1e-2)
    shuffled = Flipping().to(dtype)
    with pytest.raises(DataError, match="sorts or shuffles"):
        record(shuffled, data)


def test_a_file_is_verified_once(tmp_path, monkeypatch):
    monkeypatch.setattr("markovlens.activations.store.ROW_GROUP_BYTES", 3000)
    with pytest.raises(DataError, match="sorts or shuffles"):
        record_to_parquet(Flipping(), words(ALIKE), tmp_path / "t.parquet", layer="rnn.l0")
    assert not (tmp_path / "t.parquet").exists()
    with pytest.warns(RecordingWarning) as caught:
        record_to_parquet(InAttribute(), words(ALIKE), tmp_path / "t.parquet", layer="rnn.l0")
    assert len(caught) == 1
    record_to_parquet(
        Flipping(), words(ALIKE), tmp_path / "off.parquet", layer="rnn.l0", verify=False
    )
    assert load_trace(tmp_path / "off.parquet").n_steps == 320


def test_runs_that_drift_apart_are_told_from_runs_that_differ():
    rng = np.random.default_rng(0)
    wanted = rng.uniform(-1, 1, size=(200, 3))
    growing = wanted + 1e-7 * np.exp(0.3 * np.arange(200)).clip(max=1e6)[:, None]
    assert parting(growing, wanted, 1.2e-7) is None
    assert parting(wanted[1:], wanted[:-1], 1.2e-7) == 0
    late = wanted.copy()
    late[120:] = rng.uniform(-1, 1, size=(80, 3))
    assert parting(late, wanted, 1.2e-7) == 120


def test_a_difference_is_measured_by_the_size_of_its_unit():
    found = np.array([[1.0, 500.0, np.nan], [1.0, 500.0, np.nan]])
    wanted = found + np.array([[0.0, 5.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(gaps_of(found, wanted), [5 / 505, 0])


def test_a_delay_longer_than_what_is_run_again_of_large_recordings_is_seen():
    data = Sequences(np.random.default_rng(0).integers(4, size=120_000), np.full(3000, 40))
    with pytest.raises(DataError, match="rnn.l0: 20 steps late"):
        record(ShiftedByTwenty(), data)
