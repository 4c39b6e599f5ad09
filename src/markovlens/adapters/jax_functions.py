"""Two pure functions of JAX as a network: what every framework on it comes down to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np
import torch
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.errors import DataError

Begin = Callable[[int], Any]
"""`begin(batch)` -> the state of that many sequences: a nested structure of arrays (B, ...)."""
Step = Callable[[Any, Any], tuple[Any, Any]]
"""`step(state, inputs (B, ...))` -> the state after them, and outputs (B, C)."""


class OnJax:
    """Pure functions of JAX as `contract.Stepwise`; compiled for each number of sequences."""

    def __init__(self, begin: Begin, step: Step, names: Iterable[str] | None = None) -> None:
        """Keep both functions.

        Args:
            begin: makes the first state.
            step: makes the next one.
            names: of the parts of the state, in the order in which JAX flattens it; made of its
                keys and places when None.
        """
        self.begin, self._step = begin, jax.jit(step)
        self._names = _names_of(begin(1), names)
        self._structure = jax.tree.structure(begin(1))

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun."""
        return self._named(self.begin(batch))

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B,) or (B, D), and outputs (B, C)."""
        parts = [as_jax(state[name]) for name in self._names]
        after, outputs = self._step(jax.tree.unflatten(self._structure, parts), as_jax(inputs))
        return self._named(after), as_torch(outputs).flatten(1)

    def _named(self, state: Any) -> dict[str, Tensor]:
        return dict(zip(self._names, map(as_torch, jax.tree.leaves(state)), strict=True))


def as_jax(values: Tensor) -> Any:
    """Return a tensor as an array of JAX: integers of 32 bits, which it reckons with."""
    array = values.cpu().numpy()
    return array.astype(np.int32) if array.dtype.kind in "iu" else array


def as_torch(values: Any) -> Tensor:
    """Return an array of JAX as a tensor; bfloat16, which numpy has not, becomes float32."""
    array = np.array(values)
    return torch.from_numpy(array if array.dtype.kind in "fiub" else array.astype(np.float32))


def _names_of(state: Any, names: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of the parts of a state; raises `DataError` unless there is one for each."""
    found = [(_name_of(path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(state)]
    if not found or not all(np.ndim(leaf) > 1 for _, leaf in found):
        raise DataError(
            "expected the first state of a network of JAX to be arrays (B, ...), got "
            f"{', '.join(f'{name} {np.shape(leaf)}' for name, leaf in found) or 'nothing'}",
            page="wrong-initial-and-step",
        )
    if names is None:
        return tuple(name for name, _ in found)
    names = tuple(names)
    if len(names) != len(found):
        raise DataError(
            f"expected a name for each of the {len(found)} parts of the state, got {len(names)}",
            page="wrong-initial-and-step",
        )
    return names


def _name_of(path: Any) -> str:
    """Return the keys and places on the way to a part, `1.hidden`; `h` where it is all there is."""
    keys = [
        str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", key)))) for key in path
    ]
    return ".".join(keys) or "h"
