"""A network that is asked what it answers at the end of sequences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from markovlens.activations.oracle import Oracle
from markovlens.activations.outputs import answered
from markovlens.attention.replacing import Ask
from markovlens.networks.model import AttentiveModel, SequenceModel
from markovlens.sequences import Sequences, batches_of_one_length, rows_of

BATCH = 512  # sequences at a time


class WholeWords:
    """A network of ours that reads whole sequences, as one with attention must."""

    def __init__(self, model: SequenceModel) -> None:
        self.model = model.eval()

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output distribution (N, C) after each step."""
        return self._asked(inputs, last=False)

    def ends(self, inputs: Sequences) -> np.ndarray:
        """Return the output distribution (S, C) after the last step of each sequence."""
        return self._asked(inputs, last=True)

    def weights(self, inputs: Sequences) -> np.ndarray:
        """Return how much the last answer of each sequence rests on each state (N,)."""
        assert isinstance(self.model, AttentiveModel), "others have no weights"
        found = np.empty(inputs.n_steps)
        with torch.no_grad():
            for _, rows, read in self._batches(inputs):
                found[rows] = self.model.attended(read)[:, -1].flatten().numpy()
        return found

    def _asked(self, inputs: Sequences, *, last: bool) -> np.ndarray:
        n_classes = self.model.head.out_features
        found = np.empty((len(inputs) if last else inputs.n_steps, n_classes), dtype=np.float32)
        with torch.no_grad():
            for indices, rows, read in self._batches(inputs):
                outputs = answered(self.model(read), "softmax")
                kept = outputs[:, -1] if last else outputs.flatten(0, 1)
                found[indices if last else rows] = kept.numpy()
        return found

    def _batches(self, inputs: Sequences) -> Iterator[tuple[np.ndarray, np.ndarray, torch.Tensor]]:
        for indices in batches_of_one_length(inputs.lengths, BATCH):
            rows = rows_of(inputs.lengths, indices)
            values = np.asarray(inputs.values[rows], dtype=np.int64).reshape(len(indices), -1)
            yield indices, rows, torch.from_numpy(values)


def ends_of(network: Any, like: Sequences) -> Ask:
    """Return what gives the outputs (S, C) of a network after the last steps of sequences.

    Args:
        network: has `outputs`, as an `Oracle` has; or is one that an `Oracle` can be made of.
        like: sequences such as it reads.

    Raises:
        DataError: it cannot be asked.
    """
    asked = network if hasattr(network, "outputs") else Oracle(network, like=like)
    return lambda inputs: asked.outputs(inputs)[np.cumsum(inputs.lengths) - 1]
