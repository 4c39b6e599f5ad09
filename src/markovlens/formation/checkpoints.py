"""What users hand over as checkpoints: networks or state dicts, by training step or in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import nn

from markovlens.arguments import has_items
from markovlens.errors import DataError
from markovlens.networks.weights import check_fit, without_checkpoint


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network, or its weights, at one moment.

    Attributes:
        step: of training, or the place among the checkpoints.
        given: the network, or a state dict.
        loss: of training, None where nobody says.
    """

    step: int
    given: Any
    loss: float | None


def in_order(checkpoints: Any, losses: Any) -> list[Checkpoint]:
    """Return the checkpoints by step, each with the loss that stood in its place.

    Raises:
        DataError: none, something else than a mapping or a list of them; steps that are no whole
            numbers, or the weights of one network; losses of other number, or that are none.
    """
    steps = _steps(checkpoints)
    told = [None] * len(steps) if losses is None else _losses(losses, len(steps))
    found = [Checkpoint(*each) for each in zip(steps, _networks_of(checkpoints), told, strict=True)]
    return sorted(found, key=lambda each: each.step)


def _networks_of(checkpoints: Any) -> list[Any]:
    return list(checkpoints.values() if isinstance(checkpoints, Mapping) else checkpoints)


def _steps(checkpoints: Any) -> list[int]:
    expected = "checkpoints: expected networks or state dicts, by training step or in their order"
    listed = isinstance(checkpoints, Collection) and has_items(checkpoints)
    if isinstance(checkpoints, nn.Module | str) or not listed:
        raise DataError(
            f"{expected}, got {type(checkpoints).__name__}; give a list, also of a single one",
            page="wrong-kind",
        )
    if not checkpoints:
        raise DataError("expected at least one checkpoint, got none", page="nothing-there")
    if not isinstance(checkpoints, Mapping):
        return list(range(len(checkpoints)))
    if any(isinstance(value, torch.Tensor) for value in checkpoints.values()):
        raise DataError(
            f"{expected}, got the weights of one network; give a list of such dicts, or "
            "{step: weights}",
            page="wrong-kind",
        )
    for step in checkpoints:
        if isinstance(step, bool) or not isinstance(step, Integral) or step < 0:
            raise DataError(
                f"{expected}, got the step {step!r}, which is no whole number, 0 or more; give "
                "{100: weights, ...}, or a list in their order",
                page="wrong-kind",
            )
    return [int(step) for step in checkpoints]


def _losses(losses: Any, n_checkpoints: int) -> list[float]:
    expected = f"losses: expected a number for each of {n_checkpoints} checkpoints, in their order"
    listed = isinstance(losses, Collection) and has_items(losses)
    if isinstance(losses, str | Mapping) or not listed:
        raise DataError(f"{expected}, got {type(losses).__name__}; give a list", page="wrong-kind")
    if len(losses) != n_checkpoints:
        raise DataError(f"{expected}, got {len(losses)}", page="counts-differ")
    try:
        return [float(loss) for loss in losses]
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{expected}, got {list(losses)!r}; where none is known give float('nan')",
            page="wrong-kind",
        ) from error


def loaded(
    checkpoints: Sequence[Checkpoint], model: nn.Module | None
) -> Iterator[tuple[Checkpoint, Any]]:
    """Yield each checkpoint and its network; that of state dicts is one and the same.

    Raises:
        DataError: state dicts without a model, or that do not fit it.
    """
    shell = None if model is None else deepcopy(model)
    for one in checkpoints:
        yield one, _loaded(one, shell) if isinstance(one.given, Mapping) else one.given


def _loaded(one: Checkpoint, shell: nn.Module | None) -> nn.Module:
    if shell is None:
        raise DataError(
            f"checkpoint {one.step}: got a state dict; give `model`, a network of the same "
            "architecture, or the networks themselves",
            page="weights-do-not-fit",
        )
    weights = without_checkpoint(one.given)
    check_fit(f"checkpoint {one.step}", shell.state_dict(), dict(weights))
    shell.load_state_dict(weights)
    return shell.eval()
