"""Types of numbers: what a network computes in, and what is kept of it."""

from __future__ import annotations

from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

INT8 = 2.0**-8  # relative rounding error of quantised networks
TF32 = 2.0**-10  # and of cuDNN's recurrent layers, whose products are of TF32 unless forbidden
CANCELLED = 32  # rounding errors of the largest number that a sum may leave


def reference_of(model: nn.Module) -> Tensor:
    """Return an empty tensor of the type and the device in which a network expects real numbers.

    They are those of its first weight that is a real number; quantised networks, which have none,
    take single precision.
    """
    tensors = chain(model.parameters(), model.buffers())
    first = next((tensor for tensor in tensors if tensor.is_floating_point()), torch.empty(0))
    return first.new_empty(0)


def rounding_of(model: nn.Module) -> float:
    """Return the relative error that rounding leaves of what a network computes."""
    quantised = any("quantized" in type(each).__module__ for each in model.modules())
    return max(INT8 if quantised else 0.0, eps_of(reference_of(model)))


def eps_of(values: Tensor) -> float:
    """Return the relative rounding error of what a tensor was computed in, 0 of whole numbers."""
    if not values.is_floating_point():
        return 0.0
    eps = torch.finfo(values.dtype).eps
    return max(eps, TF32) if values.is_cuda and values.dtype == torch.float32 else eps


def alike(found: Tensor, wanted: Tensor, eps: float = 0.0) -> bool:
    """Return whether numbers (..., C) agree to what rounding leaves of them, whatever their unit.

    They may differ by the root of the relative rounding error, of the largest number in their
    column; and by some rounding errors of the largest of all, which is what sums leave where they
    cancel. Both NaN is agreement.

    Args:
        found, wanted: the numbers.
        eps: relative rounding error in which they were computed, if coarser than their type's.
    """
    if found.shape != wanted.shape:
        return False
    if not found.numel():
        return True
    eps = max(eps, eps_of(found), eps_of(wanted))
    one, other = found.double(), wanted.double()
    sizes = torch.maximum(one.abs(), other.abs()).nan_to_num(0.0, 0.0, 0.0)
    column = sizes.reshape(-1, sizes.shape[-1]).amax(0) if sizes.ndim else sizes
    close = (one - other).abs() <= eps**0.5 * column + CANCELLED * eps * sizes.max()
    return bool((close | (one == other) | (one.isnan() & other.isnan())).all())


def in_type(inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """Return inputs in the type of numbers that a network computes in; symbols stay what they are.

    Whole numbers stay whole whatever `dtype` is, and `dtype` counts if it is one of real numbers.
    """
    return inputs.to(dtype) if inputs.is_floating_point() and dtype.is_floating_point else inputs


def suited(values: np.ndarray, like: Tensor) -> Tensor:
    """Return inputs as a network takes them: codes as int64, signals as `like`, on its device."""
    batch = torch.as_tensor(np.require(values, requirements="W"), device=like.device)
    return batch.to(like.dtype) if batch.is_floating_point() else batch.long()


def as_array(values: Tensor) -> np.ndarray:
    """Return values as float32, or as float64 where they are; numpy knows no bfloat16."""
    precise = values.dtype == torch.float64
    array: np.ndarray = values.to(torch.float64 if precise else torch.float32).cpu().numpy()
    return array
