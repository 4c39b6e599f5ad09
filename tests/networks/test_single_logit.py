"""Networks that answer a question of two classes with one number."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from markovlens import record
from markovlens.activations.outputs import LINK_OF
from markovlens.channels import Channel
from markovlens.errors import ConfigError, DataError
from markovlens.networks.architectures import construct
from markovlens.networks.data import evaluate, pad
from markovlens.networks.objectives import Objective
from markovlens.networks.training import TrainingOptions, train
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets

CHANNELS = (Channel("pulse"), Channel("flow"))
QUICK = TrainingOptions(steps=300, batch=16, learning_rate=0.01, evaluate_every=50, attempts=1)
CELL = {"cell": "gru", "hidden": 8, "single_logit": True}


def task_of(classes=("no", "yes"), output=Output.DISTRIBUTION, *, n_steps=6, n_sequences=24):
    """Return a task that asks whether the first channel is above 0."""
    rng = np.random.default_rng(0)
    splits = {}
    for name in SPLITS:
        rows = rng.normal(size=(n_sequences * n_steps, 2))
        inputs = Sequences(rows, np.full(n_sequences, n_steps), CHANNELS)
        asked = (rows[:, 0] > 0).astype(np.int32)
        targets = rows.copy() if output == Output.VALUES else asked
        splits[name] = Split(inputs, targets, no_targets(len(rows)))
    return Task("mine", "custom", (), classes, splits, 0.0, channels=CHANNELS, output=output)


@pytest.fixture(scope="module")
def trained():
    task = task_of()
    return task, train(task, CELL, training=QUICK, seed=0)


def test_a_built_in_network_learns_by_its_one_logit(trained):
    task, found = trained
    assert found.model.head.out_features == 1
    assert found.card["scores"]["test"]["accuracy"] > 0.95
    again = construct(found.card["architecture"])
    again.load_state_dict(found.model.state_dict())


def test_its_loss_is_binary_cross_entropy(trained):
    task, found = trained
    padded = pad(task.splits["test"])
    with torch.no_grad():
        said = found.model(padded.inputs)[..., 0]
    expected = binary_cross_entropy_with_logits(said, padded.targets.float()).item()
    assert found.card["scores"]["test"]["loss"] == pytest.approx(expected, rel=1e-5)
    loss = Objective.of(task).loss(said.reshape(-1, 1), padded.targets.flatten())
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_its_recording_has_both_classes(trained):
    task, found = trained
    how = {"classes": task.classes, "link": LINK_OF[task.output]}
    trace = record(found.model, task.splits["test"], **how)
    assert trace.outputs.shape[1] == 2
    np.testing.assert_allclose(trace.outputs.sum(axis=1), 1, atol=1e-6)
    right = (trace.outputs.argmax(axis=1) == trace.targets).mean()
    assert right == pytest.approx(found.card["scores"]["test"]["accuracy"])


class Own(nn.Module):
    """Somebody's network: a logit a step or at the end, with or without an axis for it."""

    def __init__(self, *, ends=False, squeezed=False, columns=1):
        super().__init__()
        self.ends, self.squeezed, self.columns = ends, squeezed, columns

    def forward(self, rows):
        said = torch.stack([-rows[..., 0], rows[..., 0]], dim=-1)[..., -self.columns :]
        said = said[:, -1] if self.ends else said
        return said[..., 0] if self.squeezed else said


@pytest.mark.parametrize("n_steps", [1, 2, 3])
@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize(("squeezed", "columns"), [(False, 1), (True, 1), (False, 2)])
def test_somebodys_logit_is_known_whatever_its_axes(n_steps, ends, squeezed, columns):
    task = task_of(n_steps=n_steps)
    model = Own(ends=ends, squeezed=squeezed, columns=columns)
    score = evaluate(model, pad(task.splits["test"]), Objective.of(task))
    assert score.value == 1
    assert score.n_targets == (24 if ends else 24 * n_steps)


def test_one_logit_is_no_answer_between_three_classes():
    task = task_of(("a", "b", "c"))
    with pytest.raises(DataError, match="expected 3 outputs a step.*got 1"):
        evaluate(Own(), pad(task.splits["test"]), Objective.of(task))
    with pytest.raises(ConfigError, match="single_logit is for two classes.*asks for 3"):
        train(task, CELL, training=QUICK, seed=0)
    with pytest.raises(ConfigError, match="asks for 2 of values"):
        train(task_of(output=Output.VALUES), CELL, training=QUICK, seed=0)


def test_what_is_left_out_changes_no_card():
    task = task_of()
    short = TrainingOptions(steps=20, batch=16, evaluate_every=20, attempts=1)
    plain = {"cell": "gru", "hidden": 4}
    cards = [
        train(task, spec, training=short, seed=0).card
        for spec in (plain, plain | {"single_logit": False})
    ]
    assert cards[0] == cards[1]
    assert "single_logit" not in cards[0]["architecture"]
