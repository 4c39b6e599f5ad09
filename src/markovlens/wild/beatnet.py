"""BeatNet 1.1.3: is there a beat, or a downbeat? Two LSTMs of 150 on log spectra, 50 a second.

The package (CC BY 4.0; Heydari, Cwitkowitz & Duan 2021) reads 136 bands and how they rise; a
convolution and a linear layer without memory make 150 numbers of them, which machines read here.
This is its model 1 (tested on GTZAN, trained on the rest). The package never puts the state of the
LSTMs back: asked about a second piece, it goes on from the first; here each sequence begins anew.
Clicks are made up: of a steady tempo, three or four to a bar, the first of a bar higher and louder,
with hiss.
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
from markovlens.tasks.labelled import commonest_share
from markovlens.wild.hearing import frames, log_filters
from markovlens.wild.layered import Layered
from markovlens.wild.reading import below, torch_tensors

RATE, WINDOW, HOP = 22_050, 1411, 441  # samples: 64 ms and 20 ms of a second, rounded down
STEP = HOP / RATE  # seconds
PER_OCTAVE, LOWEST, HIGHEST, BANDS = 24, 30.0, 17_000.0, 136
UNITS, LAYERS, KERNEL = 150, 2, 10
CHANNELS = tuple(Channel(f"feature {number}") for number in range(1, UNITS + 1))
CLASSES = ("beat", "downbeat", "none")
BEAT, DOWNBEAT, NONE = range(3)
LENGTH = 150  # frames of a sequence: 3 s
TEMPO = (90.0, 180.0)  # beats a minute
METRES = (3, 4)
STEADY, HISS = 0.1, 0.05  # of each band, as the network reads it; of samples
AROUND = 1  # frames next to a click that count as its beat


class Features(nn.Module):
    """What the LSTMs read (T, 150) of bands and their rises (T, 272)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, 2, KERNEL)
        self.linear0 = nn.Linear(2 * ((2 * BANDS - KERNEL + 1) // 2), UNITS)

    def forward(self, bands: Tensor) -> Tensor:
        """Return what the LSTMs read."""
        found = nn.functional.max_pool1d(self.conv1(bands[:, None]).relu(), 2)
        said: Tensor = self.linear0(found.flatten(1))
        return said


def empty() -> Layered:
    """Return the LSTMs and what follows them, without weights."""
    rnn = nn.LSTM(UNITS, UNITS, LAYERS, batch_first=True)
    return Layered(nn.Identity(), rnn, nn.Linear(UNITS, len(CLASSES)))


def load(path: str | Path) -> Layered:
    """Return the LSTMs and what follows them, with the weights of the package's model 1."""
    weights, model = _weights(path), empty()
    model.rnn.load_state_dict(below(weights, "lstm"))
    model.head.load_state_dict(below(weights, "linear"))
    return model.eval()


def features(path: str | Path) -> Features:
    """Return the layers before the LSTMs."""
    weights, front = _weights(path), Features()
    front.load_state_dict({name: weights[name] for name in front.state_dict()})
    return front.eval()


def still(path: str | Path) -> dict[str, np.ndarray]:
    """Return what the LSTMs read (150,) when nothing happens: silence, and steady spectra.

    One is as loud in every band, one has the mean spectrum of a hiss; neither ever rises.
    """
    rng = np.random.default_rng(0)
    bands = {
        "silence": np.zeros(BANDS),
        "steady spectrum": np.full(BANDS, STEADY),
        "steady hiss": spectrum(HISS * rng.standard_normal(RATE))[:, :BANDS].mean(axis=0),
    }
    rows = np.stack([np.concatenate([each, np.zeros(BANDS)]) for each in bands.values()])
    return dict(zip(bands, _read(features(path), rows), strict=True))


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, beatnet: Path
) -> Task:
    """Return the task: 3 s of clicks of one tempo; is this frame a beat, a downbeat, or none?"""
    front = features(beatnet)
    splits = {}
    for split, rng in split_generators(seeds).items():
        made = [clicks(rng) for _ in range(sizes[f"n_{split}"])]
        rows = np.concatenate([_read(front, spectrum(sound)) for sound, _ in made])
        inputs = Sequences(rows.astype(np.float64), np.full(len(made), LENGTH), CHANNELS)
        targets = np.concatenate([beats for _, beats in made]).astype(np.int32)
        splits[split] = Split(inputs, targets, no_targets(inputs.n_steps))
    return Task(name, FAMILY, (), CLASSES, splits, commonest_share(splits), channels=CHANNELS)


def clicks(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return samples (150 * 441,) of clicks, and the class (150,) of each frame."""
    apart = 60 / rng.uniform(*TEMPO)
    metre, place = int(rng.choice(METRES)), int(rng.integers(0, max(METRES)))
    sound = 10 ** rng.uniform(-4, -2) * rng.standard_normal(LENGTH * HOP)
    said = np.full(LENGTH, NONE)
    for number, at in enumerate(np.arange(rng.uniform(0, apart), LENGTH * STEP, apart)):
        first = (number + place) % metre == 0
        _add_click(sound, int(at * RATE), pitch=1600 if first else 1000, loud=0.8 if first else 0.4)
        middle = round(at / STEP)
        said[max(middle - AROUND, 0) : middle + AROUND + 1] = DOWNBEAT if first else BEAT
    return sound, said


def spectrum(sound: np.ndarray) -> np.ndarray:
    """Return bands (T, 272) of samples (T * 441,): logarithms of magnitudes, and their rises."""
    cut = frames(sound, size=WINDOW, hop=HOP, count=len(sound) // HOP)
    magnitudes = np.abs(np.fft.fft(cut * np.hanning(WINDOW)))[:, : WINDOW // 2]
    filters = log_filters(PER_OCTAVE, size=WINDOW, rate=RATE, lowest=LOWEST, highest=HIGHEST)
    bands = np.log10(1 + magnitudes @ filters.T)
    rises = np.diff(bands, axis=0, prepend=bands[:1]).clip(min=0)
    return np.concatenate([bands, rises], axis=1)


def _add_click(sound: np.ndarray, at: int, *, pitch: float, loud: float) -> None:
    time = np.arange(min(RATE // 20, len(sound) - at)) / RATE
    sound[at : at + len(time)] += loud * np.exp(-time / 0.01) * np.sin(2 * np.pi * pitch * time)


def _read(front: Features, bands: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        found: np.ndarray = front(torch.tensor(bands, dtype=torch.float32)).numpy()
    return found


def _weights(path: str | Path) -> dict[str, Tensor]:
    with naming(path):
        return torch_tensors(Path(path).read_bytes(), path)
