from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from helpers.by_hand import (
    HIDDEN,
    WIDE,
    WIDTH,
    CellLoop,
    PackedReader,
    Reader,
    by_hand,
    ragged,
    recorded,
)
from markovlens.activations.recorder import record, record_to_parquet
from markovlens.activations.store import load_trace
from markovlens.activations.watching import Recorder
from markovlens.errors import DataError, RecordingWarning
from markovlens.recurrence.cells import CELLS
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, no_targets


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


# What else a state has beside h, and what hands out all of it, is tested with each cell.
@pytest.mark.parametrize("kind", [kind for kind in CELLS if kind not in WIDE])
@torch.no_grad()
def test_states_of_both_layers_are_those_of_a_step_loop(kind):
    model = Reader(CELLS[kind](WIDTH, HIDDEN, num_layers=2))
    data = ragged([4, 1, 7])
    traces = record(model, data, layers=["rnn.l0", "rnn.l1"])
    parameters = dict(model.rnn.named_parameters())
    for index, symbols in enumerate(data):
        lower = by_hand(kind, parameters, model.embedding(torch.as_tensor(symbols)))
        upper = by_hand(kind, parameters, lower[0], layer=1)
        for name, expected in (("rnn.l0", lower), ("rnn.l1", upper)):
            found = traces[name].select(np.array([index])).states
            np.testing.assert_allclose(found, recorded(kind, *expected).numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", ["srn", "gru", "lstm"])
@torch.no_grad()
def test_bidirectional_states_are_forward_then_backward(kind):
    model = Reader(CELLS[kind](WIDTH, HIDDEN, num_layers=2, bidirectional=True), 2 * HIDDEN)
    data = ragged([5, 3])
    with pytest.warns(RecordingWarning, match=r"rnn.l0, .*rnn.l1, outputs: not causal"):
        traces = record(model, data, layers=["rnn.l0", "rnn.l1"])
    parameters = dict(model.rnn.named_parameters())
    for index, symbols in enumerate(data):
        x = model.embedding(torch.as_tensor(symbols))
        for layer in range(2):
            forward = by_hand(kind, parameters, x, layer)
            backward = by_hand(kind, parameters, x.flip(0), layer, "_reverse")
            x, cells = (
                torch.cat([ahead, back.flip(0)], dim=1)
                for ahead, back in zip(forward, backward, strict=True)
            )
            found = traces[f"rnn.l{layer}"].select(np.array([index])).states
            np.testing.assert_allclose(found, recorded(kind, x, cells).numpy(), atol=1e-6)


@pytest.mark.parametrize("cell", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
@torch.no_grad()
def test_a_cell_in_a_loop_gives_a_state_a_step(cell):
    model = CellLoop(cell(WIDTH, HIDDEN))
    data = ragged([3, 6])
    trace = record(model, data)
    for index, symbols in enumerate(data):
        state, states = None, []
        for x in model.embedding(torch.as_tensor(symbols)):
            state = model.cell(x[None], None if state is None else state)
            pair = isinstance(state, tuple)
            states.append(recorded("lstm", *state) if pair else state)
        found = trace.select(np.array([index])).states
        np.testing.assert_allclose(found, torch.cat(states).numpy(), atol=1e-6)
    assert not trace.has_output.any()


@pytest.mark.parametrize("layer", ["rnn.l0", "rnn.l1"])
def test_packed_and_padded_batches_of_ones_own_give_the_same_states(layer):
    model = PackedReader(nn.GRU(WIDTH, HIDDEN, num_layers=2, batch_first=True)).eval()
    data = ragged([2, 5, 3])
    batch = pad_sequence([torch.as_tensor(symbols) for symbols in data], batch_first=True)
    expected = record(model, data, layers=layer, forward=Reader.forward)
    with Recorder(model, [layer]) as recorder:
        model(batch, data.lengths)
        packed = recorder.take(data.lengths)[layer]
        Reader.forward(model, batch)
        padded = recorder.take(data.lengths)[layer]
    np.testing.assert_allclose(packed, expected.states, atol=1e-6)
    np.testing.assert_allclose(padded, expected.states, atol=1e-6)


def test_time_first_modules_and_initial_states_are_understood():
    class TimeFirst(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(WIDTH, HIDDEN, num_layers=2)

        def forward(self, x):
            start = torch.ones(2, len(x), HIDDEN)
            return self.rnn(x.transpose(0, 1), start)[0].transpose(0, 1)

    model = TimeFirst()
    x = torch.randn(3, 4, WIDTH)
    with Recorder(model, ["rnn.l0", "rnn.l1"]) as recorder:
        top = model(x)
        states = recorder.take([4, 4, 4])
    np.testing.assert_allclose(states["rnn.l1"], top.detach().flatten(0, 1), atol=1e-6)
    lower = nn.GRU(WIDTH, HIDDEN, batch_first=True)
    lower.load_state_dict({n: p for n, p in model.rnn.state_dict().items() if "l0" in n})
    expected = lower(x, torch.ones(1, 3, HIDDEN))[0].detach().flatten(0, 1)
    np.testing.assert_allclose(states["rnn.l0"], expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["gru", "lstm", "mgu"])
def test_arguments_by_name_are_understood_in_any_order(kind):
    names = ("x", "h0") if kind == "mgu" else ("input", "hx")

    class ByName(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = CELLS[kind](WIDTH, HIDDEN, num_layers=2)

        def forward(self, x, way):
            start = torch.ones(2, len(x), HIDDEN)
            start = (start, 2 * start) if kind == "lstm" else start
            given = dict(zip(names, (x, start), strict=True))
            calls = {
                "by position": lambda: self.rnn(x, start),
                "state by name": lambda: self.rnn(x, **{names[1]: start}),
                "state first": lambda: self.rnn(**dict(reversed(given.items()))),
            }
            return calls[way]()[0]

    model, x = ByName(), torch.randn(3, 4, WIDTH)
    states = []
    for way in ("by position", "state by name", "state first"):
        with Recorder(model, ["rnn.l0"]) as recorder:
            model(x, way)
            states.append(recorder.take([4, 4, 4])["rnn.l0"])
    np.testing.assert_array_equal(states[1], states[0])
    np.testing.assert_array_equal(states[2], states[0])


def test_any_module_that_returns_states_can_be_named():
    class Odd(nn.Module):
        def forward(self, x):
            return x.cumsum(1), None

    model = Reader(Odd(), WIDTH)
    data = ragged([3])
    trace = record(model, data, layers="rnn")
    expected = model.embedding(torch.as_tensor(data.values)).cumsum(0).detach()
    np.testing.assert_allclose(trace.states, expected, atol=1e-6)


def test_the_model_is_left_as_it_was_found():
    model = Reader(nn.LSTM(WIDTH, HIDDEN, batch_first=True))
    model.train()
    model.head.eval()
    model.embedding.weight.requires_grad_(False)
    model(torch.zeros(1, 2, dtype=torch.long)).sum().backward()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    gradients = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    random_state = torch.get_rng_state()
    record(model, ragged([3, 1]))
    assert [module.training for module in (model, model.rnn, model.head)] == [True, True, False]
    assert [p.requires_grad for p in model.parameters()][0] is False
    assert not any(module._forward_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), random_state)
    assert torch.is_grad_enabled()
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        assert gradient is None or torch.equal(parameter.grad, gradient)


def test_a_failing_model_is_left_as_it_was_found():
    class Failing(Reader):
        def forward(self, symbols):
            super().forward(symbols)
            raise RuntimeError("out of luck")

    model = Failing(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    with pytest.raises(RuntimeError, match="out of luck"):
        record(model, ragged([2]))
    assert model.training
    assert not model.rnn._forward_hooks


@settings(max_examples=20)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 3))
def test_neither_order_nor_batches_matter(lengths, batch_size):
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    data = ragged(lengths)
    whole = record(model, data, batch_size=batch_size)
    for index, symbols in enumerate(data):
        alone = record(model, Sequences.from_list([symbols]))
        part = whole.select(np.array([index]))
        np.testing.assert_allclose(part.states, alone.states, atol=1e-6)
        np.testing.assert_allclose(part.outputs, alone.outputs, atol=1e-6)


def test_streaming_equals_recording_at_once(tmp_path, monkeypatch):
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    data = ragged([3, 1, 4, 2, 6])
    split = Split(data, no_targets(data.n_steps), np.arange(data.n_steps) % 2)
    monkeypatch.setattr("markovlens.activations.store.ROW_GROUP_BYTES", 500)
    record_to_parquet(model, split, tmp_path / "t.parquet", layer="rnn.l0")
    again, whole = load_trace(tmp_path / "t.parquet"), record(model, split, layers="rnn.l0")
    for name in ("states", "outputs", "inputs", "targets", "truth", "lengths"):
        np.testing.assert_allclose(getattr(again, name), getattr(whole, name), atol=1e-6)


def test_an_output_at_the_end_only_is_kept_there():
    class Classifier(Reader):
        def forward(self, symbols):
            return super().forward(symbols)[:, -1]

    model = Classifier(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    trace = record(model, ragged([3, 2]))
    np.testing.assert_array_equal(trace.has_output, [False, False, True, False, True])
    np.testing.assert_allclose(trace.outputs[[2, 4]].sum(axis=1), 1, atol=1e-6)


def test_an_unknown_layer_lists_those_there_are():
    model = Reader(nn.GRU(WIDTH, HIDDEN, num_layers=2))
    with pytest.raises(DataError, match=r"no layer 'rnn.l2'; it has rnn.l0, rnn.l1"):
        record(model, ragged([2]), layers="rnn.l2")


def test_a_network_without_recurrence_says_so():
    with pytest.raises(DataError, match="recurrent layer, found none"):
        record(nn.Linear(2, 2), ragged([2]))


def test_nan_states_name_layer_sequence_and_step():
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    data = Sequences(np.array([0, 0, 0, 2, 0]), np.array([2, 3]))
    with torch.no_grad():
        model.embedding.weight[2] = float("nan")
    with pytest.raises(DataError, match=r"layer rnn.l0: .* sequence 1 at step 1"):
        record(model, data)


def test_an_output_of_a_strange_shape_says_what_to_do():
    class Strange(Reader):
        def forward(self, symbols):
            return super().forward(symbols).flatten()

    model = Strange(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    with pytest.raises(DataError, match=r"expected outputs \(1, 3, C\) .* give `forward`"):
        record(model, ragged([3]))


def test_a_layer_that_was_not_called_says_so():
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    with Recorder(model) as recorder, pytest.raises(DataError, match="was not called"):
        recorder.take([2])


def test_truth_and_targets_travel_with_the_states():
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    data = ragged([2, 3])
    split = Split(data, np.arange(5) % 2, no_targets(5))
    trace = record(model, replace(split, truth=np.arange(5) % 2), symbols="abc", classes="xy")
    np.testing.assert_array_equal(trace.targets, np.arange(5) % 2)
    assert (trace.symbols, trace.classes) == (("a", "b", "c"), ("x", "y"))


def test_splits_recorded_apart_have_the_alphabet_of_the_embedding(tmp_path):
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    few, all_symbols = (Sequences.from_list([values]) for values in ([0, 0], [0, 1, 2]))
    assert record(model, few).symbols == record(model, all_symbols).symbols == ("0", "1", "2")
    record_to_parquet(
        model,
        Split(few, no_targets(2), no_targets(2)),
        tmp_path / "t.parquet",
        layer="rnn.l0",
    )
    assert load_trace(tmp_path / "t.parquet").symbols == ("0", "1", "2")


def test_with_two_embeddings_the_data_say_how_many_symbols_there_are():
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    model.positions = nn.Embedding(50, WIDTH)
    data = Sequences.from_list([[0, 1]])
    assert record(model, data).symbols == ("0", "1")
    assert record(model, data, symbols="abc").symbols == ("a", "b", "c")
