"""One step of a network as a function of rows: what fixed points and slow modes are found with."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.outputs import Link, linked
from markovlens.adapters.contract import (
    Guarded,
    Part,
    State,
    Stepwise,
    as_rows,
    from_rows,
    parts_of,
)
from markovlens.errors import DataError


class OneStep:
    """One step of a network as a function of rows, in double precision where it can be doubled.

    Attributes:
        eps: the rounding error of its states.
        width: F, the numbers of a whole state.
    """

    def __init__(self, network: Stepwise) -> None:
        """Keep a copy of the network; raises `DataError` for what is no `Stepwise`."""
        if not isinstance(network, Stepwise):
            raise DataError(
                f"expected a network with `initial` and `step`, got {type(network).__name__}; "
                "`adapters.adapt` makes one of torch's modules, an adapter of a file",
                page="cannot-be-asked",
            )
        # Not every foreign network can be doubled, and those that cannot run as they are.
        doubled = copy.deepcopy(network).double() if isinstance(network, nn.Module) else network
        self._network = Guarded(doubled)
        begin = self._network.initial(1)
        self._parts: dict[str, Part] = parts_of(begin)
        self._like = next(iter(begin.values()))
        self.eps = float(torch.finfo(self._like.dtype).eps)
        self.width = as_rows(begin).shape[1]

    def follow(
        self, inputs: Tensor, n_steps: int, start: np.ndarray | None, *, link: Link
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the states (S + 1, B, F) and answers (S + 1, B, C) on the way."""
        begun = as_rows(self._network.initial(len(inputs))) if start is None else start
        state: State = from_rows(begun, self._parts, self._like)
        rows, answers = [begun], []
        read = self._read(inputs)
        for _ in range(n_steps):
            state, output = self._network.step(state, read)
            rows.append(as_rows(state))
            answers.append(linked(output, link).double().cpu().numpy())
        before = np.full_like(answers[0], np.nan)
        return np.stack(rows).astype(np.float64), np.stack([before, *answers])

    def after(self, rows: np.ndarray, inputs: Tensor) -> np.ndarray:
        """Return the states (B, F) after one more step from states (B, F)."""
        state = from_rows(rows, self._parts, self._like)
        read = self._read(inputs).expand(len(rows), *inputs.shape[1:])
        with torch.no_grad():
            return as_rows(self._network.step(state, read)[0]).astype(np.float64)

    def jacobian(self, row: np.ndarray, inputs: Tensor) -> np.ndarray:
        """Return the derivative (F, F) of a step at a state (F,), by central differences."""
        return np.asarray(self.jacobians(row[None], inputs)[0])

    def jacobians(self, rows: np.ndarray, inputs: Tensor) -> np.ndarray:
        """Return the derivatives (B, F, F) of a step at states (B, F), by central differences."""
        width = self.eps ** (1 / 3) * np.maximum(np.abs(rows), 1.0)
        moved = width[:, :, None] * np.eye(rows.shape[1])
        both = np.stack([rows[:, None] + moved, rows[:, None] - moved])
        above, below = self.after(both.reshape(-1, self.width), inputs).reshape(both.shape)
        return np.asarray(np.swapaxes((above - below) / (2 * width[:, :, None]), 1, 2))

    def _read(self, inputs: Tensor) -> Tensor:
        return inputs.to(self._like.dtype) if inputs.is_floating_point() else inputs
