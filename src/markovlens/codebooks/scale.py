"""Where features lie and how far they are spread, so that their units do not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.arrays import unit_of

LARGEST = 1e100  # deviations: their products and sums are still no infinity


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Mean and standard deviation of each of F features; missing values are left out.

    Attributes:
        mean: (F,), 0 for a feature that is always missing.
        sd: (F,), 1 for a feature that never changes.
    """

    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Scale:
        """Return the scale of features (N, F)."""
        known = ~np.isnan(features)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, features, 0).sum(axis=0) / count
        squares = np.where(known, features - mean, 0) ** 2
        sd = np.sqrt(squares.sum(axis=0) / count)
        return cls(mean, unit_of(sd, mean))

    def standard(self, features: np.ndarray) -> np.ndarray:
        """Return features (N, F) of mean 0 and standard deviation 1."""
        standard: np.ndarray = (features - self.mean) / self.sd
        return standard

    def filled(self, features: np.ndarray) -> np.ndarray:
        """Return standard features with missing ones at their mean, none beyond `LARGEST`."""
        filled: np.ndarray = np.nan_to_num(self.standard(features))
        return filled.clip(-LARGEST, LARGEST, out=filled)
