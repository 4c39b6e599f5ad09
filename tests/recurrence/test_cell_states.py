"""The state of an LSTM is (h, c): both are recorded, right to the step, and kept apart."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

import markovlens as ml
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record_to_parquet
from markovlens.activations.store import load_trace, trace_metadata
from markovlens.activations.watching import Recorder
from markovlens.embedding.pod import embed, pod
from markovlens.errors import DataError, RecordingWarning
from markovlens.networks.model import build
from markovlens.sequences import Sequences

WIDTH, HIDDEN, STEPS = 3, 5, 7


class Reader(nn.Module):
    """Reads vectors and says nothing."""

    def __init__(self, rnn, time_first=False):
        super().__init__()
        self.rnn, self.time_first = rnn, time_first

    def forward(self, x):
        self.rnn(x.transpose(0, 1) if self.time_first else x)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def signals(n_sequences=4, dtype=np.float32, spread=3.0):
    rng = np.random.default_rng(0)
    values = rng.normal(scale=spread, size=(n_sequences * STEPS, WIDTH)).astype(dtype)
    return Sequences(values, np.full(n_sequences, STEPS))


@torch.no_grad()
def step_by_step(lstm, data, layer):
    """Return h and c (N, ...) of a layer when the module reads one step a call."""
    x = torch.from_numpy(data.values).to(lstm.weight_ih_l0.dtype).view(len(data), STEPS, WIDTH)
    state, states = None, []
    for step in x.split(1, dim=1):
        _, state = lstm(step if lstm.batch_first else step.transpose(0, 1), state)
        states.append([part[layer].double() for part in state])
    hidden, cells = (torch.stack(part, dim=1).flatten(0, 1) for part in zip(*states, strict=True))
    return hidden.numpy(), cells.numpy()


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(
    "options", [{}, {"bias": False}, {"proj_size": 2}, {"batch_first": False}, {"dropout": 0.4}]
)
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_both_parts_are_those_of_a_loop(options, layer):
    lstm = nn.LSTM(WIDTH, HIDDEN, num_layers=2, **{"batch_first": True} | options)
    data = signals()
    model = Reader(lstm, time_first=not lstm.batch_first)
    states = ml.record(model, data, layers=f"rnn.l{layer}").states
    hidden, cells = step_by_step(lstm.eval(), data, layer)
    split = hidden.shape[1]
    np.testing.assert_allclose(states[:, :split], hidden, atol=1e-5)
    np.testing.assert_allclose(np.sinh(states[:, split:]), cells, atol=1e-5)
    alone = ml.record(model, data, layers=f"rnn.l{layer}", state="h").states
    np.testing.assert_allclose(alone, hidden, atol=1e-5)


@pytest.mark.parametrize("kind", ["double", "half", "bfloat16"])
def test_cells_of_other_precisions_are_those_of_a_loop(kind):
    lstm = getattr(nn.LSTM(WIDTH, HIDDEN, num_layers=2, batch_first=True), kind)()
    data = signals()
    states = ml.record(Reader(lstm), data).states
    hidden, cells = step_by_step(lstm.eval(), data, 1)
    np.testing.assert_allclose(states, np.hstack([hidden, np.arcsinh(cells)]), atol=1e-6)
    assert states.dtype == (np.float64 if kind == "double" else np.float32)


def test_a_count_beyond_what_half_precision_holds_stops_where_the_network_stops():
    """In bfloat16 256 + 1 is 256, and so the network counts; in single precision it goes on."""
    lstm = nn.LSTM(1, 1, batch_first=True)
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
        lstm.bias_ih_l0.copy_(torch.tensor([40.0, 40.0, 40.0, 40.0]))  # adds one a step, keeps all
    data = Sequences(np.zeros((300, 1), np.float32), np.array([300]))
    exact = np.sinh(ml.record(Reader(lstm), data).states[-1, 1])
    rounded = np.sinh(ml.record(Reader(lstm.bfloat16()), data).states[-1, 1])
    np.testing.assert_allclose([exact, rounded], [300, 256], rtol=1e-5)


def test_packed_batches_with_a_start_give_what_each_sequence_gives_alone():
    lstm = nn.LSTM(WIDTH, HIDDEN, num_layers=2, bidirectional=True, batch_first=True).eval()
    lengths = [3, 7, 5]
    parts = [torch.randn(length, WIDTH) for length in lengths]
    start = tuple(torch.randn(2, 4, 3, HIDDEN).unbind(0))
    packed = pack_padded_sequence(
        pad_sequence(parts, batch_first=True), lengths, batch_first=True, enforce_sorted=False
    )
    with Recorder(lstm, ["l0", "l1"]) as recorder:
        lstm(packed, start)
        together = recorder.take(lengths)
        for layer in ("l0", "l1"):
            rows = np.split(together[layer], np.cumsum(lengths)[:-1])
            for index, (part, found) in enumerate(zip(parts, rows, strict=True)):
                lstm(part, tuple(each[:, index] for each in start))  # without an axis of batches
                alone = recorder.take([len(part)])[layer]
                np.testing.assert_allclose(found, alone, atol=1e-6)
                assert alone.shape[1] == 4 * HIDDEN


@torch.no_grad()
def test_the_backward_direction_ends_at_the_first_step():
    lstm = nn.LSTM(WIDTH, HIDDEN, bidirectional=True, batch_first=True).eval()
    data = signals(1)
    with pytest.warns(RecordingWarning, match="not causal"):
        cells = np.sinh(ml.record(Reader(lstm), data).states[:, 2 * HIDDEN :])
    for step in range(STEPS):
        _, (_, ahead) = lstm(torch.from_numpy(data.values[None, : step + 1]))
        _, (_, back) = lstm(torch.from_numpy(data.values[None, step:]))
        wanted = torch.cat([ahead[0, 0], back[1, 0]]).numpy()
        np.testing.assert_allclose(cells[step], wanted, atol=1e-5)


# --- what cannot be known --------------------------------------------------------------------


class Scaling(nn.LSTM):
    def forward(self, x, hx=None):
        return super().forward(2 * x, hx)


class Bare(nn.LSTM):
    def forward(self, x, hx=None):
        return super().forward(x, hx)[0]


@pytest.mark.parametrize(
    ("kind", "says"), [(Scaling, "run again, it ends in another state"), (Bare, "its last state")]
)
def test_a_forward_of_its_own_is_noticed(kind, says):
    model, data = Reader(kind(WIDTH, HIDDEN, num_layers=2, batch_first=True)), signals()
    for layer in ("rnn.l0", "rnn.l1"):
        with pytest.raises(DataError, match=rf"layer {layer}: .*{says}.* record what rnn returns"):
            ml.record(model, data, layers=layer)
    alone = ml.record(model, data, layers="rnn", state="h").states
    wanted = model.rnn.eval()(torch.from_numpy(data.values).view(4, STEPS, WIDTH))
    wanted = wanted if kind is Bare else wanted[0]
    np.testing.assert_allclose(alone, wanted.detach().flatten(0, 1), atol=1e-6)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_units_dropped_between_layers_are_noticed(kind):
    rnn = kind(WIDTH, HIDDEN, num_layers=3, dropout=0.5, batch_first=True).train()
    with (
        Recorder(rnn, ["l1"], state="h"),
        pytest.raises(DataError, match="ends in another state .* evaluation mode"),
    ):
        rnn(torch.randn(2, STEPS, WIDTH))


def test_another_kind_of_state_is_refused():
    with pytest.raises(DataError, match="state: expected all or h, got 'c'"):
        ml.record(Reader(nn.LSTM(WIDTH, HIDDEN, batch_first=True)), signals(), state="c")


# --- what is done with them ------------------------------------------------------------------


class Counter(nn.Module):
    """Counts a's in c behind a gate that opens on b only, with an LSTM or its cell in a loop."""

    def __init__(self, *, most, looped):
        super().__init__()
        cell = nn.LSTMCell(2, 1) if looped else nn.LSTM(2, 1, batch_first=True)
        suffix = "" if looped else "_l0"
        with torch.no_grad():
            for parameter in cell.parameters():
                parameter.zero_()
            steps = torch.tensor([[40, -40], [0, 0], [1.0, 0], [-40, 40]])
            getattr(cell, f"weight_ih{suffix}").copy_(steps)
            getattr(cell, f"bias_ih{suffix}")[1] = 40
        self.rnn, self.looped = cell, looped
        few, many = np.tanh(np.tanh(1.0) * np.array([most, most + 1]))
        self.slope, self.middle = 20 / (many - few), (many + few) / 2

    def forward(self, symbols):
        x = nn.functional.one_hot(symbols, 2).float()
        if self.looped:
            state, states = None, []
            for step in x.unbind(1):
                state = self.rnn(step, state)
                states.append(state[0])
            hidden = torch.stack(states, dim=1)
        else:
            hidden = self.rnn(x)[0]
        above = self.slope * (hidden - self.middle)
        return torch.cat([-above, above], dim=-1)


