"""Tiles as tensors on a device, in which torch does the sums of an E-step.

This is the only part of the engine besides `torch_expectation` that needs torch, and neither is
imported before a fit asks for a device. Tested on torch's own processor device; on GPUs untested.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from markovlens.errors import ConfigError
from markovlens.hmm.expectation import next_symbols
from markovlens.hmm.packing import Tile
from markovlens.hmm.regrouping import offsets_of

BLOCK = 1024
"""Columns that are summed in the type of the data; the sums of blocks add up in float64."""

KINDS_OF_DEVICE = ("cuda", "cpu")
"""Devices that have float64, which the sums need; AMD's are `cuda`, too, Apple's have not."""


@dataclass(frozen=True, slots=True)
class DeviceTile:
    """Some sequences side by side, as in `packing.Tile`."""

    x: Tensor  # (D, n) features less the centre, zero where missing
    offsets: tuple[int, ...]  # (T + 1,) first column of each time
    symbols: Tensor | None  # (n,) input symbol read at the step; None where there is but one
    first: tuple[Tensor, ...]  # columns of first steps, by their symbol; () likewise
    followed: tuple[Tensor, ...]  # columns by the symbol of the next step; () likewise
    missing: Tensor | None  # columns without an observation; None: all have one
    weights: Tensor | None  # (n,) times the column's sequence is counted; None: once

    @classmethod
    def of(cls, tile: Tile, n_symbols: int, device: torch.device) -> "DeviceTile":
        """A copy on a device; on the processor it shares the memory of the features."""

        def sent(values: NDArray) -> Tensor:
            return torch.from_numpy(values).to(device)

        several = n_symbols > 1
        lanes = int(tile.offsets[1])
        return cls(
            sent(tile.x),
            tuple(tile.offsets.tolist()),
            sent(tile.symbols) if several else None,
            tuple(map(sent, _by_symbol(tile.symbols[:lanes], n_symbols))) if several else (),
            tuple(map(sent, _by_symbol(next_symbols(tile), n_symbols))) if several else (),
            sent(tile.missing) if len(tile.missing) else None,
            None if tile.weights is None else sent(tile.weights),
        )

    @property
    def n_lanes(self) -> int:
        """Sequences L."""
        return self.offsets[1]

    @property
    def n_columns(self) -> int:
        """Steps n."""
        return self.offsets[-1]

    def lanes(self) -> NDArray[np.int64]:
        """(n,) lane of each column."""
        starts = np.repeat(self.offsets[:-1], np.diff(self.offsets))
        return np.arange(self.n_columns) - starts

    def picked(self, columns: NDArray[np.int64]) -> Tile:
        """A tile on the processor of the sequences that these columns, in order, are."""
        where = torch.from_numpy(columns).to(self.x.device)
        symbols = (
            np.zeros(len(columns), int) if self.symbols is None else taken(self.symbols, where)
        )
        gaps = np.empty(0, int)
        if self.missing is not None:
            gaps = np.flatnonzero(np.isin(columns, self.missing.cpu().numpy()))
        lengths = np.unique(self.lanes()[columns], return_counts=True)[1]
        return Tile(
            np.ascontiguousarray(taken(self.x, where)),
            symbols,
            offsets_of(lengths),
            columns,
            np.arange(len(lengths)),
            gaps,
            None if self.weights is None else taken(self.weights, where),
        )


def taken(values: Tensor, columns: Tensor) -> NDArray:
    """Some columns of a tensor as an array."""
    return values.index_select(-1, columns).cpu().numpy()


def _by_symbol(symbols: NDArray, n_symbols: int) -> list[NDArray[np.int64]]:
    """Positions of each symbol; those of negative ones are left out."""
    order = np.argsort(symbols, kind="stable")
    bounds = np.searchsorted(symbols[order], np.arange(n_symbols + 1))
    return [order[first:last] for first, last in zip(bounds[:-1], bounds[1:], strict=True)]


def product(a: Tensor, b: Tensor) -> Tensor:
    """(K, M) a b' of a (K, n) and b (M, n), summed over blocks of columns in float64."""
    whole = a.shape[1] - a.shape[1] % BLOCK
    rest = (a[:, whole:] @ b[:, whole:].T).double()
    if whole == 0:
        return rest
    left = a[:, :whole].unflatten(1, (-1, BLOCK)).transpose(0, 1)
    right = b[:, :whole].unflatten(1, (-1, BLOCK)).permute(1, 2, 0)
    return rest + torch.bmm(left, right).sum(0, dtype=torch.float64)


def row_sums(values: Tensor) -> Tensor:
    """(K,) sums of rows in float64."""
    return values.sum(-1, dtype=torch.float64)


@contextmanager
def whole_products() -> Iterator[None]:
    """Context in which no matrix product is rounded to fewer digits than its type has.

    `torch.set_float32_matmul_precision("high")` would else leave three of seven. Of torch's two
    ways of setting it (2.13) only the one by backend may be read whatever way the user took; the
    other is that of versions before 2.9.
    """
    backends = [torch.backends.cuda.matmul, getattr(torch.backends.mkldnn, "matmul", None)]
    by_backend = hasattr(backends[0], "fp32_precision")
    name, whole = ("fp32_precision", "ieee") if by_backend else ("allow_tf32", False)
    found = [backend for backend in backends if hasattr(backend, name)]
    before = [getattr(backend, name) for backend in found]
    try:
        for backend in found:
            setattr(backend, name, whole)
        yield
    finally:
        for backend, precision in zip(found, before, strict=True):
            setattr(backend, name, precision)


def device_of(name: str) -> torch.device:
    """The device of that name.

    Raises:
        ConfigError: there is none of that name, or none that has float64.
    """
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = torch.device("meta")
    if not isinstance(name, str) or device.type not in KINDS_OF_DEVICE:
        raise ConfigError(
            f"device: expected 'cuda', 'cuda:1' and so on, 'cpu' or None, got {name!r}; None is "
            "this package's own kernels on the processor",
            page="no-such-device",
        )
    n_found = torch.cuda.device_count() if device.type == "cuda" else 1
    if (device.index or 0) >= n_found:
        raise ConfigError(
            f"device: expected one that torch finds here, got {name!r} of {n_found}; leave device "
            "out to stay on the processor, or install a torch that is built for your GPU",
            page="no-such-device",
        )
    return device


def room(device: torch.device) -> int:
    """Bytes that data may take on a device and stay there; the processor has them already."""
    return torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else 0
