"""A network and its card: what it is, how it was made and how well it does its task."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn

from markovlens.errors import DataError
from markovlens.measures import how_right
from markovlens.networks.data import evaluate, pad
from markovlens.networks.objectives import Objective
from markovlens.networks.shared import n_parameters
from markovlens.outputs import MEASURE_OF, Output, numbers_of
from markovlens.tasks.base import Split, Task
from markovlens.trace import NO_TARGET


@dataclass(frozen=True, slots=True)
class Trained:
    """A network in evaluation mode.

    Attributes:
        model: reads symbols (B, T) or rows (B, T, D) and gives logits or values (B, T, C).
        card: plain values, see `make_card`.
    """

    model: nn.Module
    card: dict[str, Any]


def make_card(
    model: nn.Module,
    task: Task,
    *,
    architecture: Mapping[str, Any],
    seed: int | None = None,
    training: Mapping[str, Any] | None = None,
    attempts: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the card of a network; no time is in it, so that equal runs write equal cards.

    Args:
        model: the network.
        task: what it is judged by.
        architecture: what `architectures.construct` builds it from again.
        seed: of the training, None for a network that came with its weights.
        training: the options of the training, None likewise.
        attempts: what `training.train` says of each attempt.
    """
    check_measurable(task)
    asked = Objective.of(task)
    scores = {
        name: evaluate(model, pad(split, task.output), asked).plain(asked.measure)
        for name, split in task.splits.items()
    }
    _check_numbers(task, scores)
    reached = scores["valid"][asked.measure]
    return {
        "task": task.name,
        "architecture": dict(architecture),
        "n_parameters": n_parameters(model),
        "seed": seed,
        "training": training,
        "attempts": attempts or [],
        "scores": scores,
        "gate": {"threshold": task.gate, "value": reached, "passed": reached >= task.gate},
        "versions": versions(),
    }


def check_measurable(task: Task) -> None:
    """Raise `DataError` for a split on which no answer is better than another, before any work."""
    if task.output == Output.DISTRIBUTION:
        return
    for name, split in task.splits.items():
        wanted = numbers_of(split.targets)
        said = np.zeros((len(wanted), len(task.classes)))
        if np.isnan(how_right(said, wanted, task.output)):
            raise DataError(
                f"task {task.name}, split {name}: expected targets that differ, and of a risk an "
                f"event before another's time is over, got none to measure "
                f"{MEASURE_OF[task.output]} by; split otherwise",
                page="nothing-to-learn",
            )


def beside_whole(model: nn.Module, task: Task, said: np.ndarray) -> dict[str, float]:
    """Return how one direction of a network does beside all of it, where the task asks.

    Args:
        model: the one direction.
        task: of classes; its test split is read.
        said: (N,), the classes that all of the network gives on it.
    """
    split = task.splits["test"]
    asked = replace(split, targets=_where_asked(split, said))
    as_whole = evaluate(model, pad(asked, task.output), Objective.of(task))
    right = said == split.targets
    return {
        "agreement": as_whole.value,
        "accuracy_of_whole": float(right[split.targets != NO_TARGET].mean()),
        "n": float(as_whole.n_targets),
    }


def _where_asked(split: Split, said: np.ndarray) -> np.ndarray:
    return np.where(split.targets != NO_TARGET, said, NO_TARGET).astype(np.int32)


def _check_numbers(task: Task, scores: Mapping[str, Mapping[str, float]]) -> None:
    """Raise `DataError` for a network that answers with NaN on the task's own sequences."""
    for name, found in scores.items():
        if all(np.isfinite(list(found.values()))):
            continue
        split = task.splits[name]
        missing = (
            0 if split.inputs.are_symbols else int(np.isnan(split.inputs.rows).any(axis=1).sum())
        )
        raise DataError(
            f"task {task.name}, split {name}: expected answers that are numbers, got NaN or "
            f"infinity; {missing} of its {split.inputs.n_steps} rows have a missing value, which "
            "the network must fill in itself, or the data before it; else check its weights",
            page="network-gives-nan",
        )


def versions() -> dict[str, str]:
    """Return the versions of what a network was trained by, for its card."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "markovlens": version("markovlens"),
    }
