"""silero-vad 6.2.3: does somebody speak? Spectrum, four convolutions, an LSTM of 128, every 32 ms.

The package (MIT) reads 512 samples at 16 kHz with the 64 before them. These are the weights of its
`.safetensors`, which are not those of its `.jit`. What its cell reads, 128 numbers, is what
machines read here: the layers before the cell have no memory. The speech is real: half a minute of
talk that pyannote.audio (MIT) ships with who speaks when; loudness is varied, gaps of digital
silence are planted, and hiss is added. Splits are stretches of time.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.channels import Channel
from markovlens.config.wild import FAMILY
from markovlens.errors import DataError
from markovlens.networks.weights import read_weights
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.tasks.labelled import commonest_share
from markovlens.wild.layered import Against, Layered
from markovlens.wild.reading import from_tar

UNITS, RATE, CHUNK, BEFORE = 128, 16_000, 512, 64
STEP = CHUNK / RATE  # seconds
LENGTH = 40  # chunks of a sequence
STRETCHES = {"train": (0.0, 19.0), "valid": (19.0, 24.0), "test": (24.0, 30.0)}  # seconds
GAP_SHARE, LONGEST_GAP = 0.6, 20
CHANNELS = tuple(Channel(f"feature {number}") for number in range(1, UNITS + 1))
CLASSES = ("silence", "speech")
WINDOW, HOP, BINS, FILL = 256, 128, 129, 64


class Features(nn.Module):
    """What the cell reads (B, 128) of samples (B, 576): magnitudes, convolutions, rectified."""

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 2 * BINS, WINDOW, stride=HOP, bias=False)
        self.conv1 = nn.Conv1d(BINS, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, UNITS, 3, padding=1)

    def forward(self, samples: Tensor) -> Tensor:
        """Return the features of each chunk with the samples before it."""
        padded = nn.functional.pad(samples[:, None], (0, FILL), mode="reflect")
        real, imaginary = self.stft_conv(padded).split(BINS, dim=1)
        x = (real.square() + imaginary.square()).sqrt()
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = conv(x).relu()
        return x[..., 0]


def empty() -> Layered:
    """Return the cell and what follows it, without weights."""
    rnn = nn.LSTM(UNITS, UNITS, batch_first=True)
    return Layered(nn.Identity(), rnn, nn.Sequential(nn.ReLU(), nn.Linear(UNITS, 1), Against()))


def load(path: str | Path) -> Layered:
    """Return the cell and what follows it, with the package's weights for 16 kHz."""
    found, model = read_weights(path), empty()
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    model.rnn.load_state_dict({f"{name}_l0": found[f"lstm_cell.{name}"] for name in names})
    head = {"1.weight": found["final_conv.weight"][..., 0], "1.bias": found["final_conv.bias"]}
    model.head.load_state_dict(head)
    return model.eval()


def features(path: str | Path) -> Features:
    """Return the layers before the cell."""
    found, front = read_weights(path), Features()
    front.load_state_dict({name: found[name] for name in front.state_dict()})
    return front.eval()


def still(path: str | Path) -> dict[str, np.ndarray]:
    """Return what the cell reads (128,) when nothing happens: nothing at all, and steady hiss."""
    rng = np.random.default_rng(0)
    hiss = 0.01 * rng.standard_normal(CHUNK + BEFORE)
    sounds = {"digital silence": np.zeros(CHUNK + BEFORE), "the same hiss": hiss}
    return {name: _featured(features(path), sound)[0] for name, sound in sounds.items()}


def make(
    name: str,
    *,
    sizes: Mapping[str, int],
    seeds: np.random.SeedSequence,
    silero: Path,
    conversation: Path,
) -> Task:
    """Return the task: stretches of 1.28 s of talk with planted gaps; is there speech?"""
    sound, spoken = read_talk(conversation)
    front = features(silero)
    splits = {}
    for split, rng in split_generators(seeds).items():
        first, last = (int(second * RATE) for second in STRETCHES[split])
        found = [
            _stretch(sound[first:last], spoken[first:last], rng) for _ in range(sizes[f"n_{split}"])
        ]
        rows = np.concatenate([_featured(front, heard) for heard, _ in found])
        inputs = Sequences(rows.astype(np.float64), np.full(len(found), LENGTH), CHANNELS)
        targets = np.concatenate([said for _, said in found]).astype(np.int32)
        splits[split] = Split(inputs, targets, no_targets(inputs.n_steps))
    return Task(name, FAMILY, (), CLASSES, splits, commonest_share(splits), channels=CHANNELS)


def read_talk(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples (N,) from -1 to 1 of the recording, and whether somebody speaks (N,)."""
    files = from_tar(path)
    with wave.open(io.BytesIO(files["sample.wav"])) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise DataError(
                f"{path}: expected one channel of 16 bits at {RATE} Hz", page="download-damaged"
            )
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 2**15
    spoken = np.zeros(len(sound), dtype=bool)
    for line in files["sample.rttm"].decode().splitlines():
        begin, lasts = (float(field) for field in line.split()[3:5])
        spoken[int(begin * RATE) : int((begin + lasts) * RATE)] = True
    return sound, spoken


def _stretch(
    sound: np.ndarray, spoken: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples (40 * 512,) of a stretch as it is heard, and whether each chunk has speech."""
    begin = int(rng.integers(0, len(sound) - LENGTH * CHUNK))
    part = slice(begin, begin + LENGTH * CHUNK)
    heard = sound[part] * 10 ** rng.uniform(-1, 0.3)
    said = spoken[part].reshape(LENGTH, CHUNK).mean(axis=1) > 0.5
    if rng.random() < GAP_SHARE:
        lasts = int(rng.integers(3, LONGEST_GAP))
        at = int(rng.integers(0, LENGTH - lasts))
        heard[at * CHUNK : (at + lasts) * CHUNK] = 0
        said[at : at + lasts] = False
    return heard + 10 ** rng.uniform(-5, -2.5) * rng.standard_normal(len(heard)), said


def _featured(front: Features, heard: np.ndarray) -> np.ndarray:
    """Return what the cell reads (T, 128) of samples (T * 512,), or of a chunk with its past."""
    past = np.concatenate([np.zeros(BEFORE), heard]) if len(heard) % CHUNK == 0 else heard
    chunks = np.lib.stride_tricks.sliding_window_view(past, BEFORE + CHUNK)[::CHUNK]
    with torch.no_grad():
        found: np.ndarray = front(torch.tensor(chunks, dtype=torch.float32)).numpy()
    return found
