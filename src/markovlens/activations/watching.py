"""Hooks that keep the states of chosen layers while somebody else runs the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.kinds import warn_if_scaled
from markovlens.activations.layers import (
    Layer,
    StateKind,
    check_state,
    find_layers,
    states_of_call,
)
from markovlens.activations.precision import as_array
from markovlens.activations.watchable import eagerly
from markovlens.errors import DataError


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
            state: `all`, or only `h`; see `recorder.Reading`.

        Raises:
            DataError: a layer is not there, or the network cannot be watched.
        """
        check_state(state)
        self._state: StateKind = state
        self._layers = find_layers(model, None if layers is None else list(layers))
        self._calls: dict[str, list[Tensor]] = {layer.name: [] for layer in self._layers}
        self._hooked = ExitStack()
        warn_if_scaled(model)

    @property
    def layers(self) -> list[str]:
        """Names of the layers that are watched."""
        return [layer.name for layer in self._layers]

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

    def take(self, lengths: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """Return the states (N, D) recorded since the last call, without the padding.

        They are float32, float64 from a network that computes in it.

        Args:
            lengths: (S,), true lengths of the sequences of the batch.

        Raises:
            DataError: a layer was not called, or not once for every step.
        """
        taken = {name: self._joined(name, np.asarray(lengths)) for name in self._calls}
        for calls in self._calls.values():
            calls.clear()
        return taken

    def _hook(self, layer: Layer) -> Callable[..., None]:
        def keep(module: nn.Module, args: tuple, kwargs: Mapping[str, Any], output: Any) -> None:
            with torch.no_grad():
                states = states_of_call(layer, args, kwargs, output, state=self._state)
                self._calls[layer.name].append(states.detach())

        return keep

    def _joined(self, name: str, lengths: np.ndarray) -> np.ndarray:
        if not self._calls[name]:
            raise DataError(
                f"layer {name} was not called; was the network run inside the recorder?"
            )
        states = torch.cat(self._calls[name], dim=1)  # a cell called in a loop gives a step a call
        if len(states) != len(lengths) or not lengths.max() <= states.shape[1] < 2 * lengths.max():
            raise DataError(
                f"layer {name}: expected states of {len(lengths)} sequences of up to "
                f"{lengths.max()} steps, got {tuple(states.shape[:2])}; is it called once a step?"
            )
        parts = [sequence[:length] for sequence, length in zip(states, lengths, strict=True)]
        return as_array(torch.cat(parts))
