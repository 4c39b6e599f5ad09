"""What is said of networks that came with their weights."""

import logging
import re

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.errors import DataError
from markovlens.networks.architectures import (
    make_network,
    warn_if_below_chance,
    warn_if_reordered,
)
from markovlens.networks.card import make_card
from markovlens.networks.weights import write_weights
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets


@pytest.mark.parametrize(("accuracy", "warned"), [(0.03, True), (0.74, True), (0.75, False)])
def test_a_network_below_the_commonest_class_is_told(accuracy, warned, caplog):
    targets = np.array([0, 0, 1, 0, -1])
    split = Split(Sequences(np.zeros(5, dtype=int), np.array([5])), targets, no_targets(5))
    task = Task("custom_t", "custom", ("a",), ("no", "yes"), dict.fromkeys(SPLITS, split), 0.0)
    with caplog.at_level(logging.WARNING):
        warn_if_below_chance(task, accuracy)
    assert ("order of classes" in caplog.text) == warned


class Permuted(nn.Module):
    """Is right on most symbols, but for the order of its outputs."""

    def __init__(self, order, columns=None):
        super().__init__()
        self.order, self.columns = torch.tensor(order), columns

    def forward(self, symbols):
        logits = nn.functional.one_hot(self.order[symbols], len(self.order)).float()
        return logits if self.columns is None else logits[..., self.columns] - 0.5


def task_of(n_classes, wrong=0):
    """Return a task in which symbol v asks for class v, but for the first few of 60 steps."""
    symbols = np.arange(60) % n_classes
    targets = symbols.copy()
    targets[:wrong] = (targets[:wrong] + 1) % n_classes
    split = Split(Sequences(symbols, np.array([60])), targets, no_targets(60))
    names = tuple("abcde"[:n_classes])
    return Task("custom_t", "custom", names, names, dict.fromkeys(SPLITS, split), 0.0)


@pytest.mark.parametrize(
    ("order", "wrong", "told"),
    [
        ([1, 2, 0], 2, "is 0.033, and 0.967 if its classes stand in another order"),
        ([0, 2, 1], 0, "is 0.333, and 1.000 .*what is called b is c; what is called c is b"),
        ([0, 1, 2], 2, ""),
        ([0, 0, 0], 0, ""),  # always the same is no other order
        ([1, 0], 3, "is 0.050, and 0.950"),
    ],
)
def test_a_network_that_is_right_but_for_the_order_of_its_classes_is_told(
    order, wrong, told, caplog
):
    task = task_of(len(order), wrong)
    model = Permuted(order)
    value = make_card(model, task, architecture={})["scores"]["valid"]["accuracy"]
    warn_if_reordered(model, task, value)
    if told:
        assert re.search(told, caplog.text)
    else:
        assert not caplog.records


def test_a_single_logit_of_the_other_class_is_told(caplog):
    warn_if_reordered(Permuted([1, 0], columns=[1]), task_of(2), 0.0)
    assert "what is called a is b; what is called b is a" in caplog.text


class Reads(nn.Module):
    """Reads so many channels, as somebody's own network does."""

    def __init__(self, width):
        super().__init__()
        self.rnn = nn.GRU(width, 3, batch_first=True)
        self.head = nn.Linear(3, 2)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0])


def test_a_network_of_another_width_than_the_task_is_said_in_words(tmp_path):
    rows = Sequences(np.zeros((6, 3)), np.array([4, 2]), ("hr", "spo2", "age"))
    split = Split(rows, np.array([0, 1, 0, 1, 1, 0]), no_targets(6))
    task = Task(
        "custom_t", "custom", (), ("no", "yes"), dict.fromkeys(SPLITS, split), 0.0,
        channels=rows.channels,
    )  # fmt: skip
    path = tmp_path / "weights.safetensors"
    write_weights(path, Reads(2))
    spec = {"module": f"{__file__}:Reads", "kwargs": {"width": 2}, "weights": str(path)}
    told = r"Reads fails on the sequences of task custom_t, rows \(B, T, 3\) of hr, spo2, age \("
    with pytest.raises(DataError, match=told):
        make_network(spec, task, training={}, seed=0)
    write_weights(path, Reads(3))
    made = make_network(spec | {"kwargs": {"width": 3}}, task, training={}, seed=0)
    assert made.card["task"] == "custom_t"
