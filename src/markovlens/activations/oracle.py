"""A network that can be asked: what it answers, where that leaves it, how it goes on from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.precision import as_array, reference_of
from markovlens.activations.watching import Recorder
from markovlens.errors import DataError
from markovlens.recurrence.cell_states import joined
from markovlens.recurrence.kinds import scaled_by_content
from markovlens.recurrence.layers import StateKind, columns_of, find_layers, split_cells
from markovlens.sequences import Sequences, batches_of_one_length, rows_of

State = Any  # what a recurrent module returns beside its outputs: a tensor (L, B, D), or several


class Basis(Protocol):
    """The coordinates of a trace, such as `embedding.pod.POD`."""

    def project(self, states: np.ndarray) -> np.ndarray:
        """Return the coordinates (N, M) of states (N, D)."""
        ...

    def restore(self, coordinates: np.ndarray) -> np.ndarray:
        """Return states (N, D) at coordinates (N, M)."""
        ...


class Resumable(Protocol):
    """What a network must offer to be asked; those of this package do.

    Attributes:
        head: maps states (..., D) of the top layer to logits (..., C).
    """

    head: nn.Module

    def resume(self, symbols: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return logits (B, T, C) of symbols (B, T) read from `state` on, and the state after."""
        ...


class Oracle:
    """Answers about one network, at one of its layers, in plain arrays.

    A whole state of the network (every layer, and an LSTM's cells) is one row of F numbers, so
    that states can be exchanged, averaged and disturbed without knowing the architecture.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        layer: str | None = None,
        basis: Basis | None = None,
        state: StateKind = "all",
    ) -> None:
        """Keep the network, which must be `Resumable`.

        Args:
            model: the network, put into evaluation mode.
            layer: the layer that is explained; the last when None.
            basis: the coordinates of the traces; the plain states when None.
            state: what the traces hold of the layer's state, as it was given to `record`.

        Raises:
            DataError: the network is not `Resumable`, or the layer's state is not part of what
                `resume` returns.
        """
        if not hasattr(model, "resume") or not hasattr(model, "head"):
            raise DataError(
                f"{type(model).__name__} cannot be asked: expected methods `resume(symbols, state)`"
                " and `head(states)`; see markovlens.activations.oracle.Resumable"
            )
        self.model: Any = model.eval()
        self.basis = basis
        names = None if layer is None else [layer]
        watched = find_layers(model, names)[-1]
        self._module, self._index = watched.module, watched.index
        self._like = reference_of(model)
        self._batch_size = 256 if scaled_by_content(model) is None else 1
        with Recorder(model, names, state=state) as recorder:
            _, whole = self._step(np.zeros((1, 1)), None)
        (recorded,) = recorder.take([1]).values()
        self._shapes = [(part.shape[0], part.shape[-1]) for part in _parts(whole)]
        self._columns = columns_of(watched, recorded.shape[1], state=state)
        seen = self._seen(_flatten(whole))
        if seen.shape != recorded.shape or not _same(seen, recorded):
            raise DataError(
                f"layer {watched.name}: expected its state to be part of what `resume` of "
                f"{type(model).__name__} returns, as torch's modules return it; got another"
            )

    @property
    def n_features(self) -> int:
        """Numbers F in a whole state."""
        return sum(layers * units for layers, units in self._shapes)

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output distribution (N, C) after each step."""
        return self._read(inputs, None)[0]

    def states_after(self, inputs: Sequences) -> np.ndarray:
        """Return the whole state (S, F) after the last step of each sequence."""
        return self._read(inputs, None)[1]

    def resume(self, states: np.ndarray, inputs: Sequences) -> np.ndarray:
        """Return the output distributions (N, C) of reading sequence i from `states[i]` (S, F)."""
        return self._read(inputs, states)[0]

    def advance(
        self, states: np.ndarray | None, symbols: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs (S, C) and whole states (S, F) after one symbol (S,) more.

        `states` (S, F) are those before it; None before the first symbol of all.
        """
        return self._read(Sequences(symbols, np.ones(len(symbols), dtype=np.int64)), states)

    def observe(self, states: np.ndarray) -> np.ndarray:
        """Return what a trace would hold (S, M) of whole states (S, F)."""
        seen = self._seen(states)
        return seen if self.basis is None else self.basis.project(seen)

    def read_out(self, states: np.ndarray) -> np.ndarray | None:
        """Return the output distributions (M, C) of points in a trace's coordinates.

        None where another layer stands between the explained one and the head.
        """
        if self._index != self._shapes[0][0] - 1:
            return None
        points = states if self.basis is None else self.basis.restore(states)
        hidden = self._tensor(points[:, slice(*self._columns["h"])])
        with torch.no_grad():
            logits = self.model.head(hidden)
        return as_array(logits.float().softmax(-1))

    def _read(self, inputs: Sequences, states: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs (N, C) at all steps and the whole states (S, F) after the last."""
        after = np.empty((len(inputs), self.n_features), dtype=np.float32)
        outputs: np.ndarray | None = None
        for indices in batches_of_one_length(inputs.lengths, self._batch_size):
            rows = rows_of(inputs.lengths, indices)
            symbols = inputs.values[rows].reshape(len(indices), -1)
            begin = None if states is None else self._restore(states[indices])
            logits, state = self._step(symbols, begin)
            distributions = as_array(logits.float().softmax(-1).flatten(0, 1))
            if outputs is None:
                outputs = np.empty((inputs.n_steps, distributions.shape[1]), dtype=np.float32)
            outputs[rows] = distributions
            after[indices] = _flatten(state)
        assert outputs is not None, "there is at least one sequence"
        return outputs, after

    def _step(self, symbols: np.ndarray, state: State) -> tuple[Tensor, State]:
        read = torch.as_tensor(symbols, device=self._like.device).long()
        with torch.no_grad():
            logits, state = self.model.resume(read, state)
        return logits, state

    def _seen(self, states: np.ndarray) -> np.ndarray:
        """Return what was recorded (S, D) of whole states (S, F): h of the layer, and c with it."""
        parts: list[Tensor] = []
        begin = 0
        for layers, units in self._shapes[: len(self._columns)]:
            first = begin + self._index * units
            part = torch.as_tensor(states[:, first : first + units])
            parts += split_cells(self._module, part)
            begin += layers * units
        return joined(*parts[: len(self._columns)]).numpy()

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values)).to(self._like)

    def _restore(self, states: np.ndarray) -> State:
        """Return rows (B, F) as the network's own kind of state."""
        parts: list[Tensor] = []
        begin = 0
        for layers, units in self._shapes:
            end = begin + layers * units
            part = states[:, begin:end].reshape(len(states), layers, units).swapaxes(0, 1)
            parts.append(self._tensor(part))
            begin = end
        return parts[0] if len(parts) == 1 else tuple(parts)


def ask(model: nn.Module, *, layer: str, basis: Basis | None = None) -> Oracle | None:
    """Return the oracle of a network, None if it is not `Resumable`, as your own need not be.

    Also None where what it goes on from is not the layer's state.
    """
    try:
        return Oracle(model, layer=layer, basis=basis)
    except DataError:
        return None


def _same(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Return whether states agree to what half precision leaves of them."""
    return np.allclose(found, wanted, rtol=0.02, atol=0.02, equal_nan=True)


def _parts(state: State) -> Sequence[Tensor]:
    return [state] if isinstance(state, Tensor) else list(state)


def _flatten(state: State) -> np.ndarray:
    """Return the network's state as rows (B, F)."""
    parts = [part.transpose(0, 1).flatten(1) for part in _parts(state)]
    return as_array(torch.cat(parts, dim=1))
