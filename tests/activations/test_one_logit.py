"""A network that answers with one logit is recorded as one of two classes."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers.by_hand import HIDDEN, WIDTH, Reader, ragged
from markovlens.activations.recorder import record
from markovlens.errors import DataError


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


class OneLogit(Reader):
    def __init__(self):
        super().__init__(nn.GRU(WIDTH, HIDDEN, batch_first=True))
        self.head = nn.Linear(HIDDEN, 1)


def test_a_single_logit_is_two_classes_and_needs_to_be_called_so():
    """A softmax over one output is always 1: every machine would agree with it."""
    model, data = OneLogit(), ragged([3, 2])
    with pytest.raises(DataError, match="got one; for a single logit give link='sigmoid'"):
        record(model, data)
    trace = record(model, data, link="sigmoid")
    logits = model(torch.as_tensor(data.values[None, :3]))[0, :, 0].detach()
    np.testing.assert_allclose(trace.outputs[:3, 1], logits.sigmoid(), atol=1e-6)
    np.testing.assert_allclose(trace.outputs.sum(axis=1), 1, atol=1e-6)


def test_an_unknown_link_is_refused():
    model = Reader(nn.GRU(WIDTH, HIDDEN, batch_first=True))
    with pytest.raises(
        DataError, match="expected softmax, sigmoid, identity, rank, classes, None, got 'bogus'"
    ):
        record(model, ragged([3]), link="bogus")


@pytest.mark.parametrize("lengths", [[3, 2], [3], [3, 3, 3], [2, 2]])
def test_single_logits_without_their_last_axis_are_understood(lengths):
    class Squeezed(OneLogit):
        def forward(self, symbols):
            return super().forward(symbols).squeeze(-1)

    whole, squeezed = OneLogit(), Squeezed()
    squeezed.load_state_dict(whole.state_dict())
    data = ragged(lengths)
    found = record(squeezed, data, link="sigmoid").outputs
    np.testing.assert_array_equal(found, record(whole, data, link="sigmoid").outputs)
    with pytest.raises(
        DataError, match="an output for each .*got one; for a single logit give link='sigmoid'"
    ):
        record(squeezed, data)