@pytest.mark.parametrize(("most", "looped"), [(2, True), (3, False)])
def test_a_network_that_counts_behind_a_shut_gate_is_read(most, looped):
    model, rng = Counter(most=most, looped=looped), np.random.default_rng(1)
    splits = [Sequences.from_list(list(rng.integers(0, 2, (200, 7)))) for _ in range(3)]

    def fidelities(state):
        traces = [ml.record(model, split, symbols="ab", state=state) for split in splits]
        studies = {
            method: ml.study(method, *traces[:2], n_states=[4, 8, 12], seed=0)
            for method in ("kmeans", "merging", "hmm_input", "rpni")
        }
        return {
            method: ml.fidelity(study.best, traces[2]).value for method, study in studies.items()
        }

    assert fidelities("all") == {"kmeans": 1.0, "merging": 1.0, "hmm_input": 1.0, "rpni": 1.0}
    assert fidelities("h")["kmeans"] == 0.5


def classifier(layers=1, cell="lstm"):
    spec = {"cell": cell, "hidden": HIDDEN, "layers": layers}
    return build(spec, n_symbols=3, n_classes=2).eval()


def words(n_words=6):
    return Sequences.from_list(list(np.random.default_rng(0).integers(0, 3, (n_words, STEPS))))


def test_the_file_says_which_columns_are_which_part(tmp_path):
    path = tmp_path / "t.parquet"
    for model, state, parts in (
        (classifier(2), "all", {"h": [0, 5], "c": [5, 10]}),
        (classifier(2), "h", {"h": [0, 5]}),
        (classifier(cell="gru"), "all", {"h": [0, 5]}),
    ):
        record_to_parquet(model, words(), path, layer="rnn.l0", state=state)
        assert trace_metadata(path)["parts"] == parts
        again = load_trace(path).states
        np.testing.assert_array_equal(
            again, ml.record(model, words(), layers="rnn.l0", state=state).states
        )


def test_the_basis_restores_both_parts():
    trace = ml.record(classifier(), words(40))
    basis = pod(trace.states, n_components=2 * HIDDEN)
    np.testing.assert_allclose(basis.restore(basis.project(trace.states)), trace.states, atol=1e-6)


@pytest.mark.parametrize("state", ["all", "h"])
@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", ["float", "double", "bfloat16"])
def test_the_oracle_sees_and_reads_out_the_right_columns(state, layer, kind):
    model, data = getattr(classifier(layers=2), kind)(), words()
    plain = ml.record(model, data, layers=f"rnn.l{layer}", state=state)
    basis = pod(plain.states)
    oracle = Oracle(model, layer=f"rnn.l{layer}", basis=basis, state=state)
    close = {"atol": 1e-5 if kind != "bfloat16" else 2e-2}
    last = np.cumsum(data.lengths) - 1
    seen = oracle.observe(oracle.states_after(data))
    np.testing.assert_allclose(seen, embed(plain, basis).states[last], **close)
    read = oracle.read_out(basis.project(plain.states))
    if layer == 0:
        assert read is None
    else:
        np.testing.assert_allclose(read, plain.outputs, **close)
