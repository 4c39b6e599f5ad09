"""Ragged sequences: one flat array and the length of each sequence, never padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError


@dataclass(frozen=True, slots=True)
class Sequences:
    """`lengths.size` sequences laid end to end.

    Attributes:
        values: array (N, ...), the steps of all sequences: integers are symbols, floats signals.
        lengths: int array (S,), the number of steps of each sequence, all at least 1.
    """

    values: np.ndarray
    lengths: np.ndarray

    def __post_init__(self) -> None:
        """Check once, here, what every other function relies on."""
        object.__setattr__(self, "values", np.asarray(self.values))
        object.__setattr__(self, "lengths", check_lengths(self.lengths, n_steps=len(self.values)))

    @classmethod
    def from_list(cls, sequences: Sequence[np.ndarray | Sequence]) -> Sequences:
        """Return `Sequences` from a list of arrays (T_i, ...) of one dtype and trailing shape."""
        if not len(sequences):
            raise DataError("expected at least one sequence, got an empty list")
        arrays = [np.asarray(sequence) for sequence in sequences]
        return cls(np.concatenate(arrays), np.array([len(array) for array in arrays]))

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield each sequence as a view (T_i, ...)."""
        for start, length in zip(self.starts, self.lengths, strict=True):
            yield self.values[start : start + length]

    @property
    def n_steps(self) -> int:
        """Number of steps N of all sequences together."""
        return len(self.values)

    @property
    def starts(self) -> np.ndarray:
        """Row (S,) at which each sequence begins."""
        return starts_of(self.lengths)

    def select(self, indices: np.ndarray) -> Sequences:
        """Return the sequences at `indices` (M,), in that order."""
        indices = np.asarray(indices)
        return Sequences(self.values[rows_of(self.lengths, indices)], self.lengths[indices])


def check_lengths(lengths: np.ndarray, *, n_steps: int) -> np.ndarray:
    """Return `lengths` as int64 (S,) after checking that they partition `n_steps` rows.

    Raises:
        DataError: no sequence, a length below 1, or a sum other than `n_steps`.
    """
    lengths = np.asarray(lengths)
    if lengths.ndim != 1 or not lengths.size:
        raise DataError(f"expected a 1-d array of sequence lengths, got shape {lengths.shape}")
    if not np.issubdtype(lengths.dtype, np.integer):
        raise DataError(f"expected integer lengths, got dtype {lengths.dtype}")
    if lengths.min() < 1:
        raise DataError("expected lengths of at least 1, got an empty sequence; drop it first")
    if lengths.sum() != n_steps:
        raise DataError(
            f"lengths sum to {lengths.sum()} but there are {n_steps} rows; "
            "give one length per sequence"
        )
    return lengths.astype(np.int64)


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Return the first row (S,) of each sequence."""
    return np.concatenate([[0], np.cumsum(lengths)[:-1]])


def steps_of(lengths: np.ndarray) -> np.ndarray:
    """Return the position (N,) of each row within its sequence, from 0."""
    return np.arange(lengths.sum()) - np.repeat(starts_of(lengths), lengths)


def rows_of(lengths: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return the rows of the sequences at `indices`, in that order."""
    chosen = lengths[indices]
    return np.repeat(starts_of(lengths)[indices], chosen) + steps_of(chosen)


def by_step(lengths: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for each step t, the sequences (S_t,) longer than t and their rows (S_t,) at t.

    A recursion over time then handles all sequences at once, and none is padded.
    """
    starts = starts_of(lengths)
    longest_first = np.argsort(-lengths, kind="stable")
    alive = np.searchsorted(-lengths[longest_first], -np.arange(lengths.max()), side="left")
    for step, count in enumerate(alive):
        active = longest_first[:count]
        yield active, starts[active] + step
