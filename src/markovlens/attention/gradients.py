"""Integrated gradients along the embedding, by captum.

Sundararajan, Taly & Yan ("Axiomatic attribution for deep networks", 2017). The path begins at the
mean of the embeddings by how often each symbol is met: the counterpart of drawing a symbol anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module

import numpy as np
import torch
from torch import Tensor

from markovlens.errors import DataError
from markovlens.networks.model import SequenceModel
from markovlens.sequences import Sequences, batches_of_one_length, rows_of

N_STEPS = 32  # of the path
BATCH = 64


def integrated_gradients(
    model: SequenceModel, inputs: Sequences, answers: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Return what each step (N,) adds to the logit of an answer (S,), less that of the others.

    Args:
        model: reads symbols.
        inputs: S sequences.
        answers: (S,), classes.
        shares: (V,), how often each symbol is met.

    Raises:
        DataError: captum is not installed.
    """
    attribute = _captum(model)
    with torch.no_grad():
        every = model.embedding(torch.arange(len(shares)))
        usual = torch.as_tensor(shares, dtype=every.dtype) @ every
    found = np.empty(inputs.n_steps)
    for indices in batches_of_one_length(inputs.lengths, BATCH):
        rows = rows_of(inputs.lengths, indices)
        values = np.asarray(inputs.values[rows], dtype=np.int64).reshape(len(indices), -1)
        vectors = model.embedding(torch.from_numpy(values)).detach()
        target = torch.as_tensor(answers[indices])
        added = attribute(vectors, usual.expand_as(vectors), target=target)
        found[rows] = added.sum(dim=-1).flatten().detach().numpy()
    return found


def _captum(model: SequenceModel) -> Callable[..., Tensor]:
    try:
        captum = import_module("captum.attr")
    except ImportError as error:
        raise DataError(
            "integrated gradients are captum's, which is not installed; "
            "pip install 'markovlens[captum]', or leave `attention.gradients` out",
            page="package-missing",
        ) from error

    def margin(vectors: Tensor) -> Tensor:
        states, _ = model.rnn(vectors)
        logits = model.answer(states)[:, -1]
        return logits - (logits.sum(dim=-1, keepdim=True) - logits) / (logits.shape[-1] - 1)

    attribute = captum.IntegratedGradients(margin).attribute
    return partial(attribute, n_steps=N_STEPS)
