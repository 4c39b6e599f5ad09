"""What is said of networks that came with their weights."""

import logging

import numpy as np
import pytest
from torch import nn

from markovlens.errors import DataError
from markovlens.networks.architectures import make_network, warn_if_below_chance
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
