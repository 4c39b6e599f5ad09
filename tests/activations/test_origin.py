"""Of what a trace is a recording: kept with it, said in words, and never mixed."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.activations.outputs import warn_if_squeezed_twice
from markovlens.activations.store import write_trace
from markovlens.errors import DataError, RecordingWarning
from markovlens.tasks.base import Split, no_targets

LENGTHS = np.full(8, 10)
QUICK = {"n_states": [2], "seed": 0}


class Network(nn.Module):
    def __init__(self, seed=0, n_columns=2, scale=1.0, offset=0.0):
        super().__init__()
        torch.manual_seed(seed)
        self.rnn = nn.GRU(2, 6, num_layers=2, batch_first=True)
        self.head = nn.Linear(6, n_columns)
        self.scale, self.offset = scale, torch.as_tensor(offset)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0]) * self.scale + self.offset


def rows(seed=0):
    rng = np.random.default_rng(seed)
    return ml.Sequences(rng.normal(size=(LENGTHS.sum(), 2)), LENGTHS, ("hr", "map"))


def symbols(trace):
    """Return the trace as one of symbols, the signs of the first channel."""
    read = (trace.inputs[:, 0] > 0).astype(int)
    return replace(trace, inputs=read, symbols=("-", "+"), channels=())


def test_training_of_one_network_and_validation_of_another_are_refused():
    train, valid = (ml.record(Network(seed), rows()) for seed in (0, 1))
    with pytest.raises(DataError, match=r"traces of one network, .* got network \w+ in train"):
        ml.study("kmeans", symbols(train), symbols(valid), **QUICK)
    with pytest.raises(DataError, match="traces of one network"):
        ml.choose_codebook(train, valid)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"layers": "rnn.l0"}, r"layer rnn\.l1 in train and layer rnn\.l0 in valid"),
        ({"link": "sigmoid"}, "link softmax in train and link sigmoid in valid"),
    ],
)
def test_two_layers_or_two_links_are_refused(how, message):
    model = Network()
    train, valid = ml.record(model, rows()), ml.record(model, rows(1), **how)
    with pytest.raises(DataError, match=message):
        ml.study("kmeans", symbols(train), symbols(valid), **QUICK)


def test_one_network_in_many_forms_is_one_network():
    model = Network()
    train = ml.record(model, rows())
    model.train()
    same = [
        ml.record(model, rows(1), link="softmax"),
        ml.record(torch.compile(model, backend="eager"), rows(1)),
        replace(ml.record(model, rows(1)), origin={}),  # of which nothing is known
    ]
    for valid in same:
        ml.study("kmeans", symbols(train), symbols(valid), **QUICK)


def test_files_say_of_what_they_are(tmp_path):
    trace = ml.record(Network(), rows())
    write_trace(tmp_path / "trace.parquet", trace)
    assert ml.load_trace(tmp_path / "trace.parquet").origin == trace.origin
    about = {"task": "parity", "model": "gru", "seed": 1, "layer": "rnn.l1", "split": "test"}
    write_trace(tmp_path / "trace.parquet", trace, metadata=about)
    of_run = ml.load_trace(tmp_path / "trace.parquet").origin
    assert of_run == {"task": "parity", "model": "gru", "seed": "1", "layer": "rnn.l1"}
    other = replace(trace, origin=of_run | {"model": "lstm"})
    with pytest.raises(DataError, match="model gru in train and model lstm in valid"):
        ml.study("kmeans", symbols(replace(trace, origin=of_run)), symbols(other), **QUICK)


@pytest.mark.parametrize(
    ("how", "n_columns", "said"),
    [
        ({}, 2, "answers 2 classes at 80 steps, its outputs taken as logits"),
        ({"link": "softmax"}, 2, "answers 2 classes at 80 steps"),
        ({"link": "sigmoid"}, 3, "answers 3 labels at 80 steps"),
        ({"link": "identity"}, 2, "answers 2 values at 80 steps"),
        ({"link": "identity"}, 1, "answers 1 value at 80 steps"),
        ({"link": "rank"}, 1, "answers 1 risk at 80 steps"),
        ({"forward": lambda model, rows: model.rnn(rows) and None}, 2, "answers nothing"),
    ],
)
def test_a_trace_says_what_is_answered(how, n_columns, said):
    model = Network(n_columns=n_columns, scale=5.0)
    assert repr(ml.record(model, rows(), **how)).endswith(said)


def test_values_without_a_link_are_told_where_they_show():
    """Two blood pressures as logits: the first is the answer at every step."""
    model = Network(scale=5.0, offset=[120.0, 80.0])
    with pytest.warns(RecordingWarning, match=r"\(such as 1\d\d\.?\d*, [78]\d.*link='identity'"):
        ml.record(model, rows())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ml.record(model, rows(), link="identity")
        sure = torch.tensor([[50.0, -50.0], [-50.0, 50.0]]).repeat(10, 1)  # of one, then the other
        warn_if_squeezed_twice(sure, "softmax")
        warn_if_squeezed_twice(sure[::2, :1], "softmax")


def test_targets_that_are_numbers_ask_for_a_link():
    split = Split(rows(), np.full((LENGTHS.sum(), 2), 0.5), no_targets(LENGTHS.sum()))
    with pytest.raises(DataError, match="expected classes, .*record with link='identity'"):
        ml.record(Network(), split)
    assert ml.record(Network(), split, link="identity").has_target.all()
