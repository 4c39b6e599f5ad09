"""Every kind of network by its specification: built-in cells, pretrained ones, your own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from torch import nn

from markovlens.errors import ConfigError, DataError, MarkovlensError, reason_of
from markovlens.measures import of_one_answer
from markovlens.networks import seq2seq
from markovlens.networks.arena import ArenaNetwork
from markovlens.networks.card import Trained, beside_whole, make_card
from markovlens.networks.data import confusion, pad
from markovlens.networks.from_file import FileNetwork
from markovlens.networks.generator import build_generator
from markovlens.networks.model import build
from markovlens.networks.objectives import Objective
from markovlens.networks.pretrained import G2P, pretrained
from markovlens.networks.resources import weight_files
from markovlens.networks.spelling import word_accuracy
from markovlens.networks.training import TrainingOptions, train
from markovlens.networks.user import import_module
from markovlens.networks.weights import load_weights
from markovlens.outputs import NO_TARGET, Output, numbers_of
from markovlens.tasks.base import Task

log = logging.getLogger(__name__)

FAR_FEWER = 0.5  # of the errors are left in another order of classes, at most
MOST_NAMED = 3  # classes in another place


def make_network(
    spec: Mapping[str, Any],
    task: Task,
    *,
    training: Mapping[str, Any],
    seed: int,
    resources: str | Path = "resources",
    arena: str | Path | None = None,
    checkpoint: str | Path | None = None,
) -> Trained:
    """Return a network, trained or loaded as `spec` says, with its card.

    Args:
        spec: one entry of the config's `networks.models`: `cell` (trained here), `pretrained`,
            `module` with `weights`, or `file`. Its `layer` says what is recorded later and is not
            looked at.
        task: what it learns or is judged by.
        training: the section of the config's `networks.training` for this task's family, complete.
        seed: of the training; a network that comes with its weights is the same for every seed.
        resources: the folder into which `tasks.fetch` put the real data and weights.
        arena: the folder of other people's networks, for the tasks that are named after them.
        checkpoint: a file that a killed training is taken up from, see `training.train`.

    Raises:
        ConfigError: the spec names nothing that is known.
        DataError: weights that are missing, damaged, or do not fit.
    """
    spec = {key: value for key, value in spec.items() if key != "layer"}
    if "cell" in spec:
        options = TrainingOptions(**training)
        return train(task, spec, training=options, seed=seed, checkpoint=checkpoint)
    architecture = {key: value for key, value in spec.items() if key != "weights"}
    files = weight_files(spec, resources, task=task.name, arena=arena)
    if "pretrained" in spec:
        model = pretrained(spec["pretrained"]).load(*files)
        if isinstance(model, ArenaNetwork):  # the others are of one shape
            architecture["kwargs"] = model.kwargs
    elif "file" in spec:
        model = construct(architecture).eval()
    else:
        model = load_weights(construct(architecture), *files)
    with _failing_on(task, spec):
        card = make_card(model, task, architecture=architecture)
    if "file" in spec:
        card["n_parameters"] = None  # an adapter knows states, and not all weights
    if {"module", "file"} & spec.keys():
        value = card["scores"]["valid"][Objective.of(task).measure]
        warn_if_below_chance(task, value)
        warn_if_reordered(model, task, value)
    if isinstance(model, G2P):  # its steps are judged one by one, its words as a whole
        card["words"] = word_accuracy(model, task.splits["test"])
    if "pretrained" in spec and (whole := pretrained(spec["pretrained"]).whole):
        said = whole(files[0], task.splits["test"].inputs)
        card["whole"] = beside_whole(model, task, said)
    return Trained(model, card)


@contextmanager
def _failing_on(task: Task, spec: Mapping[str, Any]) -> Iterator[None]:
    """Say in words that somebody's network fails on a task's sequences, whatever it raises."""
    try:
        yield
    except MarkovlensError:
        raise
    except Exception as error:
        inputs = task.splits["test"].inputs
        read = ", ".join(map(str, inputs.channels)) or f"{len(task.symbols)} symbols"
        width = f"rows (B, T, {len(inputs.channels)})" if inputs.channels else "codes (B, T)"
        name = next(spec[key] for key in ("module", "file", "pretrained") if key in spec)
        raise DataError(
            f"networks: {name} fails on the sequences of task {task.name}, {width} of {read} "
            f"({type(error).__name__}: {reason_of(error)}); give a network that reads these inputs "
            "in this order, or the task the inputs that it was trained on",
            page="network-fails",
        ) from error


def warn_if_below_chance(task: Task, value: float) -> None:
    """Log a warning where a network does worse than always giving one answer.

    Names of classes and columns are taken as they are given, and another order is the likeliest
    reason; of values another unit is, too.
    """
    chance = _of_one_answer(task)
    if value < chance:
        decides = task.output == Output.DISTRIBUTION
        log.warning(
            "%s: the network's %s on validation data is %.3f, that of always %s would be %.3f; "
            "look whether the order of %s and of inputs is that of its training",
            task.name,
            Objective.of(task).measure.replace("_", " "),
            value,
            "the same class" if decides else "one answer",
            chance,
            "classes (levels of the target)" if decides else "targets, their units,",
        )


def warn_if_reordered(model: nn.Module, task: Task, value: float) -> None:
    """Log a warning where a network of classes does far better with its classes in another order.

    The order is the one in which most of its decisions are right (a linear assignment), and far
    better is what halves its errors and is right as often as chance hardly is.
    """
    if task.output != Output.DISTRIBUTION:
        return
    counts = confusion(model, pad(task.splits["valid"], task.output), Objective.of(task))
    said, right = linear_sum_assignment(counts, maximize=True)
    best = counts[said, right].sum() / counts.sum()
    if 1 - best > FAR_FEWER * (1 - value) or best <= _of_one_answer(task):
        return
    moved = [
        f"what is called {task.classes[name]} is {task.classes[meant]}"
        for name, meant in zip(said, right, strict=True)
        if name != meant and counts[name, meant]
    ]
    log.warning(
        "%s: the network's accuracy on validation data is %.3f, and %.3f if its classes stand in "
        "another order (%s); give `levels` of the target in the order of the network's outputs",
        task.name, value, best, "; ".join(moved[:MOST_NAMED]),
    )  # fmt: skip


def _of_one_answer(task: Task) -> float:
    """Return what the best constant answer gets on validation data, by the task's measure."""
    targets = task.splits["valid"].targets
    if task.output != Output.DISTRIBUTION:
        return of_one_answer(numbers_of(targets), task.output)
    known = targets[targets != NO_TARGET]
    return float(np.bincount(known).max() / len(known))


def construct(architecture: Mapping[str, Any]) -> nn.Module:
    """Return the network of a card's `architecture`, its weights not yet those of the card."""
    if "cell" in architecture:
        spec = dict(architecture)
        named = {"n_symbols", "n_levels", "n_classes"} & set(spec)
        sizes = {name: spec.pop(name) for name in sorted(named)}
        return build(spec, **sizes)
    if "seq2seq" in architecture:
        spec = dict(architecture)
        return seq2seq.build(spec, n_channels=spec.pop("n_channels"))
    if "generator" in architecture:
        return build_generator(architecture, n_classes=architecture["n_classes"])
    if "pretrained" in architecture:
        return pretrained(architecture["pretrained"]).empty(**architecture.get("kwargs", {}))
    if "module" in architecture:
        return import_module(architecture["module"], architecture.get("kwargs", {}))
    if "file" in architecture:
        return FileNetwork(architecture["file"], architecture.get("options", {}))
    raise ConfigError(
        "expected a cell, seq2seq, generator, pretrained, module or file key, got "
        f"{sorted(architecture)}",
        page="bad-config",
    )
