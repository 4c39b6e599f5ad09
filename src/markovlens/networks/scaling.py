"""Units of what is answered: values are learned in standard deviations and told in their units."""

from __future__ import annotations

from dataclasses import replace

import torch

from markovlens.networks.model import SequenceModel
from markovlens.networks.rows import center_and_scale
from markovlens.outputs import Output
from markovlens.tasks.base import Task


def standardised(task: Task) -> Task:
    """Return a task whose values have mean 0 and deviation 1 in training; others as they are."""
    if task.output != Output.VALUES:
        return task
    center, scale = center_and_scale(task.splits["train"].targets)
    splits = {
        name: replace(split, targets=(split.targets - center) / scale)
        for name, split in task.splits.items()
    }
    return replace(task, splits=splits)


def in_units(model: SequenceModel, task: Task) -> SequenceModel:
    """Return a model that learned `standardised(task)`, its head now giving the task's units."""
    if task.output == Output.VALUES:
        center, scale = map(torch.from_numpy, center_and_scale(task.splits["train"].targets))
        with torch.no_grad():
            model.head.weight.mul_(scale[:, None])
            model.head.bias.mul_(scale).add_(center)
    return model
