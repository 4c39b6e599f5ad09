"""fin-sentiment 0.1.4: is a headline bad, neutral or good news? One LSTM of 128 units.

The package (MIT) reads words, of which it knows 131,783, and asks after the last. Its labels are
negative, neutral, positive; its own `predict` returns their numbers as text. Headlines are made up
of some hundred words, with a verb or a noun that makes them good or bad; what the rest does to the
answer is up to the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from markovlens.config.wild import FAMILY
from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task, split_generators
from markovlens.tasks.labelled import at_end
from markovlens.wild.layered import Layered
from markovlens.wild.reading import below, torch_file
from markovlens.wild.texts import words_of

UNITS, WIDTH = 128, 128
CLASSES = ("negative", "neutral", "positive")
GATE = 0.6
WHO = words_of(
    "apple oracle boeing toyota nokia siemens shell pfizer nestle intel bank retailer"
    " airline carmaker utility insurer"
)
WHAT = words_of("shares profit revenue sales earnings margins orders income output exports")
WHEN = words_of("today again sharply slightly monday this year quarter in october on average")
MOVES = {
    "negative": words_of("falls drops plunges declines slumps tumbles loses misses"),
    "neutral": words_of("holds reports announces remains publishes meets plans"),
    "positive": words_of("rises jumps climbs gains surges beats improves grows"),
}
WHY = {
    "negative": "after weak demand|amid losses|after fraud probe|on layoffs|as costs rise",
    "neutral": "at meeting|in annual report|with board|for investors|as expected",
    "positive": "after strong demand|on record profit|after new contract|as costs fall|on upgrade",
}
TURNS = ("but", "despite", "while")


def _words() -> tuple[str, ...]:
    reasons = " ".join(each for part in WHY.values() for each in part.split("|")).split()
    moves = [word for part in MOVES.values() for word in part]
    return tuple(dict.fromkeys([*WHO, *WHAT, *WHEN, *moves, *reasons, *TURNS]))


SYMBOLS = _words()


def empty() -> Layered:
    """Return the network without its weights."""
    rnn = nn.LSTM(WIDTH, UNITS, batch_first=True)
    return Layered(nn.Embedding(len(SYMBOLS), WIDTH), rnn, nn.Linear(UNITS, len(CLASSES)))


def load(path: str | Path) -> Layered:
    """Return the network with the weights of the package, and the vectors of the words above."""
    with naming(path):
        found = torch_file(Path(path).read_bytes(), path)
    numbers = [found["vocab"].get(word) for word in SYMBOLS]
    if unknown := [word for word, number in zip(SYMBOLS, numbers, strict=True) if number is None]:
        raise DataError(
            f"{path}: expected all words to be known, not so {', '.join(unknown)}",
            page="download-damaged",
        )
    weights, model = found["model_state_dict"], empty()
    model.front.load_state_dict({"weight": weights["embedding.weight"][torch.tensor(numbers)]})
    model.rnn.load_state_dict(below(weights, "lstm"))
    model.head.load_state_dict(below(weights, "fc"))
    return model.eval()


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: headlines with what their verb and reason say, asked for at the end.

    Where the two are of opposite signs the headline has no target.
    """
    splits = {}
    for split, rng in split_generators(seeds).items():
        found = [headline(rng) for _ in range(sizes[f"n_{split}"])]
        rows = [
            np.array([SYMBOLS.index(word) for word in text.split()], np.int32) for text, _ in found
        ]
        labels = np.array([label for _, label in found], np.int32)
        splits[split] = at_end(Sequences.from_list(rows), labels)
    return Task(name, FAMILY, SYMBOLS, CLASSES, splits, GATE)


def headline(rng: np.random.Generator) -> tuple[str, int]:
    """Return a made-up headline, and the class of its verb, -1 where the reason contradicts it."""
    move, why = (int(each) for each in rng.integers(0, 3, 2))
    verb = rng.choice(MOVES[CLASSES[move]])
    parts = [rng.choice(WHO), rng.choice(WHAT), verb, rng.choice(WHEN)]
    if rng.random() < 0.5:
        reason = rng.choice(WHY[CLASSES[why]].split("|"))
        turn = [rng.choice(TURNS)] if rng.random() < 0.3 else []
        parts += [*turn, reason]
        if move != why:
            return " ".join(parts), -1
    return " ".join(parts), move
