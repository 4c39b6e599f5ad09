"""Recorded files that are read in row groups give what the same data give in memory."""

import textwrap
from copy import deepcopy

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from markovlens.abstractions import streaming
from markovlens.abstractions.streaming import decode_file, embed_file, reader, score_file
from markovlens.activations.recorder import record_to_parquet
from markovlens.activations.store import concatenate, iter_traces, load_trace
from markovlens.embedding.pod import embed, pod
from markovlens.hmm import GaussianHMM, fit_batches
from markovlens.tasks import make_task

LENGTH = 40
SIZES = {"n_train": 100, "n_valid": 1, "n_test": 1, "length": LENGTH}
PIECES = 5


class Reader(nn.Module):
    """A recurrent network with weights at random, from a fixed seed."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.embedding = nn.Embedding(3, 8)
            self.rnn = nn.GRU(8, 16, batch_first=True)
            self.head = nn.Linear(16, 3)

    def forward(self, symbols):
        return self.head(self.rnn(self.embedding(symbols))[0])


def pieces(first=0):
    for seed in range(first, first + PIECES):
        yield make_task("mess3", sizes=SIZES, seed=seed).splits["train"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the training and held-out activations, both in row groups, and their coordinates."""
    folder = tmp_path_factory.mktemp("files")
    model, named = Reader(), {"layer": "rnn.l0", "symbols": ("0", "1", "2")}
    record_to_parquet(model, pieces(), folder / "train.parquet", **named)
    record_to_parquet(model, pieces(PIECES), folder / "test.parquet", **named)
    basis = pod((trace.states for trace in iter_traces(folder / "train.parquet")), n_components=4)
    for name in ("train", "test"):
        embed_file(folder / f"{name}.parquet", folder / f"{name}-low.parquet", basis)
    return folder


def test_pieces_are_recorded_one_after_another(files):
    with pq.ParquetFile(files / "train.parquet") as file:
        assert file.num_row_groups == PIECES
    trace = load_trace(files / "train.parquet")
    inputs = np.concatenate([piece.inputs.values for piece in pieces()])
    np.testing.assert_array_equal(trace.inputs, inputs)
    sequence = pq.read_table(files / "train.parquet")["sequence"].to_numpy()
    np.testing.assert_array_equal(sequence, np.repeat(np.arange(100 * PIECES), LENGTH))


def test_coordinates_are_those_of_all_at_once(files):
    trace = load_trace(files / "train.parquet")
    expected = embed(trace, pod(trace.states, n_components=4))
    low = load_trace(files / "train-low.parquet")
    np.testing.assert_allclose(low.states, expected.states, atol=1e-5)
    np.testing.assert_array_equal(low.inputs, trace.inputs)
    assert low.symbols == trace.symbols


def started(path, **settings):
    """Return a model at the start that a streaming fit with seed 0 draws."""
    model = GaussianHMM(5, "full", n_iter=0)
    fit_batches(model, reader(path), rng=np.random.default_rng(0), stepwise_epochs=0)
    return model.set_params(init_params="", **settings)


def test_the_streaming_fit_is_as_likely_as_the_one_in_memory(files):
    train, test = files / "train-low.parquet", files / "test-low.parquet"
    whole = load_trace(train)
    patient = {"n_iter": 500, "tol_per_step": 1e-8}  # the likelihood has plateaus
    model = GaussianHMM(5, "full", **patient)
    streamed = fit_batches(model, reader(train), rng=np.random.default_rng(0))
    in_memory = started(train, **patient).fit(whole.states, whole.lengths)
    gone_on = deepcopy(streamed).set_params(init_params="").fit(whole.states, whole.lengths)
    fits = (in_memory, streamed, gone_on)
    likely, streamed_likely, gone_on_likely = (score_file(model, test).sum() for model in fits)
    # From one start both may find different optima; the streaming fit is no worse, and at one.
    assert streamed_likely > likely - 1e-3 * abs(likely)
    assert abs(gone_on_likely - streamed_likely) < 1e-3 * abs(likely)
    # The bound means something: a model that has not learned is far beyond it.
    assert abs(score_file(started(train), test).sum() - likely) > 1e-2 * abs(likely)


@pytest.mark.parametrize("inputs", [False, True])
def test_files_are_scored_and_decoded_as_memory_is(files, inputs, tmp_path):
    test = files / "test-low.parquet"
    transitions = "input" if inputs else "shared"
    model = GaussianHMM(3, "diag", n_iter=5, transitions=transitions)
    fit_batches(model, reader(test, inputs=inputs), rng=np.random.default_rng(0))
    trace = concatenate(list(iter_traces(test)))
    data = (trace.states, trace.lengths, *([trace.inputs] if inputs else []))
    scores = score_file(model, test, inputs=inputs)
    np.testing.assert_allclose(scores, model.score_sequences(*data), rtol=1e-9)
    decode_file(model, test, tmp_path / "decoded.parquet", inputs=inputs)
    decoded = pq.read_table(tmp_path / "decoded.parquet")
    np.testing.assert_array_equal(decoded["state"].to_numpy(), model.predict(*data))
    source = pq.read_table(test)
    for name in ("sequence", "step"):
        np.testing.assert_array_equal(decoded[name].to_numpy(), source[name].to_numpy())


def test_the_lines_that_the_module_advises_work_on_plain_sequences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sequences = next(pieces()).inputs
    lines = streaming.__doc__.partition("\n\n    ")[2]
    lines = textwrap.dedent("    " + lines).replace("held_out", "coordinates")
    exec(lines, {"np": np, "network": Reader(), "sequences": sequences})
    decoded = pq.read_table("decoded.parquet")
    assert len(decoded) == sequences.n_steps
    np.testing.assert_array_equal(load_trace("recorded.parquet").inputs, sequences.values)


def test_pieces_may_be_plain_sequences_and_symbols_any_names(tmp_path):
    plain = (piece.inputs for piece in pieces())
    record_to_parquet(Reader(), plain, tmp_path / "p.parquet", layer="rnn.l0", symbols=range(3))
    trace = load_trace(tmp_path / "p.parquet")
    assert trace.symbols == ("0", "1", "2")
    np.testing.assert_array_equal(
        trace.inputs, np.concatenate([piece.inputs.values for piece in pieces()])
    )
