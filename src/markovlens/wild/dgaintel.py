"""dgaintel 2.3: is a domain name made by an algorithm? A convolution, pooling, an LSTM of 64.

The package (Mallarapu, MIT) fills every name up to 82 symbols with the number 0, which is also
that of `-`, and asks after the last: a name is followed by hyphens. The answer to a prefix is here
what the package says of the prefix as a name, so that there is one after every symbol. Names are
made up: of common words as people choose them, of random letters as families of malware do.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.config.wild import FAMILY
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task, split_generators
from markovlens.tasks.labelled import at_end
from markovlens.tasks.pronunciation import read_words
from markovlens.wild.layered import Against, State
from markovlens.wild.reading import from_keras_lstm, keras_h5

SYMBOLS = ("-", ".", *string.digits, "_", *string.ascii_lowercase)
CLASSES = ("genuine", "made")
LENGTH = 82  # to which the package fills up
UNITS, WIDTH = 64, 128
FILL, NOTHING = 0, -1
ENDINGS = (".com", ".net", ".org", ".info")
GATE = 0.8


class Domains(nn.Module):
    """The network as steps of one symbol; its whole state has what the convolution still needs.

    Parts: `cell` (B, 128) is h and c of the LSTM, `last` (B, 3) the numbers of the last three
    symbols (-1 before the first), `read` (B, 1) how many were read. The LSTM moves once for two
    symbols, as soon as the one after them is known.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(SYMBOLS), WIDTH)
        self.conv = nn.Conv1d(WIDTH, WIDTH, 3)
        self.cell = nn.LSTMCell(WIDTH, UNITS)
        self.head = nn.Sequential(nn.Linear(UNITS, 1), Against())

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        like = self.conv.weight
        return {
            "cell": like.new_zeros(batch, 2 * UNITS),
            "last": like.new_full((batch, 3), NOTHING),
            "read": like.new_zeros(batch, 1),
        }

    def step(self, state: State, symbols: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more symbol (B,), and the logits (B, 2) of the name so far."""
        known = torch.cat([state["last"], symbols[:, None].to(state["last"].dtype)], dim=1)
        read = state["read"].round() + 1
        due = (read % 2 == 1) & (read > 1)
        moved = self._move(state["cell"], known)
        cell = torch.where(due, moved, state["cell"])
        after = {"cell": cell, "last": known[:, 1:], "read": read}
        return after, self.head(self._to_the_end(after)[:, :UNITS])

    def forward(self, symbols: Tensor) -> Tensor:
        """Return the logits (B, T, 2) of each name (B, T) and all that it begins with."""
        state, said = self.initial(len(symbols)), []
        for each in symbols.unbind(1):
            state, logits = self.step(state, each)
            said.append(logits)
        return torch.stack(said, dim=1)

    def _move(self, cell: Tensor, known: Tensor) -> Tensor:
        """Return h and c (B, 128) after two symbols, given as four (B, 4) with those around."""
        h, c = self.cell(self._pooled(known)[:, 0], (cell[:, :UNITS], cell[:, UNITS:]))
        return torch.cat([h, c], dim=1)

    def _pooled(self, known: Tensor) -> Tensor:
        """Return the vectors (B, K, E) of pairs of symbols, of numbers (B, 2 K + 2)."""
        # Rounded and kept in bounds: a state may be put into it that it never came to by itself.
        number = known.round().long().clamp(NOTHING, len(SYMBOLS) - 1)
        vectors = self.embedding(number.clamp(min=0)) * (number != NOTHING)[..., None]
        found = self.conv(vectors.transpose(1, 2)).relu()
        return nn.functional.max_pool1d(found, 2).transpose(1, 2)

    def _to_the_end(self, state: State) -> Tensor:
        """Return h and c (B, 128) after the symbols that are filled up with."""
        ended = torch.empty_like(state["cell"])
        n_read = state["read"][:, 0].round().clamp(0, LENGTH)
        for read in n_read.unique().tolist():
            rows = n_read == read
            ended[rows] = self._filled(state["cell"][rows], state["last"][rows], int(read))
        return ended

    def _filled(self, cell: Tensor, last: Tensor, read: int) -> Tensor:
        pending = last[:, -2:] if read % 2 else last
        filled = last.new_full((len(last), max(LENGTH - read, 0)), FILL)
        after = last.new_full((len(last), 1), NOTHING)
        state = cell[:, :UNITS], cell[:, UNITS:]
        for vector in self._pooled(torch.cat([pending, filled, after], dim=1)).unbind(1):
            state = self.cell(vector, state)
        return torch.cat(state, dim=1)


def empty() -> Domains:
    """Return the network without its weights."""
    return Domains()


def load(path: str | Path) -> Domains:
    """Return the network with the weights of the package's `domain_classifier_model.h5`."""
    with naming(path):
        arrays = keras_h5(Path(path).read_bytes(), path)
    cell = from_keras_lstm(arrays, "lstm_4", suffix="")
    weights = {
        "embedding.weight": torch.tensor(arrays["embedding_4/embeddings"]),
        "conv.weight": torch.tensor(arrays["conv1d_4/kernel"].transpose(2, 1, 0)),
        "conv.bias": torch.tensor(arrays["conv1d_4/bias"]),
        **{f"cell.{name}": value for name, value in cell.items()},
        "head.0.weight": torch.tensor(arrays["dense_4/kernel"].T),
        "head.0.bias": torch.tensor(arrays["dense_4/bias"]),
    }
    model = empty()
    model.load_state_dict(weights)
    return model.eval()


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, cmudict: Path
) -> Task:
    """Return the task: names of one or two English words, or of random letters; which is it?"""
    words = [word for word in read_words(cmudict) if 3 <= len(word) <= 9]
    splits = {}
    for split, rng in split_generators(seeds).items():
        made = rng.random(sizes[f"n_{split}"]) < 0.5
        names = [_random_name(rng) if each else _chosen_name(words, rng) for each in made]
        splits[split] = at_end(as_symbols(names), made.astype(np.int32))
    return Task(name, FAMILY, SYMBOLS, CLASSES, splits, GATE)


def as_symbols(names: list[str]) -> Sequences:
    """Return names as the package numbers their symbols, those that it does not know as a dot."""
    number = {symbol: index for index, symbol in enumerate(SYMBOLS)}
    unknown = number["."]
    rows = [np.array([number.get(each, unknown) for each in name], np.int32) for name in names]
    return Sequences.from_list(rows)


def _chosen_name(words: list[str], rng: np.random.Generator) -> str:
    count = int(rng.integers(1, 3))
    return "".join(rng.choice(words, count)) + str(rng.choice(ENDINGS))


def _random_name(rng: np.random.Generator) -> str:
    letters = rng.choice(list(string.ascii_lowercase), int(rng.integers(7, 17)))
    return "".join(letters) + str(rng.choice(ENDINGS))
