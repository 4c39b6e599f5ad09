"""How the pretrained speller says whole words: greedily, its own phones read again."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import torch

from markovlens.networks.pretrained import END, G2P, MOST_PHONES, START
from markovlens.tasks.base import Split
from markovlens.tasks.pronunciation import LETTERS, PHONES

STRESS = "012"


def say(model: G2P, words: list[np.ndarray]) -> list[list[int]]:
    """Return the phones of each word, the likeliest after those before, at most 20.

    Args:
        model: the network.
        words: letters (L,) of each with the end of the letters, as numbers.
    """
    said: list[list[int]] = [[] for _ in words]
    order = sorted(range(len(words)), key=lambda number: len(words[number]))
    for _, same in groupby(order, key=lambda number: len(words[number])):
        numbers = list(same)
        phones = _say_together(model, np.stack([words[number] for number in numbers]))
        for number, row in zip(numbers, phones.tolist(), strict=True):
            said[number] = row[: row.index(END)] if END in row else row
    return said


def word_accuracy(model: G2P, split: Split) -> dict[str, float]:
    """Return how many words of a split are said exactly as the dictionary has them.

    Beside it, how many are when stress is not looked at, and the number of words.
    """
    words = [word.astype(np.int64) for word in split.inputs]
    spoken = say(model, [word[word < len(LETTERS)] for word in words])
    right = [(word[word >= len(LETTERS)] - len(LETTERS))[1:].tolist() for word in words]
    exact = [a == b for a, b in zip(spoken, right, strict=True)]
    relaxed = [_unstressed(a) == _unstressed(b) for a, b in zip(spoken, right, strict=True)]
    return {
        "exact": float(np.mean(exact)),
        "ignoring_stress": float(np.mean(relaxed)),
        "n": float(len(words)),
    }


def _say_together(model: G2P, letters: np.ndarray) -> np.ndarray:
    """Return `MOST_PHONES` phones for each row of letters (B, L), also after the end."""
    phones = []
    with torch.no_grad():
        _, hidden = model.move(torch.from_numpy(letters))
        said = torch.full((len(letters), 1), START)
        for _ in range(MOST_PHONES):
            states, hidden = model.move(len(LETTERS) + said, hidden)
            said = model.head(states).argmax(-1)
            phones.append(said)
    return torch.cat(phones, dim=1).numpy()


def _unstressed(phones: list[int]) -> list[str]:
    return [PHONES[phone].rstrip(STRESS) for phone in phones]
