"""Resemblyzer 0.1.4: whose voice is it? Three LSTMs of 256 on mel spectra, every 10 ms.

The package (Apache-2.0) turns what the top layer says into 256 numbers that are none below 0, of
length 1; two voices are compared by their product. It is asked here which of three known voices it
hears: logits are the products with what it says of each voice, scaled as in its training (the
scale is kept with its weights). Voices are made up: pulses of a pitch, shaped by the formants of
vowels, which are higher in a shorter throat. Each sequence is one voice, then another.

Source of the network: Wan et al. 2018, generalised end-to-end loss; of formants: Peterson & Barney
1952, rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.channels import Channel
from markovlens.config.wild import FAMILY
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.wild.hearing import frames, mel_filters
from markovlens.wild.layered import Layered
from markovlens.wild.reading import below, torch_file

RATE, WINDOW, HOP, MELS, UNITS, LAYERS = 16_000, 400, 160, 40, 256, 3
STEP = HOP / RATE  # seconds
LENGTH, EARLIEST, LATEST = 150, 50, 70  # frames of a sequence, and where the voice changes
CHANNELS = tuple(Channel(f"mel {number}") for number in range(1, MELS + 1))
PITCH = {"low": 90.0, "middle": 150.0, "high": 240.0}  # Hz
THROAT = {"low": 1.1, "middle": 0.85, "high": 1.25}  # what formants are raised by
CLASSES = tuple(PITCH)
VOWELS = np.array(  # Hz, three formants of each
    [[270, 2290, 3010], [530, 1840, 2480], [730, 1090, 2440], [570, 840, 2410], [300, 870, 2240]]
)
WIDTHS = np.array([60.0, 90.0, 150.0])  # Hz, of the formants
LOUDNESS = 10 ** (-30 / 20)  # to which the package raises what is quieter
SAMPLES, SAMPLE_LENGTH = 20, 160  # stretches of 1.6 s in which it learns what a voice is like
GATE = 0.5


class Voices(nn.Module):
    """Logits of known voices: scaled products of what is said with what each is like."""

    known: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(UNITS, UNITS)
        self.register_buffer("known", torch.eye(len(CLASSES), UNITS))
        self.register_buffer("weight", torch.ones(1))
        self.register_buffer("bias", torch.zeros(1))

    def said(self, top: Tensor) -> Tensor:
        """Return the vectors (..., 256) of length 1, or 0, of what the top layer says."""
        return nn.functional.normalize(self.linear(top).relu(), dim=-1)

    def forward(self, top: Tensor) -> Tensor:
        """Return logits (..., V)."""
        return self.said(top) @ self.known.T * self.weight + self.bias


def empty() -> Layered:
    """Return the network without its weights."""
    rnn = nn.LSTM(MELS, UNITS, LAYERS, batch_first=True)
    return Layered(nn.Identity(), rnn, Voices())


def load(path: str | Path) -> Layered:
    """Return the network with the weights of the package, to which the three voices are known."""
    with naming(path):
        weights = torch_file(Path(path).read_bytes(), path)["model_state"]
    model = empty()
    model.rnn.load_state_dict(below(weights, "lstm"))
    head = {f"linear.{name}": value for name, value in below(weights, "linear").items()}
    head |= {name: weights[f"similarity_{name}"] for name in ("weight", "bias")}
    model.head.load_state_dict({"known": torch.zeros(len(CLASSES), UNITS), **head})
    model.eval()
    model.head.load_state_dict({"known": _known(model), **head})
    return model


def still(_: str | Path) -> dict[str, np.ndarray]:
    """Return mels (40,) when nothing happens: silence, and two voices at their means."""
    rng = np.random.default_rng(1)
    heard = {name: mels(speech(name, SAMPLE_LENGTH, rng)) for name in ("low", "high")}
    steady = {f"{name} voice, its mean": each.mean(axis=0) for name, each in heard.items()}
    return {"silence": np.zeros(MELS), **steady}


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: 1.5 s of two voices, one after the other; whose is it now?"""
    splits = {}
    for split, rng in split_generators(seeds).items():
        made = [_two_voices(rng) for _ in range(sizes[f"n_{split}"])]
        rows = np.concatenate([heard for heard, _ in made]).astype(np.float64)
        inputs = Sequences(rows, np.full(len(made), LENGTH), CHANNELS)
        targets = np.concatenate([whose for _, whose in made]).astype(np.int32)
        splits[split] = Split(inputs, targets, no_targets(inputs.n_steps))
    return Task(name, FAMILY, (), CLASSES, splits, GATE, channels=CHANNELS)


def speech(voice: str, n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return samples (n_frames * 160,) of a voice that says vowels, at the package's loudness."""
    n_samples = n_frames * HOP
    time = np.arange(n_samples) / RATE
    wobble = 1 + 0.05 * np.sin(2 * np.pi * rng.uniform(2, 5) * time + rng.uniform(0, 2 * np.pi))
    pitch = PITCH[voice] * rng.uniform(0.93, 1.07) * wobble
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    centres = THROAT[voice] * _vowels(n_samples, rng)
    sound = np.zeros(n_samples)
    for harmonic in range(1, int(RATE / 2 / pitch.max())):
        sound += _loudness(harmonic * pitch, centres) / harmonic * np.sin(harmonic * phase)
    sound += 0.01 * sound.std() * rng.standard_normal(n_samples)
    return np.asarray(sound * LOUDNESS / np.sqrt((sound**2).mean()))


def mels(sound: np.ndarray) -> np.ndarray:
    """Return the mel spectrum (T, 40) of samples (T * 160,), of powers, not their logarithm."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    cut = frames(sound, size=WINDOW, hop=HOP, count=len(sound) // HOP)
    powers = np.abs(np.fft.rfft(cut * window)) ** 2
    found = powers @ mel_filters(MELS, size=WINDOW, rate=RATE).T
    return np.asarray(found, dtype=np.float32)


def _vowels(n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Return where the formants (N, 3) are: a vowel every 150 ms, and the way between them."""
    n_vowels = n_samples // 2400 + 2
    chosen = VOWELS[rng.integers(0, len(VOWELS), n_vowels)]
    at = np.arange(n_samples) / 2400
    return np.stack([np.interp(at, np.arange(n_vowels), each) for each in chosen.T], axis=1)


def _loudness(hertz: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return how loud (N,) frequencies are let through by formants (N, 3)."""
    apart = (hertz[:, None] - centres) / WIDTHS
    return np.asarray((1 / (1 + apart**2)).sum(axis=1))


def _two_voices(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return mels (150, 40) of one voice and then another, and whose it is (150,)."""
    first, second = rng.choice(len(CLASSES), 2, replace=False)
    change = int(rng.integers(EARLIEST, LATEST))
    parts = ((first, change), (second, LENGTH - change))
    heard = np.concatenate([speech(CLASSES[who], lasts, rng) for who, lasts in parts])
    return mels(heard), np.repeat([who for who, _ in parts], [lasts for _, lasts in parts])


@torch.no_grad()
def _known(model: Layered) -> Tensor:
    """Return what (V, 256) the network says of each voice on average, of length 1."""
    rng = np.random.default_rng(0)
    head, found = model.head, []
    assert isinstance(head, Voices)
    for voice in CLASSES:
        heard = np.stack([mels(speech(voice, SAMPLE_LENGTH, rng)) for _ in range(SAMPLES)])
        state, _ = model.read(model.initial(SAMPLES), torch.from_numpy(heard))
        found.append(head.said(state["h"][:, -1]).mean(dim=0))
    return nn.functional.normalize(torch.stack(found), dim=-1)
