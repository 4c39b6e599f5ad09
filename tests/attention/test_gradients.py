"""Integrated gradients by captum: completeness, and what is said where captum is not installed."""

import sys

import numpy as np
import pytest
import torch

from markovlens.attention.gradients import integrated_gradients
from markovlens.errors import DataError
from markovlens.networks.model import build
from markovlens.sequences import Sequences

INPUTS = Sequences.from_list([np.array([0, 1, 2, 1]), np.array([2, 2])])
ANSWERS = np.array([0, 1])


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build({"cell": "gru", "hidden": 4, "attention": 3}, n_symbols=3, n_classes=2).eval()


def test_steps_add_up_to_what_the_answer_is_above_usual(model):
    pytest.importorskip("captum", reason="integrated gradients are captum's: markovlens[captum]")
    shares = np.array([0.5, 0.3, 0.2])
    found = integrated_gradients(model, INPUTS, ANSWERS, shares)
    usual = torch.as_tensor(shares, dtype=torch.float32) @ model.embedding.weight
    for word, start, answer in zip(INPUTS, INPUTS.starts, ANSWERS, strict=True):
        ends = []
        for vectors in (model.embedding(torch.tensor(word)[None]), usual.expand(1, len(word), -1)):
            logits = model.answer(model.rnn(vectors)[0])[0, -1].detach()
            ends.append(float(logits[answer] - logits[1 - answer]))
        assert found[start : start + len(word)].sum() == pytest.approx(ends[0] - ends[1], abs=1e-3)


def test_without_captum_it_is_said_what_to_install(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(DataError, match=r"markovlens\[captum\]"):
        integrated_gradients(model, INPUTS, ANSWERS, np.full(3, 1 / 3))
