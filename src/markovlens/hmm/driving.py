"""Rows of inputs beside the observations: standardised, laid out in the tiles, or streamed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arrays import unit_of
from markovlens.errors import DataError
from markovlens.hmm.arrays import as_array
from markovlens.hmm.packing import RESOLUTION, Packed, Tile, pack
from markovlens.hmm.streaming import Stream, open_stream


def check_rows(inputs: ArrayLike, n_steps: int) -> NDArray[np.float64]:
    """(N, P) input rows, NaN where a value is missing."""
    rows = as_array("inputs", inputs).astype(np.float64, copy=False)
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or len(rows) != n_steps or rows.shape[1] == 0:
        raise DataError(
            f"inputs: expected rows ({n_steps}, P), one for each row of X, got {rows.shape}; the "
            "row of a step is the one read at that step",
            page="counts-differ",
        )
    infinite = np.isinf(rows)
    if infinite.any():
        row, column = map(int, np.argwhere(infinite)[0])
        raise DataError(
            f"inputs: expected numbers, or NaN where they are missing, got {rows[row, column]} in "
            f"row {row}, column {column}; set it to NaN or clip it",
            page="not-finite",
        )
    return rows


@dataclass(frozen=True, slots=True)
class Scaling:
    """Mean and deviation of each input channel, over the values that are not missing."""

    mean: NDArray[np.float64]  # (P,)
    scale: NDArray[np.float64]  # (P,); 1 of a channel that never changes

    @classmethod
    def of(cls, batches: Iterable[NDArray]) -> Self:
        """Moments of rows (N, P) that come in batches (Chan et al. 1983, pairwise updates)."""
        count = mean = squares = np.zeros(1)
        for rows in batches:
            known = ~np.isnan(rows)
            own = known.sum(axis=0)
            first = np.where(known, rows, 0.0).sum(axis=0) / np.maximum(own, 1)
            away, total = first - mean, count + own
            share = own / np.maximum(total, 1)
            squares = squares + np.nansum((rows - first) ** 2, axis=0) + away**2 * count * share
            mean, count = mean + away * share, total
        if not count.all():
            raise DataError(
                f"inputs: expected values in every channel, got none in column "
                f"{int(np.argmin(count))}; leave the channel out",
                page="nothing-there",
            )
        variance = squares / count
        return cls(mean, unit_of(np.sqrt(variance), mean, rounding=RESOLUTION))

    def standardised(self, rows: NDArray) -> NDArray[np.float64]:
        """Rows (N, P) in deviations from the mean; what is missing counts as the mean, zero."""
        if rows.shape[1] != len(self.mean):
            raise DataError(
                f"inputs: expected {len(self.mean)} channels, as in the fit, got {rows.shape[1]}; "
                "pass the same channels in the same order",
                page="wrong-shape",
            )
        return np.nan_to_num((rows - self.mean) / self.scale, nan=0.0)


TRANSITIONS, EMISSIONS, BOTH = "transitions", "emissions", "both"
DRIVEN = (TRANSITIONS, EMISSIONS, BOTH)
"""What input rows drive."""


def driven(packed: Packed, rows: NDArray, what: str) -> Packed:
    """The data with standardised input rows (N, P), in the order of the caller's X, beside them.

    Where rows drive the transitions, a tile has them for its inputs below the ones of the
    intercepts; where they drive the emissions, above its observations, as `Regressions` reads them.
    """

    def with_inputs(tile: Tile) -> Tile:
        here = rows[tile.rows].T
        ones = np.ones((1, tile.n_columns))
        inputs = ones if what == EMISSIONS else np.concatenate([ones, here])
        x = tile.x
        if what != TRANSITIONS:
            x = np.concatenate([here.astype(x.dtype), x])
        return replace(tile, x=x, inputs=inputs)

    return replace(packed, tiles=tuple(map(with_inputs, packed.tiles)))


@dataclass(frozen=True, slots=True)
class DrivenStream(Stream):
    """Batches (X, lengths, rows) as a source of data with input rows."""

    scaling: Scaling
    what: str  # of `DRIVEN`

    @classmethod
    def open(cls, read: Any, *, dtype: str, what: str) -> Self:
        """A stream after two readings, for the moments of X and of the rows."""
        plain = open_stream(lambda: (batch[:2] for batch in read()), dtype=dtype)
        scaling = Scaling.of(check_rows(rows, len(X)) for X, _, rows in read())
        own = {each.name: getattr(plain, each.name) for each in fields(plain)}
        return cls(**own | {"read": read}, scaling=scaling, what=what)

    def parts(self) -> Iterator[Packed]:
        """Each batch packed about the common centre."""
        for X, lengths, rows in self.read():
            scaled = self.scaling.standardised(check_rows(rows, len(X)))
            part = pack(X, lengths, dtype=self.dtype, center=self.center, n_symbols=1)
            part = replace(part, variance=self.variance)
            yield driven(part, scaled, self.what)
