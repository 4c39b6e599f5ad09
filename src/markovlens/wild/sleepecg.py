"""sleepecg 0.6.0: awake, dreaming or asleep, from heartbeats? Two bidirectional GRUs of 8 units.

The package (BSD-3-Clause) reads 36 features of every 30 s; the model is `wrn-gru-mesa`, which has a
fourth class for what was not scored. Its features of real nights are restricted (MESA), so that
nights are made up: each feature moves about the mean that the network's own first layer has of its
training data, with that variance, slowly, and most of them together. What is asked is what all of
the network says of such a night, the right answer being unknown.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.channels import Channel
from markovlens.config.wild import BACKWARD, FAMILY
from markovlens.files.whole import naming
from markovlens.recurrence.halves import half, half_of_linear
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.tasks.labelled import commonest_share
from markovlens.wild.layered import Layered
from markovlens.wild.reading import from_keras_gru, keras_h5

N_FEATURES, WIDTH, UNITS, LAYERS, LENGTH = 36, 64, 8, 2, 60
CHANNELS = tuple(Channel(f"feature {number}", "sd") for number in range(1, N_FEATURES + 1))
CLASSES = ("unscored", "wake", "REM", "NREM")
SLOW, TOGETHER = 0.9, 0.6  # correlation of a feature with itself an epoch before, and with the rest
SAMPLES = 100
MODEL, WEIGHTS = "classifier.keras", "model.weights.h5"
EPSILON = 1e-3  # of the package's normalisation


def empty(*, backward: bool = False) -> Layered:
    """Return one direction of the network without its weights; it reads features in sd."""
    front = nn.Sequential(nn.Linear(N_FEATURES, WIDTH), nn.ReLU())
    rnn = nn.GRU(WIDTH, UNITS, LAYERS, batch_first=True)
    return Layered(front, rnn, nn.Linear(UNITS, len(CLASSES)))


def load(path: str | Path, *, backward: bool = False) -> Layered:
    """Return one direction of the network, see `recurrence.halves`."""
    front, rnn, linear = _whole(path)
    rng = np.random.default_rng(0)
    rows = torch.tensor(np.stack([night(rng) for _ in range(SAMPLES)]), dtype=torch.float32)
    with torch.no_grad():
        counted = torch.ones(rows.shape[:2], dtype=torch.bool)
        left, mean = half(rnn, front(rows), counted, backward=backward)
    return Layered(front, left, half_of_linear(linear, mean, backward=backward)).eval()


def whole(path: str | Path, inputs: Sequences, *, backward: bool = False) -> np.ndarray:
    """Return the class (N,) that all of the network gives each epoch, in the order of inputs."""
    front, rnn, linear = _whole(path)
    rows = torch.tensor(np.stack([*inputs]), dtype=torch.float32)
    with torch.no_grad():
        said = linear(rnn(front(rows.flip(1) if backward else rows))[0]).argmax(dim=-1)
    return (said.flip(1) if backward else said).flatten().numpy()


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, sleepecg: Path
) -> Task:
    """Return the task: what does the whole network say of each 30 s of half an hour?"""
    backward = name.endswith(BACKWARD)
    splits = {}
    for split, rng in split_generators(seeds).items():
        nights = [night(rng) for _ in range(sizes[f"n_{split}"])]
        rows = np.concatenate([each[::-1] if backward else each for each in nights])
        inputs = Sequences(rows, np.full(len(nights), LENGTH), CHANNELS)
        said = whole(sleepecg, inputs, backward=backward).astype(np.int32)
        splits[split] = Split(inputs, said, no_targets(inputs.n_steps))
    return Task(name, FAMILY, (), CLASSES, splits, commonest_share(splits), channels=CHANNELS)


def night(rng: np.random.Generator) -> np.ndarray:
    """Return made-up features (60, 36) of half an hour, in standard deviations from the mean.

    A common course and a course of each feature's own, both autoregressive of order one; signs say
    which features rise together.
    """
    signs = np.random.default_rng(1).choice([-1.0, 1.0], N_FEATURES)
    common, own = _course(1, rng), _course(N_FEATURES, rng)
    return np.sqrt(TOGETHER) * common * signs + np.sqrt(1 - TOGETHER) * own


def _course(width: int, rng: np.random.Generator) -> np.ndarray:
    course = rng.standard_normal((LENGTH, width))
    for step in range(1, LENGTH):
        course[step] = SLOW * course[step - 1] + np.sqrt(1 - SLOW**2) * course[step]
    return course


def _whole(path: str | Path) -> tuple[nn.Sequential, nn.GRU, nn.Linear]:
    with naming(path), zipfile.ZipFile(path) as archive:
        model = BytesIO(archive.read(MODEL))
    with naming(path), zipfile.ZipFile(model) as archive:
        arrays = keras_h5(archive.read(WEIGHTS), path)
    linear = _linear(arrays, "layers/dense_1")
    dense = _linear(arrays, "layers/dense")
    front = nn.Sequential(_normalised(dense, arrays), nn.ReLU())
    rnn = nn.GRU(WIDTH, UNITS, LAYERS, batch_first=True, bidirectional=True)
    state: dict[str, Tensor] = {}
    for layer, name in enumerate(("bidirectional", "bidirectional_1")):
        for way, suffix in (("forward", ""), ("backward", "_reverse")):
            cell = f"layers/{name}/{way}_layer/cell/vars"
            state |= from_keras_gru(arrays, cell, suffix=f"_l{layer}{suffix}")
    rnn.load_state_dict(state)
    return front.eval(), rnn.eval(), linear.eval()


def _linear(arrays: Mapping[str, np.ndarray], name: str) -> nn.Linear:
    weight, bias = (torch.tensor(arrays[f"{name}/vars/{number}"]) for number in (0, 1))
    found = nn.Linear(*weight.shape)
    found.load_state_dict({"weight": weight.T, "bias": bias})
    return found


def _normalised(dense: nn.Linear, arrays: Mapping[str, np.ndarray]) -> nn.Linear:
    """Return a layer after normalisation as one of features in sd.

    Of (x - mean) / sqrt(var + eps) * gamma + beta, x = mean + sd z leaves gamma' z + beta.
    """
    gamma, beta, _, variance = (
        torch.tensor(arrays[f"layers/batch_normalization/vars/{number}"]) for number in range(4)
    )
    slope = gamma * (variance / (variance + EPSILON)).sqrt()
    found = nn.Linear(dense.in_features, dense.out_features)
    found.load_state_dict(
        {"weight": dense.weight * slope, "bias": dense.bias + dense.weight @ beta}
    )
    return found
