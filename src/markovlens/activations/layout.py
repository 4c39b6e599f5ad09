"""Which axis of a tensor is the batch, which is time: read off its sizes and never guessed."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

# An axis is named by what sets its size: B sequences, T symbols each, S steps with those that the
# network adds, C numbers a step, or 1 for an answer at the last step only.
STEPS = ("BTC", "TBC", "BCT", "BSC", "SBC", "BCS")
STATES = STEPS[:3]
ANSWERS = (*STEPS, "B1C", "1BC", "BC", "BT", "TB", "BS", "SB", "B")
OF_TORCHS_LAYERS = ("BTC",)  # their `batch_first` has said which is which


class Layout:
    """What the axes of the tensors of one kind are, narrowed down by each that is seen.

    Attributes:
        axes: every meaning that fits all tensors seen so far, and the size of C in each.
    """

    def __init__(self, candidates: tuple[str, ...]) -> None:
        self.axes: dict[str, int | None] = dict.fromkeys(candidates)

    def see(self, value: Tensor, sizes: Mapping[str, int]) -> bool:
        """Drop every meaning that does not fit a tensor from a batch of these sizes.

        Return whether any is left; if not, all stay.
        """
        left = self._fitting(value, sizes)
        self.axes = left or self.axes
        return bool(left)

    def fits(self, value: Tensor, sizes: Mapping[str, int]) -> bool:
        """Return whether a meaning is left for a tensor."""
        return bool(self._fitting(value, sizes))

    def meanings(self, value: Tensor, sizes: Mapping[str, int]) -> list[Tensor]:
        """Return the tensor as (B, steps, C) in every way that is left and gives other numbers.

        `steps` is 1 where there is an answer at the last step only.
        """
        found: list[Tensor] = []
        for axes in self._fitting(value, sizes):
            meant = _oriented(value, axes)
            if not any(_equal(meant, other) for other in found):
                found.append(meant)
        return found

    def _fitting(self, value: Tensor, sizes: Mapping[str, int]) -> dict[str, int | None]:
        left: dict[str, int | None] = {}
        for axes, known in self.axes.items():
            if value.ndim != len(axes) or ("S" in axes and sizes["S"] == sizes["T"]):
                continue
            found = dict(zip(axes, value.shape, strict=True))
            wanted = {**sizes, "1": 1} | ({} if known is None else {"C": known})
            if all(size == wanted.get(axis, size) for axis, size in found.items()):
                left[axes] = found.get("C")
        return left


def _equal(first: Tensor, second: Tensor) -> bool:
    """Return whether two tensors hold the same numbers, NaN being one."""
    return first.shape == second.shape and bool(
        ((first == second) | (first.isnan() & second.isnan())).all()
    )


def _oriented(value: Tensor, axes: str) -> Tensor:
    """Return a tensor with these axes as (B, steps, C), each of size 1 if it has no such axis."""
    named = axes.replace("1", "T").replace("S", "T")
    missing = [axis for axis in "BTC" if axis not in named]
    named += "".join(missing)
    value = value.reshape(*value.shape, *(1 for _ in missing))
    return value.permute([named.index(axis) for axis in "BTC"])
