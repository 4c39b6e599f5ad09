"""Networks that are taken as they are in a file of another framework, by an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from markovlens.adapters.adapting import adapt
from markovlens.adapters.contract import State
from markovlens.errors import DataError
from markovlens.files.whole import sha256

DIGEST = "digest"


class FileNetwork(nn.Module):
    """A network in a file, for the stages that keep networks as weights.

    What it keeps is the digest of the file: loaded where the file is another by now, it refuses.
    """

    digest: Tensor

    def __init__(self, path: str | Path, options: Mapping[str, Any]) -> None:
        """Adapt the file, with options of its adapter; raises `DataError` as `adapt` does."""
        super().__init__()
        self._path = str(path)
        self._network = adapt(path, **options)
        self.register_buffer(DIGEST, torch.tensor(list(bytes.fromhex(sha256(path)))))

    def load_state_dict(self, state_dict: Mapping[str, Any], *given: Any, **named: Any) -> Any:
        """Check that the file is still the one whose digest was kept."""
        if not torch.equal(state_dict[DIGEST], self.digest):
            raise DataError(
                f"{self._path}: is not the file that the results were made from; delete the "
                "network's folder, or put the file back",
                page="weights-do-not-fit",
            )
        return super().load_state_dict(state_dict, *given, **named)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (B, T, C) of sequences."""
        return self.watch(inputs)[1]

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        return self._network.initial(batch)

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input, and the output (B, C)."""
        return self._network.step(state, inputs)

    def read(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B, T, ...), and the outputs (B, T, C)."""
        return self._network.read(state, inputs)

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) after each of inputs (B, T, ...), and the outputs."""
        return self._network.watch(inputs)
