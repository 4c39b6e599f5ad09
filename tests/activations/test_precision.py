"""Types of numbers: whatever a network computes in, states are float32, or float64."""

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.activations.recorder import record_to_parquet
from markovlens.activations.store import load_trace
from markovlens.activations.watching import Recorder
from markovlens.sequences import Sequences

WIDTH, HIDDEN, STEPS = 3, 4, 6
CELLS = [nn.LSTMCell, nn.GRUCell, nn.RNNCell]


class Reader(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn, self.head = rnn, nn.Linear(HIDDEN, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class Loop(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        state = None
        for step in x.unbind(1):
            state = self.cell(step, state)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def signals(dtype=np.float32):
    values = np.random.default_rng(0).normal(size=(2 * STEPS, WIDTH)).astype(dtype)
    return Sequences(values, np.full(2, STEPS))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("signal", [np.float64, np.float32])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN, *CELLS])
def test_states_are_of_one_type_for_any_network_and_signal(dtype, signal, kind):
    if kind in CELLS:
        model = Loop(kind(WIDTH, HIDDEN))
    else:
        model = Reader(kind(WIDTH, HIDDEN, num_layers=2, batch_first=True))
    wanted = ml.record(model, signals(), layers=None).states
    trace = ml.record(model.to(dtype), signals(signal))
    assert trace.states.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    assert trace.outputs.dtype == np.float32
    np.testing.assert_allclose(trace.states, wanted, atol=3e-2)  # bfloat16 has three digits
    assert trace.inputs.dtype == signal  # as they were given


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN, *CELLS])
@pytest.mark.parametrize("layer", [0, 1])
def test_autocast_gives_what_the_network_computes_there(kind, layer):
    """torch 2.13 on the processor: LSTM and RNN return bfloat16, GRU and cells float32."""
    if kind in CELLS:
        model, name = Loop(kind(WIDTH, HIDDEN)), "cell.l0"
    else:
        model = Reader(kind(WIDTH, HIDDEN, num_layers=2, batch_first=True))
        name = f"rnn.l{layer}"
    exact = ml.record(model, signals(), layers=name).states
    with torch.autocast("cpu", dtype=torch.bfloat16):
        lower = ml.record(model, signals(), layers=name).states
    assert lower.dtype == np.float32
    np.testing.assert_allclose(lower, exact, atol=3e-2)
    assert not np.array_equal(lower, exact)


def test_a_lower_layer_under_autocast_is_the_one_that_the_upper_read():
    """The module gives its last state; `h` of each layer must be that to the bit."""
    for kind in (nn.LSTM, nn.GRU, nn.RNN):
        rnn = kind(WIDTH, HIDDEN, num_layers=2, batch_first=True).eval()
        x = torch.from_numpy(signals().values).view(2, STEPS, WIDTH)
        with torch.autocast("cpu", dtype=torch.bfloat16), Recorder(rnn, ["l0"]) as recorder:
            _, end = rnn(x)
            states = recorder.take([STEPS, STEPS])["l0"]
        end = end if isinstance(end, tuple) else (end,)
        last = states.reshape(2, STEPS, -1)[:, -1]
        np.testing.assert_array_equal(last[:, :HIDDEN], end[0][0].float().detach())
        if len(end) > 1:
            np.testing.assert_allclose(
                last[:, HIDDEN:], end[1][0].float().detach().asinh(), atol=1e-6
            )


def test_symbols_are_not_made_real():
    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(3, WIDTH)
            self.rnn = nn.GRU(WIDTH, HIDDEN, batch_first=True)

        def forward(self, x):
            self.rnn(self.embedding(x))

    data = Sequences.from_list([np.array([0, 1, 2], np.int8)])
    assert ml.record(Embedded().double(), data).states.dtype == np.float64


def test_files_hold_single_precision(tmp_path):
    model = Loop(nn.GRUCell(WIDTH, HIDDEN)).double()
    data = Sequences.from_list([np.array([0, 1, 2])])

    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.loop = nn.Embedding(3, WIDTH).double(), model

        def forward(self, x):
            self.loop(self.embedding(x))

    record_to_parquet(Embedded(), data, tmp_path / "t.parquet", layer="loop.cell.l0")
    assert load_trace(tmp_path / "t.parquet").states.dtype == np.float32
