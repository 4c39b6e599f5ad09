"""Calls of a network that has its own `initial` and `step`, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from markovlens.activations.calling import Batch
from markovlens.activations.isolation import Snapshot, has_drawn, seed_all
from markovlens.activations.observed import WHOLE, PartOfState
from markovlens.activations.outputs import linked, output_of, warn_if_squeezed_twice
from markovlens.activations.reading import Reading
from markovlens.adapters.adapting import Adapted
from markovlens.adapters.contract import Guarded, Stepwise, Watched, watched
from markovlens.adapters.precision import as_array, reference_of, suited
from markovlens.outputs import Output
from markovlens.recurrence.watchable import check_eager


def modules_of(network: Any) -> nn.Module:
    """Return a network as what torch knows of it: itself, or no modules at all.

    Raises:
        DataError: it is neither a network that torch runs eagerly nor `Stepwise`.
    """
    if not isinstance(network, Stepwise):
        check_eager(network)
    return network if isinstance(network, nn.Module) else nn.Module()


def n_symbols_of(model: Any) -> int:
    """Return how many symbols a network says that it reads; 0 where it does not."""
    if isinstance(model, Adapted):
        return model.reads.n_symbols or 0
    embeddings = [each for each in modules_of(model).modules() if isinstance(each, nn.Embedding)]
    return embeddings[0].num_embeddings if len(embeddings) == 1 else 0


class OwnCalls:
    """What `calling.Calls` is for networks of torch, one step at a time."""

    steps_before = 0

    def __init__(self, network: Stepwise, names: Sequence[str] | None, how: Reading) -> None:
        """Keep the network and the parts of its state that are recorded: all when None."""
        self._network = network if isinstance(network, Watched) else Guarded(network)
        self._how, self._like = how, reference_of(modules_of(network))
        self._parts = {name: PartOfState(name) for name in names or ()} or {
            WHOLE: PartOfState(None)
        }
        self._wary = how.verify
        self.snapshot = Snapshot(modules_of(network))
        self.output = Output.DISTRIBUTION  # of what was seen so far
        self.eps = torch.finfo(self._like.dtype).eps

    def reseed(self) -> None:
        """Begin torch's random numbers anew."""
        seed_all(self._how.seed)

    def has_drawn(self) -> bool:
        """Return whether any random numbers were drawn since the last `reseed`."""
        return has_drawn(self._how.seed)

    def read(self, values: np.ndarray, *, fresh: bool = True) -> Batch:
        """Return parts of the state and outputs of sequences (B, T, ...), each from the beginning.

        Raises:
            DataError: a state that is not named parts (B, ...), a part that is not there, or
                outputs that are not (B, C); see `contract.Guarded`.
        """
        if fresh:
            self.snapshot.restore()
        states, said = watched(self._network, suited(values, self._like))
        self.output = output_of(self._how.link, said.shape[-1])
        if self._wary:  # the first batch shows it
            warn_if_squeezed_twice(said, self._how.link)
            self._wary = False
        at_once = {name: part.flatten(0, 1) for name, part in states.items()}  # (B * T, ...)
        found = {
            name: as_array(part.of(at_once).unflatten(0, said.shape[:2]))
            for name, part in self._parts.items()
        }
        return Batch(found, as_array(linked(said, self._how.link)))
