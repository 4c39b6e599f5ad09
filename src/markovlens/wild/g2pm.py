"""g2pM 0.1.2.5: how is a Chinese character read here? Embedding, a bidirectional LSTM of 32.

The package (Park & Lee 2020, Apache-2.0) looks at a sentence between two marks of its own and asks
for characters that have several readings; it takes the likeliest of all 876 readings, be it one
that the character does not have. Its weights are arrays in a pickle, of which nothing else is
loaded. Sentences are made up of common words in a random order, whose readings are the
dictionary's; what tells the reading stands before the character or behind it.
"""

from __future__ import annotations

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
from markovlens.wild.layered import Grouped, Layered, State
from markovlens.wild.reading import below, from_tar, pickled_arrays, plain_pickle
from markovlens.wild.texts import words_of

BEGIN, END = "시", "끝"
UNITS, WIDTH, HIDDEN, READINGS = 32, 64, 32, 876
# A word, which of its characters is asked, and how that is read.
WORDS = (
    ("银行", 1, "hang2"), ("行走", 0, "xing2"), ("长大", 0, "zhang3"), ("长城", 0, "chang2"),
    ("音乐", 1, "yue4"), ("快乐", 1, "le4"), ("重要", 0, "zhong4"), ("重复", 0, "chong2"),
    ("首都", 1, "du1"), ("都是", 0, "dou1"), ("还是", 0, "hai2"), ("还钱", 0, "huan2"),
    ("头发", 1, "fa4"), ("发现", 0, "fa1"), ("睡觉", 1, "jiao4"), ("觉得", 0, "jue2"),
)  # fmt: skip
PLAIN = ("我们", "今天", "他", "她", "老师", "看见", "说", "北京", "很", "和", "在", "有")
MIXED = 0.5  # share of words that are none of the above
ASKED = tuple(dict.fromkeys(word[place] for word, place, _ in WORDS))
CLASSES = (*dict.fromkeys(reading for _, _, reading in WORDS), "another")
CHARACTERS = (BEGIN, END, *dict.fromkeys("".join([*(word for word, _, _ in WORDS), *PLAIN])))
# What each is called in figures, whose fonts need not have it: a reading, of two alike a number.
SYMBOLS = words_of(
    "<s> </s> yin xing zou chang da cheng yin-2 le kuai zhong yao fu shou du shi hai qian tou fa"
    " xian shui jue de wo men jin tian ta ta-2 lao shi-2 kan jian shuo bei jing hen he zai you"
)
SHORTEST, LONGEST = 4, 8  # words of a sentence
GATE = 0.4
SAMPLES, SAMPLE_LENGTH = 200, 12  # sentences of one length, over which means are taken


