"""How far two sets of symbol sequences are from each other, with a gradient for the first.

Sequences are one-hot, (B, T, C) each; the cost of a pair is the number of steps in which they
differ. All losses are in steps per sequence.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from markovlens.tasks.base import Source
from markovlens.tasks.markov import pair_distance, pair_frequencies

LAGS = (1, 2, 4, 8, 16)  # steps between the two symbols of a pair
LAG_WEIGHT = 300.0  # brings the squared errors of pair frequencies to the scale of steps
BLUR, SCALING = 0.2, 0.5  # of the Sinkhorn loss, as published

Loss = Callable[[Tensor, Tensor], Tensor]


def transport(written: Tensor, wanted: Tensor) -> Tensor:
    """Return the exact transport cost: the mean mismatch under the best one-to-one matching.

    Between finite samples it is smallest for sequences more alike than the source's are. Its value
    is that of the published loss (`sinkhorn`), its gradient is not, see there.
    """
    from scipy.optimize import linear_sum_assignment  # here: whoever loads networks comes by

    left, right = written.flatten(1), wanted.flatten(1)
    with torch.no_grad():
        cost = written.shape[1] - left @ right.T
    _, partner = linear_sum_assignment(cost.numpy())
    agreed = (left * right[torch.as_tensor(partner)]).sum(dim=1)
    return written.shape[1] - agreed.mean()


def energy(written: Tensor, wanted: Tensor) -> Tensor:
    """Return the transport cost of independent halves minus that of the written ones to each other.

    The energy distance of batches (Salimans, Zhang, Radford & Metaxas 2018, "Improving GANs using
    optimal transport") but for its constant: it is smallest where both are of one distribution, so
    that what is written is not pulled towards too little spread, as by `transport` alone.
    """
    half = len(written) // 2
    ours, theirs = (written[:half], written[half:]), (wanted[:half], wanted[half:])
    across = torch.stack([transport(mine, other) for mine in ours for other in theirs])
    return across.sum() / 2 - transport(*ours)


def sinkhorn(written: Tensor, wanted: Tensor) -> Tensor:
    """Return the debiased entropic cost (Feydy et al. 2019) with the published settings.

    The mean over the batch of half the squared distance to the sequence that each is matched with,
    which is the number of steps in which they differ: numerically the value of `transport`. What
    differs is the gradient by a drawn symbol x that is matched with y: x - y here, -y in
    `transport`. The values of x are fixed at 0 and 1, but the softmax behind them is not, so that
    here nothing pulls where x is right already, and `transport` pulls to be surer of it.
    """
    from geomloss import SamplesLoss  # here, because only this loss needs it

    loss = SamplesLoss("sinkhorn", p=2, blur=BLUR, scaling=SCALING)
    found: Tensor = loss(written.flatten(1), wanted.flatten(1))
    return found


def pair_errors(written: Tensor, wanted: Tensor) -> Tensor:
    """Return the squared errors of the frequencies of symbol pairs, summed over pairs and lags."""
    lags = [lag for lag in LAGS if lag < written.shape[1]]
    errors = [(pairs_at(written, lag) - pairs_at(wanted, lag)).square().sum() for lag in lags]
    return torch.stack(errors).sum()


def transport_and_lags(written: Tensor, wanted: Tensor) -> Tensor:
    """Return the exact transport cost plus the weighted errors of the frequencies of pairs."""
    return transport(written, wanted) + LAG_WEIGHT * pair_errors(written, wanted)


LOSSES: dict[str, Loss] = {
    "transport": transport,
    "energy": energy,
    "sinkhorn": sinkhorn,
    "transport+lags": transport_and_lags,
}


def pairs_at(sequences: Tensor, lag: int) -> Tensor:
    """Return how often each symbol is followed by each other `lag` steps later, (C, C)."""
    first, second = sequences[:, :-lag].flatten(0, 1), sequences[:, lag:].flatten(0, 1)
    return first.T @ second / len(first)


def order_of(written: Tensor, source: Source) -> float:
    """Return how far symbols (B, T, C) have come from independence (0) to the source (1).

    One minus the distance (`pair_distance`) of their frequencies of pairs of neighbours from the
    source's, as a share of that of independent symbols with its frequencies; -inf if not finite.
    """
    if not bool(torch.isfinite(written).all()):
        return -np.inf
    wanted = pair_frequencies(source)
    alone = np.outer(wanted.sum(axis=1), wanted.sum(axis=1))
    found = pairs_at(written, 1).numpy()
    return 1 - float(pair_distance(found, wanted) / pair_distance(alone, wanted))
