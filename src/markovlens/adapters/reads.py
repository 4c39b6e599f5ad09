"""What a network reads at each step, and inputs of that kind to try it on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from markovlens.errors import DataError
from markovlens.sequences import Sequences

SEED = 17  # of made inputs: any will do


@dataclass(frozen=True, slots=True)
class Reads:
    """What a network reads at each step.

    Attributes:
        n_symbols: it reads symbols 0 .. n_symbols - 1; None where it reads rows.
        shape: of a row, mostly (D,); () where it reads symbols.
        n_steps: the only length of sequences that it takes whole; None where it takes any.
    """

    n_symbols: int | None = None
    shape: tuple[int, ...] = ()
    n_steps: int | None = None

    @classmethod
    def like(cls, sequences: Sequences) -> Reads:
        """Return what a network reads that reads these sequences."""
        values = sequences.values
        if values.ndim == 1 and values.dtype.kind in "iu":
            return cls(n_symbols=int(values.max()) + 1)
        return cls(shape=values.shape[1:])

    @classmethod
    def embedded(cls, tables: Iterable[int], like: Sequences | None) -> Reads:
        """Return what a network reads that embeds symbols, of which `like` need not have all.

        Args:
            tables: how many rows each of its tables has. The smallest that holds `like` counts.
            like: sequences such as it reads, if they are given; rows are believed.
        """
        given = cls() if like is None else cls.like(like)
        if like is not None and given.n_symbols is None:
            return given
        sizes = sorted(tables)
        holding = [size for size in sizes if size >= (given.n_symbols or 0)]
        return cls(n_symbols=(holding or sizes[-1:])[0])

    def __str__(self) -> str:
        """Return it in words."""
        what = (
            f"{self.n_symbols} symbols" if self.n_symbols else f"rows of {_product(self.shape)}"
        ) + (f", {self.n_steps} steps at a time" if self.n_steps else "")
        return what

    def made(self, batch: int, n_steps: int) -> Tensor:
        """Return inputs (B, T, ...): symbols, or rows, drawn alike wherever it is asked."""
        rng = np.random.default_rng(SEED)
        size = (batch, self.n_steps or n_steps)
        if self.n_symbols is not None:
            return torch.as_tensor(rng.integers(self.n_symbols, size=size))
        return torch.as_tensor(rng.normal(size=(*size, *self.shape)), dtype=torch.float32)

    def every(self, batch: int, n_steps: int) -> Tensor:
        """Return inputs (B, T, ...) as `made`, after them all symbols there are, B being larger."""
        inputs = self.made(batch, n_steps)
        if self.n_symbols is None:
            return inputs
        n_rows = -(-self.n_symbols // inputs.shape[1])
        symbols = torch.arange(n_rows * inputs.shape[1]) % self.n_symbols
        return torch.cat([inputs, symbols.reshape(n_rows, -1)])

    def others(self, inputs: Tensor) -> Tensor:
        """Return inputs of the same shape, other ones at every step if there is more than one."""
        rng = np.random.default_rng(SEED + 1)
        if self.n_symbols is None:
            return torch.as_tensor(rng.normal(size=inputs.shape)).to(inputs.dtype)
        if self.n_symbols == 1:
            return inputs
        by = torch.as_tensor(rng.integers(1, self.n_symbols, size=inputs.shape))
        return (inputs + by) % self.n_symbols

    def changed(self, inputs: Tensor, place: tuple[slice, slice]) -> Tensor:
        """Return inputs (B, T, ...) with others at a place among sequences and steps."""
        found = inputs.clone()
        found[place] = self.others(inputs)[place]
        return found

    def taken(self, like: Sequences, batch: int, n_steps: int) -> Tensor:
        """Return inputs (B, T, ...) whose steps are drawn from those of given sequences."""
        size = (batch, self.n_steps or n_steps)
        rows = np.random.default_rng(SEED).integers(len(like.values), size=size)
        found = torch.as_tensor(like.values[rows])
        return found.float() if found.is_floating_point() else found.long()

    def check(self, inputs: Tensor) -> None:
        """Raise `DataError` unless inputs (B, T, ...) are of this kind, and this long."""
        self.check_kind(inputs)
        if self.n_steps not in (None, inputs.shape[1]):
            raise DataError(
                f"expected sequences of {self.n_steps} steps, the only length this network was "
                f"made for, got {inputs.shape[1]}; cut them, or export it with a free length",
                page="graph-inputs",
            )

    def check_step(self, inputs: Tensor) -> None:
        """Raise `DataError` unless inputs (B, ...) of one step are of this kind."""
        self.check_kind(inputs[:, None])

    def check_kind(self, inputs: Tensor) -> None:
        """Raise `DataError` unless inputs (B, T, ...) are of this kind, however long."""
        if self.n_symbols is not None:
            self._check_symbols(inputs)
        elif not inputs.is_floating_point() or tuple(inputs.shape[2:]) != self.shape:
            raise DataError(
                f"expected rows of {_product(self.shape)} numbers a step for this network, got "
                f"{_kind(inputs)}; give `Sequences` of floats (N, {_product(self.shape)})",
                page="wrong-dtype",
            )

    def _check_symbols(self, inputs: Tensor) -> None:
        if inputs.is_floating_point() or inputs.ndim != 2:
            raise DataError(
                f"expected symbols 0 .. {self._last} for this network, got {_kind(inputs)}; give "
                "`Sequences` of integer codes (N,)",
                page="wrong-dtype",
            )
        if inputs.numel() and not 0 <= int(inputs.min()) <= int(inputs.max()) <= self._last:
            raise DataError(
                f"expected symbols 0 .. {self._last} for this network, got {int(inputs.max())}; "
                "give what is unknown the code that the network was trained with",
                page="unknown-symbol",
            )

    @property
    def _last(self) -> int:
        return (self.n_symbols or 0) - 1


def _kind(inputs: Tensor) -> str:
    if not inputs.is_floating_point() and inputs.ndim == 2:
        return "symbols"
    return f"rows of {_product(tuple(inputs.shape[2:]))}" if inputs.ndim > 2 else "one number each"


def _product(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"
