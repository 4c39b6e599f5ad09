"""What of a hybrid its own HMM says, beside the whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.hybrids.models import Network
from markovlens.sequences import Sequences, batches_of_one_length, rows_of

BATCH = 256  # sequences at a time
ROUNDS = 100  # of L-BFGS, which is done long before


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of sequences, N steps end to end.

    Attributes:
        whole: (N, C), its distributions.
        units: (N, D), of the LSTM; D is 0 without one.
        beliefs: (N, K), state probabilities of the HMM; K is 0 without one.
    """

    whole: np.ndarray
    units: np.ndarray
    beliefs: np.ndarray


def said(model: nn.Module, read: Sequences) -> Said:
    """Return what a model says of all steps of sequences."""
    columns: list[np.ndarray] | None = None
    with torch.no_grad():
        for group in batches_of_one_length(read.lengths, BATCH):
            rows = rows_of(read.lengths, group)
            symbols = torch.from_numpy(read.values[rows]).long().reshape(len(group), -1)
            found = [part.flatten(0, 1).numpy() for part in _of_batch(model, symbols)]
            if columns is None:
                columns = [np.empty((read.n_steps, part.shape[1])) for part in found]
            for column, part in zip(columns, found, strict=True):
                column[rows] = part
    assert columns is not None, "splits are not empty"
    return Said(*columns)


def _of_batch(model: nn.Module, symbols: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    nothing = torch.empty(*symbols.shape, 0)
    if not isinstance(model, Network):
        return model(symbols).softmax(dim=-1), nothing, nothing
    units, beliefs = model.units(symbols), model.beliefs(symbols)
    whole = model.scored(units, beliefs).softmax(dim=-1)
    return whole, nothing if units is None else units, nothing if beliefs is None else beliefs


def own_part(model: Network, train: Said, test: Said) -> np.ndarray:
    """Return what the HMM says (N, C) in the output layer, the LSTM held at its training mean."""
    units = torch.from_numpy(train.units.mean(axis=0, keepdims=True)).float()
    with torch.no_grad():
        logits = model.scored(units, torch.from_numpy(test.beliefs).float())
    return logits.softmax(dim=-1).numpy()


def best_part(train: Said, test: Said) -> np.ndarray:
    """Return the most that the HMM's beliefs (N, K) say of the whole, (N, C).

    It is a softmax of the beliefs, fitted anew to what the whole says of the training sequences:
    what the output layer gave the HMM to say depends on what the LSTM says beside it.
    """
    layer = nn.Linear(train.beliefs.shape[1], train.whole.shape[1], bias=False)
    nn.init.zeros_(layer.weight)
    beliefs, wanted = (torch.from_numpy(part).float() for part in (train.beliefs, train.whole))
    optimiser = torch.optim.LBFGS(
        layer.parameters(), max_iter=ROUNDS, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = -(wanted * layer(beliefs).log_softmax(dim=-1)).sum(dim=-1).mean()
        loss.backward()
        return loss

    optimiser.step(closure)
    with torch.no_grad():
        return np.asarray(layer(torch.from_numpy(test.beliefs).float()).softmax(dim=-1))
