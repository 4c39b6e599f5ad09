"""chars2vec 0.1.7: vectors of words by their spelling, alike for alike words. Two LSTMs of 50.

The package (Apache-2.0) is made for finding what a misspelled word stands for: the known word with
the nearest vector, of length 50. So is it asked here: after every letter, which of sixteen words
is the nearest to what was read so far. The words are made up, and so are the slips of the pen.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.config.wild import FAMILY
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task, split_generators
from markovlens.tasks.labelled import at_end
from markovlens.wild.layered import Layered
from markovlens.wild.reading import from_keras_lstm, from_tar, keras_h5, plain_pickle
from markovlens.wild.texts import words_of

SYMBOLS = tuple(string.ascii_lowercase)
WORDS = words_of(
    "apple banana cherry orange monday friday summer winter doctor engine garden letter mother"
    " pencil silver window"
)
UNITS, KNOWN = 50, 59
GATE = 0.6


class Nearest(nn.Module):
    """Logits of what is nearest: minus half the squared distance to each of some vectors."""

    vectors: Tensor

    def __init__(self, n_vectors: int, size: int) -> None:
        """Put all at the origin, until others are loaded."""
        super().__init__()
        self.register_buffer("vectors", torch.zeros(n_vectors, size))

    def forward(self, states: Tensor) -> Tensor:
        """Return logits (..., N) of points (..., D)."""
        apart = states[..., None, :] - self.vectors
        return -apart.square().sum(dim=-1) / 2


def empty() -> Layered:
    """Return the network without its weights."""
    rnn = nn.LSTM(KNOWN, UNITS, 2, batch_first=True)
    return Layered(nn.Embedding(len(SYMBOLS), KNOWN), rnn, Nearest(len(WORDS), UNITS))


def load(path: str | Path) -> Layered:
    """Return the network with the weights of the package's `eng_50`, letters one-hot."""
    files = from_tar(path)
    arrays = keras_h5(files["weights.h5"], path)
    _, place = plain_pickle(files["model.pkl"], path)
    model = empty()
    lower = from_keras_lstm(arrays, "lstm_1", suffix="_l0")
    model.rnn.load_state_dict(lower | from_keras_lstm(arrays, "lstm_2", suffix="_l1"))
    places = torch.tensor([place[letter] for letter in SYMBOLS])
    model.front.load_state_dict({"weight": torch.eye(KNOWN)[places]})
    model.head.load_state_dict({"vectors": _vectors(model)})
    return model.eval()


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: words with a slip or two; which is meant, asked after the last letter."""
    splits = {}
    for split, rng in split_generators(seeds).items():
        meant = rng.integers(0, len(WORDS), sizes[f"n_{split}"])
        spelled = [_slipped(WORDS[number], rng) for number in meant]
        rows = [np.array([SYMBOLS.index(letter) for letter in word], np.int32) for word in spelled]
        splits[split] = at_end(Sequences.from_list(rows), meant.astype(np.int32))
    return Task(name, FAMILY, SYMBOLS, WORDS, splits, GATE)


def _vectors(model: Layered) -> Tensor:
    """Return the vectors (N, D) of the words: h of the upper layer after the last letter."""
    found = []
    with torch.no_grad():
        for word in WORDS:
            letters = torch.tensor([[SYMBOLS.index(letter) for letter in word]])
            state, _ = model.read(model.initial(1), letters)
            found.append(state["h"][0, -1])
    return torch.stack(found)


def _slipped(word: str, rng: np.random.Generator) -> str:
    """Return a word with one or two slips: a letter left out, doubled, replaced, or exchanged."""
    letters = list(word)
    for _ in range(int(rng.integers(1, 3))):
        at = int(rng.integers(0, len(letters) - 1))
        kind = int(rng.integers(0, 4))
        if kind == 0:
            del letters[at]
        elif kind == 1:
            letters.insert(at, letters[at])
        elif kind == 2:
            letters[at] = str(rng.choice(list(SYMBOLS)))
        else:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)
