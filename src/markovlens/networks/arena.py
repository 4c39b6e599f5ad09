"""Networks that other people trained and released in the format of the arena (see `tasks.arena`).

One-hot symbol, recurrent layers, linear layers with nothing between them, a sigmoid, a softmax.
The weights are `layer_i.weight_ih`, `weight_hh`, `bias_ih`, `bias_hh` in the gate order of torch's
RNN (tanh), GRU and LSTM, and `dense_j.weight`, `bias`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from markovlens.errors import DataError
from markovlens.networks.weights import check_fit, read_weights
from markovlens.recurrence.base import Recurrent
from markovlens.sequences import Sequences, batches_of_one_length, rows_of, starts_of
from markovlens.tasks.arena import BINARY, CELLS, Description, Words, read_description, read_words

GATES = dict(zip(CELLS, (1, 3, 4), strict=True))
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
TOLERANCE = 1e-4  # relative; a wrong gate order is off by far more, rounding by 4e-6
SMALLEST = 1e-30  # below it single precision has too few digits left to compare


class WholeState(Recurrent):
    """Recurrent layers whose state is one vector: h of every layer, then an LSTM's c of every one.

    What a network of two layers will do does not follow from the top layer alone, so that all of
    it is one state here, of F = layers * hidden numbers, twice as many for an LSTM. Equations and
    gate order are those of `nn.RNN`, `nn.GRU` and `nn.LSTM`, and so are the parameters' names.
    """

    def __init__(self, cell: str, input_size: int, units: int, layers: int) -> None:
        super().__init__(input_size, units * layers * (2 if cell == "lstm" else 1))
        self.cell, self.units, self.layers = cell, units, layers
        self.n_cells = units * layers if cell == "lstm" else 0
        rows = GATES[cell] * units
        for layer in range(layers):
            shapes = ((units if layer else input_size,), (units,), (), ())
            for name, shape in zip(PARAMETERS, shapes, strict=True):
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(torch.zeros(rows, *shape)))

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the whole state (B, T, F) after each step of x (B, T, V), and the last (1, B, F).

        `h0` (1, B, F) is zero when None.
        """
        state = x.new_zeros(len(x), self.hidden_size) if h0 is None else h0[0]
        states = []
        for x_t in x.unbind(1):
            state = self._step(x_t, state)
            states.append(state)
        return torch.stack(states, dim=1), state[None]

    def _step(self, x: Tensor, state: Tensor) -> Tensor:
        before = state.split(self.units, dim=-1)
        hidden, cells = [], []
        for layer in range(self.layers):
            weight_ih, weight_hh, bias_ih, bias_hh = (
                getattr(self, f"{name}_l{layer}") for name in PARAMETERS
            )
            h = before[layer]
            from_x, from_h = linear(x, weight_ih, bias_ih), linear(h, weight_hh, bias_hh)
            if self.cell == "lstm":
                x, c = _lstm(from_x, from_h, before[self.layers + layer])
                cells.append(c)
            else:
                x = _gru(from_x, from_h, h) if self.cell == "gru" else (from_x + from_h).tanh()
            hidden.append(x)
        return torch.cat([*hidden, *cells], dim=-1)


class TopLayer(nn.Module):
    """Takes h of the top layer (..., units) out of whole states (..., F)."""

    def __init__(self, units: int, layers: int) -> None:
        super().__init__()
        self.begin, self.end = units * (layers - 1), units * layers

    def forward(self, states: Tensor) -> Tensor:
        """Return h of the top layer."""
        return states[..., self.begin : self.end]


class ArenaNetwork(nn.Module):
    """A classifier or language model of the arena; the softmax of its logits is its output.

    A language model answers after every symbol. A classifier was only ever asked after the end
    symbol: before it, its output is NaN, which is no output. `head` can be asked at any state.
    """

    def __init__(
        self,
        cell: str,
        *,
        n_symbols: int,
        hidden: int,
        layers: int,
        widths: Sequence[int],
        asked_after: int | None = None,
    ) -> None:
        """Make the network without its weights.

        Args:
            cell: `srn`, `gru` or `lstm`.
            n_symbols: V.
            hidden, layers: as in `tasks.arena.Description`.
            widths: outputs of each dense layer.
            asked_after: the only symbol after which there is an output; None for all.
        """
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.eye(n_symbols))  # one-hot, and frozen
        self.rnn = WholeState(cell, n_symbols, hidden, layers)
        sizes = zip([hidden, *widths[:-1]], widths, strict=True)
        dense = [nn.Linear(n_in, n_out) for n_in, n_out in sizes]
        self.head = nn.Sequential(TopLayer(hidden, layers), *dense, nn.Sigmoid())
        self.kwargs: dict[str, Any] = {
            "cell": cell,
            "n_symbols": n_symbols,
            "hidden": hidden,
            "layers": layers,
            "widths": list(widths),
            "asked_after": asked_after,
        }

    def forward(self, symbols: Tensor) -> Tensor:
        """Return logits (B, T, C), all between 0 and 1 or NaN, of symbols (B, T)."""
        states, _ = self.rnn(self.embedding(symbols))
        logits, asked_after = self.head(states), self.kwargs["asked_after"]
        if asked_after is not None:
            logits = logits.masked_fill((symbols != asked_after)[..., None], torch.nan)
        return logits


