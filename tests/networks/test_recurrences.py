"""`config/recurrences.yaml`, small: three recurrences learn two languages, and are judged at 60."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from markovlens.networks.architectures import make_network
from markovlens.tasks import make_task
from markovlens.tasks.lengths import exam

CONFIG = yaml.safe_load(
    (Path(__file__).parents[2] / "config" / "recurrences.yaml").read_text(encoding="utf-8")
)
SIZES = {"n_train": 500, "n_valid": 100, "n_test": 50, "length_train": 20, "length_test": 20}
TRAINING = CONFIG["networks"]["training"]["default"] | {"steps": 500}
LENGTH = 60


def accuracy(task, cell):
    """Return how often a network is right after the last of `LENGTH` symbols."""
    spec = CONFIG["networks"]["models"][cell] | {"hidden": 16}
    made = make_network(spec, make_task(task, sizes=SIZES, seed=0), training=TRAINING, seed=0)
    split = exam(task, length=LENGTH, n=100, rng=np.random.default_rng(0))
    symbols = torch.from_numpy(split.inputs.values.reshape(100, LENGTH)).long()
    with torch.no_grad():
        answers = made.model(symbols)[:, -1].argmax(-1).numpy()
    return (answers == split.targets.reshape(100, LENGTH)[:, -1]).mean()


@pytest.mark.parametrize(
    ("cell", "holds"), [("gru", True), ("signed_min_gru", True), ("min_gru", False)]
)
def test_parity_is_held_by_what_can_turn_a_state_over(cell, holds):
    found = accuracy("parity", cell)
    assert found > 0.95 if holds else found < 0.7


@pytest.mark.parametrize("cell", ["gru", "signed_min_gru", "min_gru"])
def test_a_star_free_language_is_held_by_all(cell):
    assert accuracy("contains_000", cell) > 0.75
