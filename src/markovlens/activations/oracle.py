"""A network that can be asked: what it answers, where that leaves it, how it goes on from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.basis import Basis
from markovlens.activations.observed import (
    LayerOfState,
    PartOfState,
    check_recorded,
    head_of,
    layer_of,
)
from markovlens.activations.outputs import LINK_OF, Link, answered
from markovlens.activations.own import modules_of
from markovlens.adapters.adapting import network_of
from markovlens.adapters.contract import (
    Guarded,
    ReadsOn,
    Stepwise,
    as_rows,
    from_rows,
    parts_of,
    read_on,
)
from markovlens.adapters.failures import FAILURES, asking
from markovlens.adapters.precision import as_array, reference_of, suited
from markovlens.adapters.stepping import Forward, inputs_for, stepping
from markovlens.arguments import check_kind, with_known_settings
from markovlens.errors import DataError, reason_of
from markovlens.outputs import Output
from markovlens.recurrence.kinds import scaled_by_content
from markovlens.recurrence.layers import StateKind
from markovlens.sequences import Sequences, batches_of_one_length, rows_of

BATCH = 256  # sequences at a time


class Answering(Protocol):
    """What answers whole sequences, and need not be stopped or begun again."""

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output distribution (N, C) after each step."""
        ...


class Askable(Answering, Protocol):
    """What methods ask: an `Oracle`, or what answers in its place about codes of rows."""

    basis: Basis | None

    @property
    def n_features(self) -> int:
        """Numbers F in a whole state."""
        ...

    def states_after(self, inputs: Sequences) -> np.ndarray:
        """Return the whole state (S, F) after the last step of each sequence."""
        ...

    def resume(self, states: np.ndarray, inputs: Sequences) -> np.ndarray:
        """Return the output distributions (N, C) of reading sequence i from `states[i]` (S, F)."""
        ...

    def advance(
        self, states: np.ndarray | None, symbols: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs (S, C) and whole states (S, F) after one symbol (S,) more."""
        ...

    def observe(self, states: np.ndarray) -> np.ndarray:
        """Return what a trace would hold (S, M) of whole states (S, F)."""
        ...

    def read_out(self, states: np.ndarray) -> np.ndarray | None:
        """Return the output distributions (M, C) of points in a trace's coordinates, if any."""
        ...


@with_known_settings
class Oracle:
    """Answers about one network, at one of its layers, in plain arrays.

    A whole state of the network (every layer, and an LSTM's cells) is one row of F numbers, so
    that states can be exchanged, averaged and disturbed without knowing the architecture. An answer
    that is not finite, as a network may give in a state that it never reaches by itself, is a row
    of NaN, as no answer is: whoever asks leaves it out and says so (`outputs.left_out`).
    """

    def __init__(
        self,
        model: Any,
        *,
        layer: str | None = None,
        basis: Basis | None = None,
        state: StateKind = "all",
        like: Sequences | None = None,
        forward: Forward = nn.Module.__call__,
        link: Link = "softmax",
    ) -> None:
        """Keep the network: one that is `contract.Stepwise`, or any that can be stepped.

        Args:
            model: the network, put into evaluation mode; that of another framework, or the path of
                its file, is adapted, see `adapters.adapting.adapt`.
            layer: the layer (or the part of the state) that is explained; the last (or the whole
                state) when None.
            basis: the coordinates of the traces; the plain states when None.
            state: what the traces hold of the layer's state, as it was given to `record`.
            like: inputs such as it reads, to try it on; a few symbols when None.
            forward, link: as they were given to `record`.

        Raises:
            DataError: the network cannot be asked, see `stepping.Stepping`, or what is recorded of
                its layer is not part of the state from which it can begin again.
        """
        if like is not None:
            check_kind("like", like, Sequences, advice="`Sequences.from_list(arrays)` makes some")
        model = network_of(model, like)
        self._modules = modules_of(model).eval()
        self._like = reference_of(self._modules)
        self._link, self.basis = link, basis
        self._head: Callable[[Tensor], Tensor] | None = None
        self._observed: LayerOfState | PartOfState = PartOfState(layer)
        self._batch_size = BATCH
        if isinstance(model, Stepwise):
            self.network: Stepwise = _guarded(model)
        else:
            example = suited(inputs_for(model, like), self._like)
            with _tried_on(like):
                self.network = stepping(model, example, forward)
            self._observed = layer_of(model, layer, state)
            self._head = head_of(model, self._observed)
            self._batch_size = BATCH if scaled_by_content(model) is None else 1
            check_recorded(self.network, model, self._observed, example)
        self._parts = parts_of(self.network.initial(1))

    @property
    def n_features(self) -> int:
        """Numbers F in a whole state."""
        return max(part.end for part in self._parts.values())

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
        seen = as_array(self._observed.of(from_rows(states, self._parts, self._like)))
        return seen if self.basis is None else self.basis.project(seen)

    def put(self, states: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return whole states (S, F) with the layer at points (S, M) in a trace's coordinates."""
        recorded = points if self.basis is None else self.basis.restore(points)
        state = from_rows(states, self._parts, self._like)
        return as_rows(self._observed.put(state, suited(recorded, self._like)))

    def read_out(self, states: np.ndarray) -> np.ndarray | None:
        """Return the output distributions (M, C) of points in a trace's coordinates.

        None where another layer stands between the explained one and the network's `head`, or the
        network has none.
        """
        if self._head is None:
            return None
        points = states if self.basis is None else self.basis.restore(states)
        with torch.no_grad():
            return self._distributions(self._head(suited(points, self._like)))

    def _read(self, inputs: Sequences, states: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs (N, C) at all steps and the whole states (S, F) after the last."""
        after = np.empty((len(inputs), self.n_features), dtype=np.float32)
        outputs: np.ndarray | None = None
        for indices in batches_of_one_length(inputs.lengths, self._batch_size):
            rows = rows_of(inputs.lengths, indices)
            read = suited(inputs.values[rows], self._like)
            begin = (
                self.network.initial(len(indices))
                if states is None
                else from_rows(states[indices], self._parts, self._like)
            )
            with torch.no_grad(), asking(self._modules, inputs.values[rows]):
                end, found = read_on(
                    self.network, begin, read.reshape(len(indices), -1, *read.shape[1:])
                )
                distributions = self._distributions(found.flatten(0, 1))
            if outputs is None:
                outputs = np.empty((inputs.n_steps, distributions.shape[1]), dtype=np.float32)
            outputs[rows] = distributions
            after[indices] = as_rows(end)
        assert outputs is not None, "there is at least one sequence"
        return outputs, after

    def _distributions(self, outputs: Tensor) -> np.ndarray:
        return answered(outputs, self._link).cpu().numpy()


@contextmanager
def _tried_on(like: Sequences | None) -> Iterator[None]:
    """Say that a network which fails was tried on symbols, where nothing was said of its inputs."""
    try:
        yield
    except (DataError, *FAILURES) as error:
        reason = error.__cause__ if isinstance(error, DataError) else error
        if like is not None or not isinstance(reason, FAILURES):
            raise
        raise DataError(
            "network: tried on a few symbols, since no `like` was given, it fails "
            f"({reason_of(reason)}); give `like=sequences` such as it reads, rows or symbols",
            page="network-fails",
        ) from error


def _guarded(model: Stepwise) -> Stepwise:
    """Return a network of somebody's own, looked at as it answers, if it is asked step by step."""
    return model if isinstance(model, ReadsOn) else Guarded(model)


def ask(
    model: nn.Module,
    *,
    layer: str,
    output: Output = Output.DISTRIBUTION,
    basis: Basis | None = None,
    like: Sequences | None = None,
) -> Oracle | None:
    """Return the oracle of a network, None if it cannot be asked, as your own need not be.

    `output` is what its traces say it gives; the other arguments are those of `Oracle`.
    """
    try:
        return Oracle(model, layer=layer, basis=basis, like=like, link=LINK_OF[output])
    except DataError:
        return None