class Polyphones(Layered):
    """Answers where a character has several readings; elsewhere NaN, which is no answer."""

    asked: Tensor

    def __init__(self, front: nn.Module, rnn: nn.LSTM | nn.GRU, head: nn.Module) -> None:
        """Keep the three."""
        super().__init__(front, rnn, head)
        self.register_buffer("asked", torch.tensor([each in ASKED for each in CHARACTERS]))

    def read(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B, T), and the logits (B, T, C) on the way."""
        after, said = super().read(state, inputs)
        return after, said.masked_fill(~self.asked[inputs][..., None], torch.nan)


def empty(*, backward: bool = False) -> Polyphones:
    """Return one direction of the network without its weights."""
    head = _head(nn.Linear(UNITS, HIDDEN))
    rnn = nn.LSTM(WIDTH, UNITS, batch_first=True)
    return Polyphones(nn.Embedding(len(SYMBOLS), WIDTH), rnn, head)


def load(path: str | Path, *, backward: bool = False) -> Polyphones:
    """Return one direction of the network, see `recurrence.halves`."""
    front, rnn, (first, *rest) = _whole(path)
    assert isinstance(first, nn.Linear)
    samples = _samples()
    with torch.no_grad():
        counted = torch.ones(samples.shape, dtype=torch.bool)
        left, mean = half(rnn, front(samples), counted, backward=backward)
    small = half_of_linear(first, mean, backward=backward)
    return Polyphones(front, left, nn.Sequential(small, *rest)).eval()


def whole(path: str | Path, inputs: Sequences, *, backward: bool = False) -> np.ndarray:
    """Return the class (N,) that all of the network gives each symbol, in the order of `inputs`."""
    front, rnn, head = _whole(path)
    found = []
    with torch.no_grad():
        for read in inputs:
            letters = torch.from_numpy((read[::-1] if backward else read).astype(np.int64))
            said = head(rnn(front(letters[None]))[0])[0].argmax(dim=-1).numpy()
            found.append(said[::-1] if backward else said)
    return np.concatenate(found)


def still(_: str | Path) -> dict[str, np.ndarray]:
    """Return three of the characters that are asked for: what is read when one is repeated."""
    numbers = [CHARACTERS.index(each) for each in ASKED[:3]]
    return {SYMBOLS[number]: np.array(number) for number in numbers}


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: how is each character read that has several readings?"""
    order = -1 if name.endswith(BACKWARD) else 1
    splits = {}
    for split, rng in split_generators(seeds).items():
        made = [sentence(rng) for _ in range(sizes[f"n_{split}"])]
        inputs = Sequences.from_list([letters[::order] for letters, _ in made])
        targets = np.concatenate([readings[::order] for _, readings in made])
        splits[split] = Split(inputs, targets, no_targets(inputs.n_steps))
    return Task(name, FAMILY, SYMBOLS, CLASSES, splits, GATE)


def sentence(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a made-up sentence (T,) as numbers of symbols, and the readings (T,) asked for."""
    text, said = BEGIN, [NO_TARGET]
    for _ in range(int(rng.integers(SHORTEST, LONGEST))):
        word, place, reading = WORDS[int(rng.integers(len(WORDS)))]
        if rng.random() < MIXED:
            word, place = str(rng.choice(PLAIN)), -1
        text += word
        said += [CLASSES.index(reading) if at == place else NO_TARGET for at in range(len(word))]
    letters = [CHARACTERS.index(each) for each in text + END]
    return np.array(letters, np.int32), np.array([*said, NO_TARGET], np.int32)


def _samples() -> Tensor:
    """Return sentences (B, T) of one length, so that none is to be filled up."""
    rng = np.random.default_rng(0)
    found: list[np.ndarray] = []
    while len(found) < SAMPLES:
        letters, _ = sentence(rng)
        if len(letters) == SAMPLE_LENGTH:
            found.append(letters.astype(np.int64))
    return torch.from_numpy(np.stack(found))


def _head(first: nn.Linear) -> nn.Sequential:
    grouped = Grouped(READINGS, len(CLASSES))
    return nn.Sequential(first, nn.ReLU(), nn.Linear(HIDDEN, READINGS), grouped)


def _whole(path: str | Path) -> tuple[nn.Embedding, nn.LSTM, nn.Sequential]:
    files = from_tar(path)
    arrays = pickled_arrays(files["np_ckpt.pkl"], path)
    weights = {name: torch.from_numpy(array) for name, array in arrays.items()}
    place = plain_pickle(files["char2idx.pkl"], path)
    reading = plain_pickle(files["class2idx.pkl"], path)
    front = nn.Embedding(len(SYMBOLS), WIDTH)
    rows = weights["embedding.weight"][[place[each] for each in CHARACTERS]]
    front.load_state_dict({"weight": rows})
    rnn = nn.LSTM(WIDTH, UNITS, batch_first=True, bidirectional=True)
    rnn.load_state_dict(below(weights, "lstm"))
    head, last = _head(nn.Linear(2 * UNITS, HIDDEN)), len(CLASSES) - 1
    group = torch.full((READINGS,), last)
    group[[reading[each] for each in CLASSES[:last]]] = torch.arange(last)
    head.load_state_dict({**below(weights, "logit_layer"), "3.group": group})
    return front.eval(), rnn.eval(), head.eval()
