"""Hooks that keep the states of chosen layers while somebody else runs the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from markovlens.adapters.precision import as_array
from markovlens.errors import DataError
from markovlens.recurrence.kinds import warn_if_scaled
from markovlens.recurrence.layers import (
    Layer,
    StateKind,
    check_state,
    find_layers,
    input_of_call,
    states_of_call,
)
from markovlens.recurrence.watchable import eagerly


class Recorder:
    """Watches layers while your own loop runs the network, eagerly where it is compiled.

    ::

        with Recorder(model, ["rnn.l0"]) as recorder:
            for batch, lengths in loader:          # padded at the end, or packed inside the model
                model(batch)
                states = recorder.take(lengths)    # {"rnn.l0": (sum of lengths, D)}
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Sequence[str] | None = None,
        *,
        state: StateKind = "all",
    ) -> None:
        """Find the layers.

        Args:
            model: the network.
            layers: names; the last recurrent layer when None.
            state: `all`, or only `h`; see `reading.Reading`.

        Raises:
            DataError: a layer is not there, or the network cannot be watched.
        """
        check_state(state)
        self._state: StateKind = state
        self._layers = find_layers(model, None if layers is None else list(layers))
        self._calls: dict[str, list[Tensor]] = {layer.name: [] for layer in self._layers}
        self._read: dict[str, list[Any]] = {layer.name: [] for layer in self._layers}
        self._hooked = ExitStack()
        warn_if_scaled(model)

    @property
    def layers(self) -> list[str]:
        """Names of the layers that are watched."""
        return [layer.name for layer in self._layers]

    @property
    def watched(self) -> tuple[Layer, ...]:
        """The layers that are watched."""
        return tuple(self._layers)

    def __enter__(self) -> Recorder:
        """Hook the layers."""
        self._hooked.enter_context(eagerly())
        for layer in self._layers:
            handle = layer.module.register_forward_hook(self._hook(layer), with_kwargs=True)
            self._hooked.callback(handle.remove)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the hooks away."""
        self._hooked.close()

    def take(
        self,
        lengths: Sequence[int] | np.ndarray,
        *,
        padding: Literal["right", "left"] = "right",
        steps_before: int = 0,
    ) -> dict[str, np.ndarray]:
        """Return the states (N, D) recorded since the last call, without the padding.

        They are float32, float64 from a network that computes in it.

        Args:
            lengths: (S,), true lengths of the sequences of the batch, in the order of its rows.
            padding: the side on which shorter sequences were filled up. What a layer read shows
                the wrong side, if the filling is the same vector everywhere.
            steps_before: steps in front of all sequences, such as a start token, to leave out.

        Raises:
            DataError: a layer was not called, or not once for every step; or its batch was packed
                with other lengths, or looks filled up on the other side.
        """
        if padding not in ("right", "left"):
            raise DataError(
                f"padding: expected right or left, got {padding!r}", page="padding-side"
            )
        wanted = np.asarray(lengths) + steps_before
        try:
            for name in self._calls:
                self._check_padding(name, wanted, padding)
            joined = self.joined()
        finally:
            self.clear()
        return {
            name: _without_padding(name, states, wanted, padding, steps_before)
            for name, states in joined.items()
        }

    def joined(self) -> dict[str, Tensor]:
        """Return the states (S, T, D) recorded since the last `clear`, whatever the axes mean.

        Raises:
            DataError: a layer was not called, or on batches of different sizes.
        """
        return {name: _joined(name, calls) for name, calls in self._calls.items()}

    def clear(self) -> None:
        """Forget what was recorded."""
        for kept in (*self._calls.values(), *self._read.values()):
            kept.clear()

    def _hook(self, layer: Layer) -> Callable[..., None]:
        def keep(module: nn.Module, args: tuple, kwargs: Mapping[str, Any], output: Any) -> None:
            with torch.no_grad():
                states = states_of_call(layer, args, kwargs, output, state=self._state)
                self._calls[layer.name].append(states.detach())
                self._read[layer.name].append(input_of_call(layer, args, kwargs))

        return keep

    def _check_padding(self, name: str, lengths: np.ndarray, padding: str) -> None:
        """Raise `DataError` if what a layer read was packed or filled up in another way."""
        read = self._read[name]
        if len(read) == 1 and isinstance(read[0], PackedSequence):
            _check_packed(name, read[0], lengths)
        elif read and all(isinstance(part, Tensor) and part.ndim == 3 for part in read):
            side = _filled_side(torch.cat(read, dim=1), lengths)
            if side not in (None, padding):
                raise DataError(
                    f"layer {name}: shorter sequences look filled up on the {side}, since what "
                    f"the layer read there never changes; give padding={side!r}",
                    page="padding-side",
                )


def _joined(name: str, calls: list[Tensor]) -> Tensor:
    """Return the states of one layer's calls; a cell called in a loop gives a step a call."""
    if not calls:
        raise DataError(
            f"layer {name} was not called; was the network run inside the recorder?",
            page="unknown-layer",
        )
    shapes = {(len(call), call.shape[2]) for call in calls}
    if len(shapes) > 1:
        raise DataError(
            f"layer {name}: expected the same sequences in every call, got batches of "
            f"{', '.join(str(size) for size, _ in sorted(shapes))}; name a layer that is called "
            "on whole batches",
            page="not-a-row-a-step",
        )
    return torch.cat(calls, dim=1)


def _without_padding(
    name: str, states: Tensor, lengths: np.ndarray, padding: str, steps_before: int
) -> np.ndarray:
    """Return the states (N, D) of a batch (S, T, D) at the true steps."""
    if len(states) != len(lengths) or not lengths.max() <= states.shape[1] < 2 * lengths.max():
        raise DataError(
            f"layer {name}: expected states of {len(lengths)} sequences of up to "
            f"{lengths.max()} steps, got {tuple(states.shape[:2])}; is it called once a step?",
            page="not-a-row-a-step",
        )
    begins = (states.shape[1] - lengths) * (padding == "left")
    parts = [
        sequence[begin + steps_before : begin + length]
        for sequence, begin, length in zip(states, begins, lengths, strict=True)
    ]
    return as_array(torch.cat(parts))


def _check_packed(name: str, packed: PackedSequence, lengths: np.ndarray) -> None:
    """Raise `DataError` unless a batch was packed with these lengths, in this order."""
    _, found = pad_packed_sequence(packed, batch_first=True)
    if found.tolist() != lengths.tolist():
        raise DataError(
            f"layer {name}: its batch was packed with lengths {found[:8].tolist()}, expected "
            f"{lengths[:8].tolist()}; give `lengths` in the order of the rows that the layer read, "
            "with the `steps_before` that the network puts in front",
            page="not-a-row-a-step",
        )


def _filled_side(read: Tensor, lengths: np.ndarray) -> str | None:
    """Return on which side of a batch (S, T, E) the shorter sequences hold one vector throughout.

    None where no side does, or both: then they may as well begin alike.
    """
    n_steps = read.shape[1]
    missing = torch.as_tensor(n_steps - lengths, device=read.device)
    if len(read) != len(lengths) or not 0 < int(missing.max()) < n_steps:
        return None
    steps = torch.arange(n_steps, device=read.device)
    front = read[steps < missing[:, None]]
    behind = read[steps >= n_steps - missing[:, None]]
    sides = {
        side: bool((part == part[0]).all()) for side, part in (("left", front), ("right", behind))
    }
    return None if sides["left"] == sides["right"] else "left" if sides["left"] else "right"
