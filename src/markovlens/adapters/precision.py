"""Types of numbers: what a network computes in, and what is kept of it."""

from __future__ import annotations

from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn


def reference_of(model: nn.Module) -> Tensor:
    """Return an empty tensor of the type and the device in which a network expects real numbers.

    They are those of its first weight that is a real number; quantised networks, which have none,
    take single precision.
    """
    tensors = chain(model.parameters(), model.buffers())
    first = next((tensor for tensor in tensors if tensor.is_floating_point()), torch.empty(0))
    return first.new_empty(0)


def suited(values: np.ndarray, like: Tensor) -> Tensor:
    """Return inputs as a network takes them: codes as int64, signals as `like`, on its device."""
    batch = torch.as_tensor(values, device=like.device)
    return batch.to(like.dtype) if batch.is_floating_point() else batch.long()


def as_array(values: Tensor) -> np.ndarray:
    """Return values as float32, or as float64 where they are; numpy knows no bfloat16."""
    precise = values.dtype == torch.float64
    array: np.ndarray = values.to(torch.float64 if precise else torch.float32).cpu().numpy()
    return array
