"""What networks of each kind of output learn from and are measured by."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from markovlens import record
from markovlens.activations.outputs import LINK_OF
from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.faithfulness.scores.measures import measured
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.measures import CHANCE, how_right, of_one_answer
from markovlens.networks.architectures import warn_if_below_chance
from markovlens.networks.data import evaluate, pad
from markovlens.networks.objectives import (
    Objective,
    binary_error,
    partial_likelihood,
    squared_error,
)
from markovlens.networks.scaling import standardised
from markovlens.networks.training import TrainingOptions, train
from markovlens.outputs import Output, numbers_of
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets

CHANNELS = (Channel("pulse", "/min"), Channel("flow", "l/min"))
QUICK = TrainingOptions(steps=300, batch=16, learning_rate=0.01, evaluate_every=50, attempts=1)
CELL = {"cell": "gru", "hidden": 8}


def task_of(output, targets_of, names, n_sequences=24, n_steps=10):
    """Return a task of rows whose targets are what a function says of them."""
    rng = np.random.default_rng(0)
    splits = {}
    for name in SPLITS:
        rows = rng.normal([80, 4], [5, 2], size=(n_sequences * n_steps, 2))
        inputs = Sequences(rows, np.full(n_sequences, n_steps), CHANNELS)
        splits[name] = Split(inputs, targets_of(rows), no_targets(len(rows)))
    return Task("mine", "custom", (), names, splits, 0.0, channels=CHANNELS, output=output)


TASKS = {
    Output.VALUES: (lambda rows: rows * [100, 1] + [5000, 0], ("dose [mg]", "flow [l/min]")),
    Output.LABELS: (lambda rows: (rows > [80, 4]).astype(np.int32), ("fast", "open")),
    Output.RISK: (
        lambda rows: np.column_stack([np.exp(-0.3 * (rows[:, 0] - 80)), rows[:, 1] > 2]),
        ("risk",),
    ),
}


@pytest.fixture(scope="module", params=list(TASKS), ids=str)
def trained(request):
    task = task_of(request.param, *TASKS[request.param])
    return task, train(task, CELL, training=QUICK, seed=0)


def test_built_in_networks_learn_every_kind_of_output_and_say_by_what_they_are_judged(trained):
    task, found = trained
    measure = Objective.of(task).measure
    scores = found.card["scores"]["test"]
    assert set(scores) == {measure, "loss", "n_targets"}
    assert scores[measure] > 0.9
    assert found.card["gate"]["passed"]
    loss = "valid_loss_in_variances" if task.output == Output.VALUES else "valid_loss"
    assert set(found.card["attempts"][0]) >= {f"valid_{measure}", loss}


def test_the_card_has_what_the_scores_of_the_network_say(trained):
    task, found = trained
    how = {"classes": task.classes, "link": LINK_OF[task.output]}
    trace = record(found.model, task.splits["test"], **how)
    assert trace.output == task.output
    bootstrap = Bootstrap.draw(len(trace), n_resamples=10, rng=np.random.default_rng(0), level=0.95)
    score = measured(trace.outputs, numbers_of(trace.targets), trace, bootstrap)
    asked = Objective.of(task)
    assert found.card["scores"]["test"][asked.measure] == pytest.approx(score.value, abs=1e-4)


def test_values_are_answered_in_their_units():
    make, names = TASKS[Output.VALUES]
    task = task_of(Output.VALUES, make, names)
    found = train(task, CELL, training=QUICK, seed=0)
    padded = pad(task.splits["test"], task.output)
    with torch.no_grad():
        said = found.model(padded.inputs).flatten(0, 1).numpy()
    errors = np.abs(said - task.splits["test"].targets).mean(axis=0)
    assert (errors < 0.3 * task.splits["test"].targets.std(axis=0)).all()
    assert found.card["scores"]["test"]["loss"] == pytest.approx(
        np.square(said - task.splits["test"].targets).mean(), rel=1e-3
    )


def test_what_is_learned_does_not_depend_on_units():
    make, names = TASKS[Output.VALUES]
    task = task_of(Output.VALUES, make, names)
    large = task_of(Output.VALUES, lambda rows: 1e6 * make(rows), names)
    for name in SPLITS:
        np.testing.assert_allclose(
            standardised(task).splits[name].targets,
            standardised(large).splits[name].targets,
            atol=1e-9,
        )


def test_a_state_left_by_a_task_of_another_output_is_not_taken_up(tmp_path, caplog):
    values = task_of(Output.VALUES, lambda rows: rows[:, :1], ("pulse",))
    risk = replace(values, output=Output.RISK)
    short = replace(QUICK, steps=40)
    path = tmp_path / "state.pt"
    train(values, CELL, training=short, seed=0, checkpoint=path)
    found = train(risk, CELL, training=short, seed=0, checkpoint=path)
    assert "left by another training" in caplog.text
    assert found.card == train(risk, CELL, training=short, seed=0).card


def brute_partial_likelihood(risk, time, event):
    terms = [
        np.log(np.exp(risk[time >= time[i]]).sum()) - risk[i] for i in range(len(risk)) if event[i]
    ]
    return np.mean(terms)


def test_the_partial_likelihood_is_coxs_with_ties_and_censored_times():
    rng = np.random.default_rng(0)
    risk, time = rng.normal(size=20), rng.integers(1, 6, size=20).astype(float)
    event = rng.random(20) < 0.6
    targets = torch.tensor(np.column_stack([time, event]))
    found = partial_likelihood(torch.tensor(risk[:, None]), targets)
    assert found.item() == pytest.approx(brute_partial_likelihood(risk, time, event))
    # What is the higher the sooner has no censored times.
    sooner = partial_likelihood(torch.tensor(risk[:, None]), torch.tensor(-time[:, None]))
    everyone = np.ones(20, dtype=bool)
    assert sooner.item() == pytest.approx(brute_partial_likelihood(risk, time, everyone))


@pytest.mark.parametrize("loss", [binary_error, squared_error, partial_likelihood])
def test_what_is_not_asked_changes_no_loss_and_no_gradient(loss):
    outputs = torch.tensor([[0.3], [0.2], [-1.0]], requires_grad=True)
    targets = torch.tensor([[1.0], [torch.nan], [0.0]])
    whole = loss(outputs, targets)
    assert whole.item() == pytest.approx(loss(outputs[[0, 2]], targets[[0, 2]]).item())
    (gradient,) = torch.autograd.grad(whole, outputs)
    assert gradient[1] == 0
    assert gradient.isfinite().all()
    nothing = loss(outputs, torch.full((3, 1), torch.nan))
    assert nothing.item() == 0


def test_a_constant_answer_gets_what_chance_gives():
    rng = np.random.default_rng(0)
    wanted = rng.normal(size=(50, 1))
    constant = np.full((50, 1), wanted.mean())
    for output, chance in CHANCE.items():
        assert how_right(constant, wanted, output) == pytest.approx(chance)


def test_no_constant_answer_of_labels_beats_the_best_one():
    wanted = np.array([[1, 0, np.nan], [0, 0, np.nan], [np.nan, 0, np.nan], [1, 0, np.nan]])
    always = [
        how_right(np.broadcast_to(answer, wanted.shape), wanted, Output.LABELS)
        for answer in np.ndindex(2, 2, 2)
    ]
    # The first is on and off, a half of two groups; the second is always off, one group.
    assert of_one_answer(wanted, Output.LABELS) == max(always) == pytest.approx(2 / 3)
    both = np.array([[1.0], [0.0], [0.0]])
    assert of_one_answer(both, Output.LABELS) == 0.5


@pytest.mark.parametrize(
    ("output", "targets"),
    [(Output.VALUES, [3.0, 3.0]), (Output.RISK, [2.0, 0.0]), (Output.LABELS, [-1, -1])],
)
def test_what_cannot_be_measured_is_not_trained_on(output, targets, monkeypatch):
    task = task_of(output, *TASKS[output])
    valid = task.splits["valid"]
    same = Split(valid.inputs, np.tile(np.array(targets), (240, 1)), valid.truth)
    task = replace(task, splits=task.splits | {"valid": same})
    monkeypatch.setattr("markovlens.networks.training.until_passed", pytest.fail)
    with pytest.raises(DataError, match="split valid: expected targets that differ"):
        train(task, CELL, training=QUICK, seed=0)


class Squeezed(nn.Module):
    """Gives one number a step, without an axis for it, after each step or at the end."""

    def __init__(self, ends):
        super().__init__()
        self.ends = ends

    def forward(self, rows):
        said = rows[..., 0]
        return said[:, -1] if self.ends else said


@pytest.mark.parametrize("ends", [False, True])
def test_a_network_of_one_value_may_have_lost_the_axis_of_columns(ends):
    task = task_of(Output.VALUES, lambda rows: rows[:, :1], ("pulse [/min]",))
    score = evaluate(Squeezed(ends), pad(task.splits["test"], task.output), Objective.of(task))
    assert score.value == pytest.approx(1)
    assert score.n_targets == (24 if ends else 240)


@pytest.mark.parametrize("output", [Output.VALUES, Output.RISK, Output.LABELS])
def test_one_column_of_targets_needs_no_axis(output):
    def column(rows):
        return (rows[:, 0] > 80).astype(np.int32 if output == Output.LABELS else float)

    flat = task_of(output, column, ("pulse",))
    asked = Objective.of(flat)
    model = nn.Linear(2, 1)
    whole = task_of(output, lambda rows: column(rows)[:, None], ("pulse",))
    for name, split in flat.splits.items():
        np.testing.assert_array_equal(split.targets, whole.splits[name].targets)
        assert split.targets.shape == (240, 1)
    split = flat.splits["test"]
    alone = Split(split.inputs, split.targets[:, 0], split.truth)  # as it is before a task has it
    found = evaluate(model, pad(alone, output), asked)
    assert found == evaluate(model, pad(split, output), asked)
    with pytest.raises(DataError, match="expected integer codes|expected classes"):
        pad(split)
    with pytest.raises(DataError, match=r"targets with columns.*\(4, 1\), got \(4,\)"):
        asked.loss(torch.zeros(4, 1), torch.zeros(4))


def test_a_network_with_other_columns_than_the_task_is_refused():
    make, names = TASKS[Output.VALUES]
    task = task_of(Output.VALUES, make, names)
    three = nn.Sequential(nn.Linear(2, 3))
    with pytest.raises(DataError, match=r"expected 2 outputs a step.*dose \[mg\].*got 3"):
        evaluate(three, pad(task.splits["test"], task.output), Objective.of(task))


@pytest.mark.parametrize(
    ("output", "chance"), [(Output.VALUES, 0), (Output.RISK, 0.5), (Output.LABELS, 0.5)]
)
def test_a_network_worse_than_a_constant_is_told(output, chance, caplog):
    task = task_of(output, *TASKS[output])
    with caplog.at_level(logging.WARNING):
        warn_if_below_chance(task, chance + 0.01)
        assert not caplog.records
        warn_if_below_chance(task, chance - 0.01)
    assert f"would be {chance:.3f}" in caplog.text
