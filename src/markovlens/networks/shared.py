"""What trainings share: where weights begin, a step, a copy of them, tries until one passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

Tried = TypeVar("Tried")


def until_passed(attempts: Iterable[Tried], passed: Callable[[Tried], bool]) -> list[Tried]:
    """Return the attempts up to the first that passed, all if none did; later ones are not made."""
    tried: list[Tried] = []
    for attempt in attempts:
        tried.append(attempt)
        if passed(attempt):
            break
    return tried


def make_orthogonal(module: nn.Module, hidden: int) -> None:
    """Make each recurrent D x D block orthogonal: gradients neither die nor explode at first."""
    for name, parameter in module.named_parameters():
        if "weight_hh" in name:
            for block in parameter.data.split(hidden):
                nn.init.orthogonal_(block)


def descend(loss: Tensor, model: nn.Module, optimiser: torch.optim.Optimizer, clip: float) -> float:
    """Take one step down the gradient, of a norm of at most `clip`, and return the loss."""
    optimiser.zero_grad()
    loss.backward()
    clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    return loss.item()


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of the weights that further training leaves as it is."""
    return {key: value.detach().clone() for key, value in model.state_dict().items()}


def n_parameters(model: nn.Module) -> int:
    """Return how many numbers a network has that can be learned."""
    return sum(parameter.numel() for parameter in model.parameters())
