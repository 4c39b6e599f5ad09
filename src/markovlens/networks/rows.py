"""What a built-in network does with rows of channels before its recurrent cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from markovlens.arrays import unit_of
from markovlens.sequences import Sequences


def center_and_scale(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (D,) of each column of rows (N, D).

    Missing values do not count; a column that is constant, or missing throughout, has scale 1.
    """
    known = ~np.isnan(rows)
    counts = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, rows, 0.0).sum(axis=0) / counts
    scale = np.sqrt((np.where(known, rows - center, 0.0) ** 2).sum(axis=0) / counts)
    return center, unit_of(scale, center)


class RowInput(nn.Module):
    """A linear layer on standardised channels, in place of the embedding of symbols.

    A real channel is centred and scaled by what `standardise` was given; it takes two columns of
    features: the value, 0 where it is missing, and a mark, 1 where it is missing. The weights of
    marks begin at 0, so that where no value was missing in training, one that is missing later
    reads as the mean. A channel of L levels takes L columns, one-hot, all 0 where it is missing.

    Attributes:
        n_levels: (D,), levels of each channel, 0 for a real one.
        center: (D,), subtracted from each channel.
        scale: (D,), by which it is then divided.
    """

    center: Tensor
    scale: Tensor

    def __init__(self, n_levels: Sequence[int], width: int) -> None:
        super().__init__()
        self.n_levels = tuple(n_levels)
        real = [column for column, levels in enumerate(self.n_levels) if not levels]
        self.register_buffer("center", torch.zeros(len(self.n_levels)))
        self.register_buffer("scale", torch.ones(len(self.n_levels)))
        self._real = real
        self.linear = nn.Linear(2 * len(real) + sum(self.n_levels), width)
        with torch.no_grad():
            self.linear.weight[:, len(real) : 2 * len(real)] = 0.0

    def standardise(self, inputs: Sequences) -> None:
        """Take mean and standard deviation of each channel from training rows.

        Missing values do not count; a channel that is constant, or missing throughout, is left
        unscaled.
        """
        center, scale = center_and_scale(inputs.rows)
        self.center.copy_(torch.from_numpy(center))
        self.scale.copy_(torch.from_numpy(scale))

    def forward(self, rows: Tensor) -> Tensor:
        """Return vectors (..., E) of rows (..., D), NaN where a value is missing."""
        return self.linear(self.features(rows))

    def features(self, rows: Tensor) -> Tensor:
        """Return real values, marks of the missing ones, then levels, (..., F) of rows (..., D)."""
        real = ((rows - self.center) / self.scale)[..., self._real]
        missing = real.isnan()
        levels = [
            _one_hot(rows[..., column], count)
            for column, count in enumerate(self.n_levels)
            if count
        ]
        return torch.cat([real.masked_fill(missing, 0.0), missing.to(real.dtype), *levels], dim=-1)


def _one_hot(codes: Tensor, n_levels: int) -> Tensor:
    missing = codes.isnan()
    hot = one_hot(codes.masked_fill(missing, 0.0).long(), n_levels).to(codes.dtype)
    return hot.masked_fill(missing[..., None], 0.0)
