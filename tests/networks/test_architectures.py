"""What is said of networks that came with their weights."""

import logging

import numpy as np
import pytest

from markovlens.networks.architectures import warn_if_below_chance
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
