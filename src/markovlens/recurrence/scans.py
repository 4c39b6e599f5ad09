"""Linear recurrences of all steps at once, by doubling (Hillis & Steele 1986, Blelloch 1990).

Two steps of h <- kept * h + added are one of the same kind, so that T steps take log2(T) rounds of
products over whole sequences in place of T small ones. The same holds with (max, +) in place of
(+, *), which is how exponents too large for floating point are carried along.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Pairing = Callable[[Tensor, Tensor], Tensor]


def linear_scan(kept: Tensor, added: Tensor, h: Tensor) -> Tensor:
    """Return h (B, T, ...) after h <- kept * h + added at each step.

    Args:
        kept: (B, T, ...), that can be broadcast to `added`.
        added: (B, T, ...).
        h: (B, ...), before the first step.
    """
    return _scan(kept, added, h, join=torch.add, move=torch.mul)


def max_scan(log_kept: Tensor, log_added: Tensor, m: Tensor) -> Tensor:
    """Return m (B, T, ...) after m <- max(log_kept + m, log_added) at each step."""
    return _scan(log_kept, log_added, m, join=torch.maximum, move=torch.add)


def stabilised(log_kept: Tensor, log_added: Tensor, m: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is kept and added (B, T, ...) in units of exp(m), and m, after each step.

    m is the largest exponent met so far (Beck et al. 2024, "xLSTM: Extended Long Short-Term
    Memory", equations 15 to 17; RWKV's is the same): what a sum of exponentials is kept relative
    to, so that none overflows. `m` is (B, ...) before the first step.
    """
    largest = max_scan(log_kept, log_added, m)
    before = torch.cat([m[:, None], largest[:, :-1]], dim=1)
    return (log_kept + before - largest).exp(), (log_added - largest).exp(), largest


def held(m: Tensor, total: Tensor) -> Tensor:
    """Return the exponents m that a sum is kept relative to, -inf where nothing is summed yet.

    Sums begin as zeros with m = 0; a first exponent far below 0 would else be lost to rounding
    against a largest one that nobody met, and the average be 0 / 0.
    """
    return torch.where(total > 0, m, -torch.inf)


def _scan(kept: Tensor, added: Tensor, start: Tensor, *, join: Pairing, move: Pairing) -> Tensor:
    first = join(added[:, :1], move(kept[:, :1], start[:, None]))
    done = torch.cat([first, added[:, 1:]], dim=1)
    reach = 1
    while reach < done.shape[1]:
        # Row t holds the steps t - reach + 1 ... t as one; it takes in as many before them.
        joined = join(done[:, reach:], move(kept[:, reach:], done[:, :-reach]))
        done = torch.cat([done[:, :reach], joined], dim=1)
        kept = torch.cat([kept[:, :reach], move(kept[:, reach:], kept[:, :-reach])], dim=1)
        reach *= 2
    return done
