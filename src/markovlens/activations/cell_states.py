"""The two parts of an LSTM's state side by side: h as it is, c as arcsinh(c).

h lies in (-1, 1), c is unbounded, and what counts as near depends on how the two are scaled. The
inverse hyperbolic sine leaves small numbers as they are and turns large ones into their logarithm;
c comes back as sinh. It needs no data, so that splits recorded apart are alike.
"""

from __future__ import annotations

import torch
from torch import Tensor


def compressed(c: Tensor) -> Tensor:
    """Return arcsinh(c), single precision at least: half precision would lose a large count."""
    return torch.asinh(c.to(torch.promote_types(c.dtype, torch.float32)))


def joined(h: Tensor, c: Tensor | None = None) -> Tensor:
    """Return what is recorded of a state (..., P) and (..., H): its parts along the last axis."""
    return h if c is None else torch.cat([h, compressed(c)], dim=-1)
