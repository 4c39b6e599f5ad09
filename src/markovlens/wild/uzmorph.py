"""uzmorph-nn 0.1.0: what each letter of an Uzbek word belongs to. Two bidirectional LSTMs of 64.

The package (MIT) tags letters as root or suffix, 746 tags with all that a suffix means; here they
are told apart by part of speech alone, their probabilities added up. It fills every word up to 30
letters, so that the direction which reads from the end reads the filling first. Words are made up,
of common stems and the endings that Uzbek grammar gives them; where the stem ends is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.config.wild import BACKWARD, FAMILY
from markovlens.recurrence.halves import half, half_of_linear
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.trace import NO_TARGET
from markovlens.wild.layered import Grouped, Layered
from markovlens.wild.reading import below, from_tar, torch_tensors
from markovlens.wild.texts import words_of

SYMBOLS = ("PAD", "UNK", *" '()+-.3:AEFGLOQSTU`abcdefghijklmnopqrstuvxyz{}")
PAD = 0
LENGTH = 30  # to which the package fills up
UNITS, WIDTH, TAGS = 64, 64, 746
CLASSES = (
    "B-ROOT",
    "I-ROOT",
    *(f"B-SUFF-{part}" for part in ("NOUN", "VERB", "ADJ", "ADV", "NUM", "PRN")),
    "I-SUFF",
    "PAD",
    "UNK",
)
GATE = 0.8
SAMPLES = 200  # words over which the other direction's mean is taken
NOUNS = words_of(
    "kitob maktab uy bola shahar daftar olma suv yo'l do'st odam ish qalam stol bog'"
    " daraxt kun oy yil til so'z ona ota gul non choy ko'cha eshik oyna"
)
VERBS = words_of("yoz o'qi kel ket ishla o'yna ol ber ko'r tur yur kul sot ayt bil top ich")
PLURAL, OWNER = ("", "lar"), ("", "im", "ing", "i", "imiz", "ingiz")
CASE = ("", "ni", "ning", "ga", "da", "dan")
NEGATION, TENSE, PERSON = (
    ("", "ma"),
    ("di", "gan", "yap", "ar", "sa"),
    ("", "m", "ng", "k", "man", "san", "miz"),
)


def empty(*, backward: bool = False) -> Layered:
    """Return one direction of the network without its weights."""
    head = nn.Sequential(nn.Linear(UNITS, TAGS), Grouped(TAGS, len(CLASSES)))
    rnn = nn.LSTM(WIDTH, UNITS, 2, batch_first=True)
    return Layered(nn.Embedding(len(SYMBOLS), WIDTH), rnn, head)


def load(path: str | Path, *, backward: bool = False) -> Layered:
    """Return one direction of the network, see `recurrence.halves`."""
    front, rnn, linear, grouped = _whole(path)
    filled, counted = _filled(_samples())
    with torch.no_grad():
        left, mean = half(rnn, front(filled), counted, backward=backward)
    head = nn.Sequential(half_of_linear(linear, mean, backward=backward), grouped)
    return Layered(front, left, head).eval()


def whole(path: str | Path, inputs: Sequences, *, backward: bool = False) -> np.ndarray:
    """Return the class (N,) that all of the network gives each symbol, in the order of `inputs`."""
    front, rnn, linear, grouped = _whole(path)
    rows = [_word(each, backward=backward) for each in inputs]
    filled, counted = _filled(rows)
    with torch.no_grad():
        said = grouped(linear(rnn(front(filled))[0])).argmax(dim=-1)
    if backward:
        return said.flip(1).flatten().numpy()
    return said[counted].numpy()


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: which tag has each letter? From the end, the filling comes first.

    Of the filling no tag is asked: the package never looks at those it gives it.
    """
    backward = name.endswith(BACKWARD)
    splits = {}
    for split, rng in split_generators(seeds).items():
        made = [word(rng) for _ in range(sizes[f"n_{split}"])]
        rows, tags = [row for row, _ in made], [tag for _, tag in made]
        if backward:
            rows = [_from_the_end(row, PAD) for row in rows]
            tags = [_from_the_end(tag, NO_TARGET) for tag in tags]
        inputs = Sequences.from_list(rows)
        splits[split] = Split(inputs, np.concatenate(tags), no_targets(inputs.n_steps))
    return Task(name, FAMILY, SYMBOLS, CLASSES, splits, GATE)


def word(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a made-up word, a stem with endings, as numbers of its letters, and their tags."""
    noun = rng.random() < 0.6
    stem, *endings = (NOUNS, PLURAL, OWNER, CASE) if noun else (VERBS, NEGATION, TENSE, PERSON)
    root = str(rng.choice(stem))
    suffix = "".join(str(rng.choice(choices)) for choices in endings)
    first = "B-SUFF-NOUN" if noun else "B-SUFF-VERB"
    tags = ["B-ROOT"] + ["I-ROOT"] * (len(root) - 1) + [first][: len(suffix)]
    tags += ["I-SUFF"] * (len(suffix) - 1)
    letters = np.array([SYMBOLS.index(letter) for letter in root + suffix], np.int32)
    return letters, np.array([CLASSES.index(tag) for tag in tags], np.int32)


def _from_the_end(row: np.ndarray, filling: int) -> np.ndarray:
    return np.concatenate([np.full(LENGTH - len(row), filling, np.int32), row[::-1]])


def _samples() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [word(rng)[0] for _ in range(SAMPLES)]


def _word(read: np.ndarray, *, backward: bool) -> np.ndarray:
    return read[::-1][: int((read != PAD).sum())] if backward else read


def _filled(rows: list[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Return words as the package fills them up (B, 30), and which steps are letters."""
    filled = torch.full((len(rows), LENGTH), PAD)
    for row, word in enumerate(rows):
        filled[row, : len(word)] = torch.from_numpy(word.astype(np.int64))
    return filled, filled != PAD


def _whole(path: str | Path) -> tuple[nn.Embedding, nn.LSTM, nn.Linear, Grouped]:
    files = from_tar(path)
    weights = torch_tensors(files["morph_bilstm.pth"], path)
    front = nn.Embedding(len(SYMBOLS), WIDTH)
    rnn = nn.LSTM(WIDTH, UNITS, 2, batch_first=True, bidirectional=True)
    linear, grouped = nn.Linear(2 * UNITS, TAGS), Grouped(TAGS, len(CLASSES))
    for prefix, module in (("char_embeddings", front), ("lstm", rnn), ("hidden2tag", linear)):
        module.load_state_dict(below(weights, prefix))
        module.eval()
    grouped.group.copy_(torch.tensor(_groups(json.loads(files["tag_vocab.json"]))))
    return front, rnn, linear, grouped


def _groups(tags: Mapping[str, int]) -> list[int]:
    ordered = sorted(tags, key=lambda tag: tags[tag])
    return [CLASSES.index("-".join(tag.split("-")[:3])) for tag in ordered]
