"""ONNX files of one size: which axis is time is told by what moves, not by how long it is."""

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.conformance import as_sequences
from helpers.onnx_models import EXPORTING, exported

WIDTH, UNITS, STEPS = 2, 4, 5
pytestmark = EXPORTING


class Network(nn.Module):
    def __init__(self, answers, classes=3, **options):
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.answers = nn.LSTM(WIDTH, UNITS, **options), answers
        self.head = nn.Linear(UNITS * (1 + options.get("bidirectional", False)), classes)

    def forward(self, rows):
        return self.answers(self.head(self.rnn(rows)[0]))


def rows(batch):
    return torch.randn(batch, STEPS, WIDTH)


ROWS = torch.randn(4, STEPS, WIDTH, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("backwards", [False, True])
def test_as_many_sequences_as_steps_are_no_riddle(backwards, tmp_path):
    model = Network(lambda said: said, bidirectional=backwards)
    path = exported(model, rows(STEPS), tmp_path / "square.onnx")
    trace = ml.record(path, as_sequences(ROWS), link="identity", verify=False)
    with torch.no_grad():
        h = model.rnn(ROWS.transpose(0, 1))[0]
        said = model.head(h).transpose(0, 1).flatten(0, 1)
    wanted = h.transpose(0, 1).flatten(0, 1)[:, :UNITS]
    np.testing.assert_allclose(trace.states[:, :UNITS], wanted, atol=1e-5)
    np.testing.assert_allclose(trace.outputs, said, atol=1e-5)


@pytest.mark.parametrize("backwards", [False, True])
def test_as_many_classes_as_steps_are_classes(backwards, tmp_path):
    options = {"batch_first": True, "bidirectional": backwards}
    model = Network(lambda said: said[:, -1], STEPS, **options)
    adapted = ml.adapt(exported(model, rows(1), tmp_path / "once.onnx"))
    outputs = adapted.watch(ROWS)[1]
    torch.testing.assert_close(outputs[:, -1], model(ROWS).detach(), atol=1e-5, rtol=0)


def test_one_logit_for_each_step_of_a_fixed_length_is_one_for_each(tmp_path):
    model = Network(lambda said: said.squeeze(-1), 1, batch_first=True)
    adapted = ml.adapt(exported(model, rows(1), tmp_path / "logit.onnx"))
    outputs = adapted.watch(ROWS)[1]
    torch.testing.assert_close(outputs[..., 0], model(ROWS).detach(), atol=1e-5, rtol=0)