def load_arena(description: str | Path, weights: str | Path, words: str | Path) -> ArenaNetwork:
    """Return the network of three files, after it gave the reference answers that stand there.

    Raises:
        DataError: a file is missing or damaged, weights have other names or shapes than the
            description says, or the network answers otherwise than the original.
    """
    known = read_description(description)
    tensors = read_weights(weights)
    model = _empty(known, tensors, weights)
    state = model.state_dict()
    names = {key: _name_in_file(key) for key in state if not key.startswith("embedding")}
    check_fit(weights, {names[key]: state[key] for key in names}, tensors)
    model.load_state_dict(state | {key: tensors[names[key]] for key in names})
    check_reference(model.eval(), known, read_words(words, known), where=words)
    return model


def answers(model: nn.Module, description: Description, words: Sequences) -> np.ndarray:
    """Return the class (S,) of each word, or its probability after the start symbol.

    The probability of a word is the product of those of all its symbols but the first.
    """
    outputs = _outputs(model, words)
    if description.task == BINARY:
        return outputs[np.cumsum(words.lengths) - 1].argmax(axis=1)
    followed = np.arange(words.n_steps - 1)
    said = np.zeros(words.n_steps)
    said[1:] = np.log(outputs[followed, words.values[1:]].astype(np.float64))
    starts = starts_of(words.lengths)
    said[starts] = 0.0  # what the end of the word before says of a start symbol
    return np.exp(np.add.reduceat(said, starts))


def _outputs(model: nn.Module, words: Sequences) -> np.ndarray:
    """Return the output distribution (N, C) after each symbol; NaN where there is no answer."""
    batches = list(batches_of_one_length(words.lengths))
    rows = [rows_of(words.lengths, indices) for indices in batches]
    with torch.no_grad():
        found = [
            model(torch.as_tensor(words.values[row].reshape(len(indices), -1)).long())
            for indices, row in zip(batches, rows, strict=True)
        ]
    outputs = torch.cat([logits.softmax(-1).flatten(0, 1) for logits in found]).numpy()
    ordered = np.empty_like(outputs)
    ordered[np.concatenate(rows)] = outputs
    return ordered


def check_reference(
    model: nn.Module, description: Description, words: Words, *, where: str | Path
) -> None:
    """Check the network against the reference answers.

    Raises:
        DataError: a class differs, or a probability by more than `TOLERANCE`.
    """
    asked = np.flatnonzero(~np.isnan(words.reference))
    if not asked.size:
        return
    wanted = words.reference[asked]
    got = answers(model, description, words.inputs.select(asked))
    wrong = np.abs(got - wanted) > TOLERANCE * wanted + SMALLEST
    if wrong.any():
        raise DataError(
            f"{where}: expected the network to repeat its reference answers, "
            f"{wrong.sum()} of {len(wrong)} differ; are the weights in torch's gate order?",
            page="arena-files",
        )


def _empty(known: Description, tensors: Mapping[str, Tensor], where: str | Path) -> ArenaNetwork:
    dense = [tensors.get(f"dense_{index}.weight") for index in range(known.dense)]
    widths = [len(weight) for weight in dense if weight is not None and weight.ndim == 2]
    if len(widths) != known.dense or widths[-1] != known.n_classes:
        raise DataError(
            f"{where}: expected {known.dense} dense layers, the last with {known.n_classes} rows, "
            f"got layers of {', '.join(map(str, widths)) or 'no'} rows",
            page="arena-files",
        )
    return ArenaNetwork(
        known.cell,
        n_symbols=known.alphabet,
        hidden=known.hidden,
        layers=known.layers,
        widths=widths,
        asked_after=known.end if known.task == BINARY else None,
    )


def _name_in_file(key: str) -> str:
    """Return what the file calls one of our parameters."""
    if found := re.fullmatch(r"rnn\.(\w+)_l(\d+)", key):
        return f"layer_{found[2]}.{found[1]}"
    _, index, name = key.split(".")
    return f"dense_{int(index) - 1}.{name}"


def _gru(from_x: Tensor, from_h: Tensor, h: Tensor) -> Tensor:
    (r_x, z_x, n_x), (r_h, z_h, n_h) = from_x.chunk(3, -1), from_h.chunk(3, -1)
    r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()
    n = (n_x + r * n_h).tanh()
    return (1 - z) * n + z * h


def _lstm(from_x: Tensor, from_h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = (from_x + from_h).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c
