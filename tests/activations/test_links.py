"""What a network's outputs are: links, targets of each kind, and files that keep them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from markovlens import Sequences, Trace, record
from markovlens.activations.oracle import Oracle
from markovlens.activations.store import load_trace, write_trace
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.tasks.base import Split

LENGTHS = np.array([4, 2, 5])


class Network(nn.Module):
    def __init__(self, n_columns):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(2, 6, batch_first=True)
        self.head = nn.Linear(6, n_columns)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0])


def rows():
    rng = np.random.default_rng(0)
    return Sequences(rng.standard_normal((LENGTHS.sum(), 2)), LENGTHS, ("hr", "map"))


@pytest.mark.parametrize(
    ("link", "n_columns", "output", "width"),
    [
        ("softmax", 3, Output.DISTRIBUTION, 3),
        ("sigmoid", 1, Output.DISTRIBUTION, 2),
        ("sigmoid", 2, Output.LABELS, 2),
        ("identity", 1, Output.VALUES, 1),
        ("identity", 3, Output.VALUES, 3),
        ("rank", 1, Output.RISK, 1),
        ("classes", 1, Output.DISTRIBUTION, 2),
        ("classes", 3, Output.DISTRIBUTION, 3),
    ],
)
def test_a_link_says_what_outputs_are(link, n_columns, output, width):
    model, data = Network(n_columns), rows()
    trace = record(model, data, link=link)
    assert trace.output == output
    assert trace.outputs.shape == (data.n_steps, width)
    asked = Oracle(model, like=data, link=link).outputs(data)
    np.testing.assert_allclose(asked, trace.outputs, atol=1e-6)
    raw = torch.cat([model(torch.as_tensor(data.values[None], dtype=torch.float32)[:, :4])[0]])
    meant = {"classes": "sigmoid" if n_columns == 1 else "softmax"}.get(link, link)
    said = {"softmax": raw.softmax(-1), "sigmoid": raw.sigmoid()}.get(meant, raw).detach().numpy()
    np.testing.assert_allclose(trace.outputs[:4, -n_columns:], said, atol=1e-6)


@pytest.mark.parametrize(
    ("link", "n_columns", "words"),
    [
        ("softmax", 1, "link='identity', for a risk of which the order alone counts link='rank'"),
        (None, 1, "link='identity'"),
        ("rank", 2, "expected one output, a risk, got 2"),
        (None, 3, "link='identity' if they are values"),
    ],
)
def test_a_link_that_does_not_fit_says_which_does(link, n_columns, words):
    with pytest.raises(DataError, match=words):
        record(Network(n_columns), rows(), link=link)


def test_values_that_are_no_numbers_are_refused():
    model = Network(1)
    with torch.no_grad():
        model.head.bias.fill_(torch.inf)
    with pytest.raises(DataError, match=r"finite numbers \(NaN throughout for no answer\)"):
        record(model, rows(), link="identity")


TARGETS = {
    ("identity", 2): np.linspace(-1, 1, 22).reshape(11, 2),
    ("identity", 1): np.where(np.arange(11) % 3, np.nan, 1.5),
    ("rank", 1): np.c_[np.arange(11.0), np.arange(11) % 2],
    ("sigmoid", 2): np.tile([[0, 1], [1, -1]], (6, 1))[:11],
}


@pytest.mark.parametrize(("link", "n_columns"), TARGETS)
def test_traces_with_targets_of_every_kind_come_back_from_files(link, n_columns, tmp_path):
    data, targets = rows(), TARGETS[link, n_columns]
    split = Split(data, targets, np.full(data.n_steps, -1))
    trace = record(Network(n_columns), split, link=link)
    assert trace.has_target.sum() == (4 if n_columns == 1 and link == "identity" else 11)
    write_trace(tmp_path / "trace.parquet", trace)
    kept = load_trace(tmp_path / "trace.parquet")
    assert kept.output == trace.output
    assert kept.classes == trace.classes
    for name in ("outputs", "targets", "inputs", "states"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(trace, name))
    part = kept.select(np.array([2, 0]))
    np.testing.assert_array_equal(part.targets, np.r_[trace.targets[6:], trace.targets[:4]])


@pytest.mark.parametrize(
    ("link", "n_columns", "targets", "words"),
    [
        ("identity", 2, np.zeros((11, 3)), r"expected real numbers \(N, 2\)"),
        ("identity", 1, np.arange(11), r"expected real numbers \(N, 1\), NaN where unknown"),
        ("identity", 1, np.full(11, np.inf), "expected finite numbers or NaN"),
        ("sigmoid", 2, np.full((11, 2), 2), "expected 1 or 0 for each label"),
        ("rank", 1, np.full((11, 2), 0.5), "censored, got 0.5 in the second column"),
    ],
)
def test_targets_of_another_form_are_refused_in_words(link, n_columns, targets, words):
    split = Split(rows(), targets, np.full(11, -1))
    with pytest.raises(DataError, match=words):
        record(Network(n_columns), split, link=link)


def test_values_make_no_decisions_and_labels_do_one_by_one():
    trace = record(Network(2), rows(), link="identity")
    with pytest.raises(DataError, match=r"values are no decision between classes; take a method"):
        _ = trace.decisions
    labels = record(Network(2), rows(), link="sigmoid", classes=("fever", "shock"))
    alone = labels.of_label("shock")
    assert alone.classes == ("not shock", "shock")
    np.testing.assert_array_equal(alone.decisions, labels.outputs[:, 1] > 0.5)
    with pytest.raises(DataError, match="expected one of the labels of a trace, got 'cough'"):
        labels.of_label("cough")


def test_outputs_of_a_kind_look_like_it():
    trace = record(Network(2), rows(), link="sigmoid")
    with pytest.raises(DataError, match=r"each from 0 to 1.*the first at row 0: 3, 3"):
        replace(trace, outputs=np.full_like(trace.outputs, 3.0))
    with pytest.raises(DataError, match="expected one risk, got 2 columns"):
        replace(trace, output=Output.RISK)
    half = trace.outputs.copy()
    half[3, 1] = np.nan
    with pytest.raises(DataError, match="or wholly NaN.*got 1 others, the first at row 3"):
        replace(trace, outputs=half)
    assert isinstance(replace(trace, output="values"), Trace)  # and a name will do
