"""Which axes of a tensor are batch and time, learnt from what a network does with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from markovlens.adapters.reads import Reads

SIZES = ((2, 3), (3, 5))  # of the batches (B, T) from which it is learnt


@dataclass(frozen=True, slots=True)
class Axes:
    """Which axes of a tensor are batch and time; None where it has none."""

    batch: int | None
    time: int | None = None

    @classmethod
    def seen(
        cls, shapes: Sequence[tuple[int, ...]], sizes: Sequence[tuple[int, int]]
    ) -> Axes | None:
        """Return the axes of a tensor that had these shapes for these (B, T); None if unclear."""
        if len({len(shape) for shape in shapes}) != 1:
            return None
        batch, time = _fitting(shapes, sizes)
        time = [axis for axis in time if axis not in batch[:1]]
        return cls(next(iter(batch), None), next(iter(time), None))

    @classmethod
    def learnt(
        cls,
        run: Callable[[Tensor], Any],
        reads: Reads,
        sizes: Sequence[tuple[int, int]],
    ) -> Axes | None:
        """Return the axes of what a network answers to inputs (B, T, ...); None if unclear.

        Where only one size is possible, an axis of classes may be as long as time: then other
        inputs at the last step, or in the first sequence, show which axis it moves along. An
        answer of two axes that this leaves open is taken as one at the end of the sequence.

        Args:
            run: its answer, an array or tensor, to inputs (B, T, ...).
            reads: what it reads.
            sizes: the (B, T) to try.
        """
        shapes = [tuple(run(reads.made(*size)).shape) for size in sizes]
        if len({len(shape) for shape in shapes}) != 1:
            return None
        batch, time = _fitting(shapes, sizes)
        if _vary_otherwise(shapes, batch + time):
            return None
        inputs = reads.made(*sizes[0])
        if len(batch) > 1:
            moved = _moved(run, inputs, reads.changed(inputs, (slice(0, 1), slice(None))))
            batch = [axis for axis in batch if moved[axis] == {0}] or batch
        time = [axis for axis in time if axis not in batch[:1]]
        if time and len({steps for _, steps in sizes}) == 1:
            moved = _moved(run, inputs, reads.changed(inputs, (slice(None), slice(-1, None))))
            alone = [axis for axis in time if moved[axis] == {inputs.shape[1] - 1}]
            time = alone or (time if len(shapes[0]) > 2 else [])
        return cls(next(iter(batch), None), next(iter(time), None))

    def first(self, values: Any) -> Any:
        """Return an array or tensor with batch, and time where there is one, in front."""
        if self.batch is None:
            return Axes(0, None if self.time is None else self.time + 1).first(values[None])
        found = tuple(axis for axis in (self.batch, self.time) if axis is not None)
        move: Any = torch.moveaxis if isinstance(values, Tensor) else np.moveaxis
        return move(values, found, tuple(range(len(found))))

    def by_step(self, values: Any) -> Any:
        """Return an answer as (B, T, C), or (B, 1, C) where there is one after the last step."""
        laid = self.first(values)
        laid = laid[:, None] if self.time is None else laid
        return laid.reshape(*laid.shape[:2], -1)

    def back(self, values: np.ndarray) -> np.ndarray:
        """Return values (B, ...) with the batch where it was."""
        return values[0] if self.batch is None else np.moveaxis(values, 0, self.batch)


def sizes_of(batch: int | None, steps: int | None) -> list[tuple[int, int]]:
    """Return sizes (B, T) to try, as far as they are free."""
    return [(batch or free[0], steps or free[1]) for free in SIZES]


def corner(inputs: Tensor) -> tuple[slice, slice]:
    """Return a place in inputs (B, T, ...) or (T, B, ...) that tells the two apart if changed.

    It is all but the first of the first row, or of the first column where a row has one place.
    """
    if inputs.shape[1] > 1:
        return slice(0, 1), slice(1, None)
    return slice(1, None), slice(0, 1)


def is_transposed(inputs: Tensor, moved: set[int]) -> bool:
    """Return whether a change at `corner` moved those sequences that it would in (T, B, ...).

    Args:
        inputs: as they were laid out.
        moved: which sequences it moved, of those that the network tells apart.
    """
    if not moved:
        return False
    return 0 not in moved if inputs.shape[1] > 1 else moved == {0}


def moved_along(values: Any, others: Any, axis: int) -> set[int]:
    """Return at which places along an axis two arrays of one shape differ."""
    found, other = torch.as_tensor(values).double(), torch.as_tensor(others).double()
    apart = ~torch.isclose(found, other, equal_nan=True).moveaxis(axis, 0).flatten(1).all(1)
    return set(apart.nonzero().flatten().tolist())


def _moved(run: Callable[[Tensor], Any], inputs: Tensor, others: Tensor) -> list[set[int]]:
    one, other = run(inputs), run(others)
    return [moved_along(one, other, axis) for axis in range(one.ndim)]


def _fitting(
    shapes: Sequence[tuple[int, ...]], sizes: Sequence[tuple[int, int]]
) -> tuple[list[int], list[int]]:
    """Return the axes that are as long as the batch, and as time, in all of several runs."""
    columns = list(zip(*shapes, strict=True))
    batches, times = zip(*sizes, strict=True)
    return (
        [axis for axis, column in enumerate(columns) if column == batches],
        [axis for axis, column in enumerate(columns) if column == times],
    )


def _vary_otherwise(shapes: Sequence[tuple[int, ...]], known: list[int]) -> bool:
    """Return whether an axis is neither always as long nor as long as batch or time."""
    columns = enumerate(zip(*shapes, strict=True))
    return any(len(set(column)) > 1 and axis not in known for axis, column in columns)
