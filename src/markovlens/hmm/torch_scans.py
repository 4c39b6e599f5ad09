"""Densities and the forward and backward recursions over a tile on a device of torch.

The recursions are those of `scans`, with its limits, so that the same lanes underflow.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, threshold_

from markovlens.hmm.emissions import LOG_TWO_PI, inverse_factors
from markovlens.hmm.gaussians import Gaussians, as_full_or_diagonal
from markovlens.hmm.lattices import Chain, Limits
from markovlens.hmm.packing import Source
from markovlens.hmm.torch_tiles import DeviceTile

GATHERED_NUMBERS = 2**26
"""Entries at most of the transition matrices that are gathered, one a lane, at a time."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A model as the scans over a device's tiles read it."""

    limits: Limits
    start: Tensor  # (V, K)
    moves: Tensor  # (V, K, K)
    factors: Tensor  # (K, D) or (K, D, D) that whiten, over sqrt(2)
    shifts: Tensor  # (K, D) means, whitened
    constants: Tensor  # (K,)

    @classmethod
    def of(cls, chain: Chain, gaussians: Gaussians, source: Source, device: torch.device) -> "Scan":
        """The model in the type of the data."""
        limits = Limits.of(source.dtype)
        means = gaussians.means - source.center
        factors, constants = _whitening(gaussians)
        shifts = factors * means if factors.ndim == 2 else np.einsum("kij,kj->ki", factors, means)
        numbers = (_without_tiny(chain.start, limits), _without_tiny(chain.transition, limits))

        def sent(values: NDArray) -> Tensor:
            return torch.from_numpy(np.array(values, dtype=source.dtype)).to(device)

        return cls(limits, *map(sent, (*numbers, factors, shifts, constants)))


def _without_tiny(probabilities: NDArray, limits: Limits) -> NDArray:
    """Probabilities that are zero where they are too small for the scans."""
    return np.where(probabilities < limits.tiny, 0.0, probabilities)


def _whitening(gaussians: Gaussians) -> tuple[NDArray, NDArray]:
    """Whitening factors over sqrt(2), (K, D) or (K, D, D), and log-densities (K,) at the means."""
    shape = gaussians.means.shape
    spread = as_full_or_diagonal(gaussians.kind, gaussians.covariances, shape)
    inverses = spread**-0.5 if spread.ndim == 2 else inverse_factors(spread)
    scales = inverses if spread.ndim == 2 else np.diagonal(inverses, axis1=1, axis2=2)
    constants = np.log(scales).sum(axis=1) - 0.5 * shape[1] * LOG_TWO_PI
    inverses = np.broadcast_to(inverses, (shape[0], *inverses.shape[1:]))
    return np.sqrt(0.5) * inverses, np.broadcast_to(constants, shape[:1])


def relative_densities(tile: DeviceTile, scan: Scan) -> tuple[Tensor, Tensor]:
    """Emission probabilities (K, n) over their column's maximum, and its log (n,)."""
    out, white = tile.x.new_empty(len(scan.constants), tile.n_columns), torch.empty_like(tile.x)
    for k, factor in enumerate(scan.factors):
        if factor.ndim == 1:
            torch.mul(factor[:, None], tile.x, out=white)
        else:
            torch.mm(factor, tile.x, out=white)
        white -= scan.shifts[k, :, None]
        torch.sub(scan.constants[k], white.square_().sum(0), out=out[k])
    top = out.amax(0)
    out.sub_(top).clamp_(min=float(np.log(scan.limits.tiny))).exp_()
    if tile.missing is not None:
        out[:, tile.missing], top[tile.missing] = 1.0, 0.0
    return out, top


def run_forward(tile: DeviceTile, scan: Scan, emission: Tensor) -> tuple[Tensor, Tensor]:
    """Filtered probabilities (K, n) and scales c (n,), zero from where a lane underflows."""
    alpha, scale = torch.empty_like(emission), torch.empty_like(emission[0])
    values = first_states(tile, scan)
    for t, here in enumerate(times(tile)):
        if t > 0:
            values = mixed(scan.moves, values[:, : here.stop - here.start], symbols_at(tile, here))
        values = values * emission[:, here]
        total = values.sum(0)
        threshold_(total, scan.limits.least, 0.0)
        values *= reciprocal(total)
        threshold_(values, scan.limits.tiny, 0.0)
        alpha[:, here], scale[here] = values, total
    return alpha, scale


def run_backward(
    tile: DeviceTile, scan: Scan, emission: Tensor, alpha: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Gamma, in the memory of the emissions, and arrival messages as in `scans`, both (K, n)."""
    arrival, gamma = torch.zeros_like(alpha), emission
    message = torch.ones_like(alpha[:, : tile.n_lanes])
    back = scan.moves.mT
    steps = list(times(tile))
    for t in range(len(steps) - 1, 0, -1):
        here = steps[t]
        lanes = here.stop - here.start
        news = message[:, :lanes]
        coming = within(emission[:, here] * news * reciprocal(scale[here]), scan.limits)
        gamma[:, here] = alpha[:, here] * news
        before = slice(steps[t - 1].start, steps[t - 1].start + lanes)
        arrival[:, before] = coming
        news = mixed(back, coming, symbols_at(tile, here))
        news *= reciprocal((alpha[:, before] * news).sum(0))
        message[:, :lanes] = within(news, scan.limits)
    gamma[:, steps[0]] = alpha[:, steps[0]] * message
    return gamma, arrival


def times(tile: DeviceTile) -> Iterator[slice]:
    """Columns of each time."""
    return map(slice, tile.offsets[:-1], tile.offsets[1:])


def symbols_at(tile: DeviceTile, columns: slice) -> Tensor | None:
    """Input symbols of some columns, None where there is but one."""
    return None if tile.symbols is None else tile.symbols[columns]


def first_states(tile: DeviceTile, scan: Scan) -> Tensor:
    """(K, L) probabilities of states after the first symbols."""
    if tile.symbols is None:
        return scan.start[0, :, None].expand(-1, tile.n_lanes)
    return scan.start[tile.symbols[: tile.n_lanes]].T


def mixed(moves: Tensor, values: Tensor, symbols: Tensor | None) -> Tensor:
    """(K, m) values after a move of each lane by the matrix of its symbol."""
    if symbols is None:
        return moves[0].T @ values
    lanes = max(1, GATHERED_NUMBERS // moves[0].numel())
    parts = zip(values.split(lanes, dim=1), symbols.split(lanes), strict=True)
    return torch.cat([torch.einsum("il,lij->jl", part, moves[which]) for part, which in parts], 1)


def reciprocal(total: Tensor) -> Tensor:
    """1 / total where that is above zero, else zero."""
    return torch.where(total > 0.0, 1.0 / total, 0.0)


def within(values: Tensor, limits: Limits) -> Tensor:
    """Messages that are zero where they are tiny, and never larger than the inverse of that."""
    return threshold_(values.clamp_(max=1.0 / limits.tiny), limits.tiny, 0.0)
