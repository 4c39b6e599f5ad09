"""medaka 2.2.2: which base is it, from reads laid upon each other? Two bidirectional GRUs of 128.

The package and its models are for research purposes (Oxford Nanopore Technologies PLC. Public
License 1.0): fetched when they are asked for. The model is r1041_e82_400bps_sup_v5.2.0. At each
position it reads which share of the reads has which base, by strand: the columns a c g t A C G T
are counts over the depth, d D of reads without a base there. Pileups are made up: a random genome
of which reads have substitutions and deletions, in runs of one base more often; no insertions.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from markovlens.channels import Channel
from markovlens.config.wild import BACKWARD, FAMILY
from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.recurrence.halves import half, half_of_linear
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.wild.layered import Layered
from markovlens.wild.reading import below, torch_tensors

COLUMNS = "acgtACGTdD"
CHANNELS = tuple(Channel(column) for column in COLUMNS)
CLASSES = ("no base", "A", "C", "G", "T")
UNITS, LAYERS, LENGTH = 128, 2, 40
MEMBER = "model/weights.pt"
SAMPLES = 100
GATE = 0.9
DEPTH = (6, 30)
SUBSTITUTED, DELETED, IN_RUNS = 0.04, 0.03, 3.0


def empty(*, backward: bool = False) -> Layered:
    """Return one direction of the network without its weights."""
    rnn = nn.GRU(len(COLUMNS), UNITS, LAYERS, batch_first=True)
    return Layered(nn.Identity(), rnn, nn.Linear(UNITS, len(CLASSES)))


def load(path: str | Path, *, backward: bool = False) -> Layered:
    """Return one direction of the network, see `recurrence.halves`."""
    rnn, linear = _whole(path)
    rng = np.random.default_rng(0)
    rows = np.stack([pileup(rng)[0] for _ in range(SAMPLES)])
    samples = torch.tensor(rows, dtype=torch.float32)
    with torch.no_grad():
        counted = torch.ones(samples.shape[:2], dtype=torch.bool)
        left, mean = half(rnn, samples, counted, backward=backward)
    return Layered(nn.Identity(), left, half_of_linear(linear, mean, backward=backward)).eval()


def whole(path: str | Path, inputs: Sequences, *, backward: bool = False) -> np.ndarray:
    """Return the class (N,) that all of the network gives each position, in the order of inputs."""
    rnn, linear = _whole(path)
    rows = torch.tensor(np.stack([*inputs]), dtype=torch.float32)
    with torch.no_grad():
        said = linear(rnn(rows.flip(1) if backward else rows)[0]).argmax(dim=-1)
    return (said.flip(1) if backward else said).flatten().numpy()


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: the base of each of 40 positions, from one end or from the other."""
    order = -1 if name.endswith(BACKWARD) else 1
    splits = {}
    for split, rng in split_generators(seeds).items():
        made = [pileup(rng) for _ in range(sizes[f"n_{split}"])]
        rows = np.concatenate([row[::order] for row, _ in made])
        bases = np.concatenate([base[::order] for _, base in made]).astype(np.int32)
        inputs = Sequences(rows, np.full(len(made), LENGTH), CHANNELS)
        splits[split] = Split(inputs, bases, no_targets(inputs.n_steps))
    return Task(name, FAMILY, (), CLASSES, splits, GATE, channels=CHANNELS)


def pileup(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return made-up shares (40, 10) of reads at each position, and the true classes (40,)."""
    bases = rng.integers(0, 4, LENGTH)
    repeats = rng.random(LENGTH) < 0.3
    for position in np.flatnonzero(repeats[1:]) + 1:
        bases[position] = bases[position - 1]
    in_run = np.append(False, bases[1:] == bases[:-1])
    depth = int(rng.integers(*DEPTH))
    counts = np.zeros((LENGTH, len(COLUMNS)))
    for reverse in rng.random(depth) < 0.5:
        _add_read(counts, bases, in_run, forward=not reverse, rng=rng)
    return counts / depth, bases + 1


def _add_read(
    counts: np.ndarray,
    bases: np.ndarray,
    in_run: np.ndarray,
    *,
    forward: bool,
    rng: np.random.Generator,
) -> None:
    wrong = rng.random(LENGTH) < SUBSTITUTED
    read = np.where(wrong, (bases + rng.integers(1, 4, LENGTH)) % 4, bases)
    lost = rng.random(LENGTH) < DELETED * np.where(in_run, IN_RUNS, 1.0)
    columns = np.where(lost, 8 + forward, read + 4 * forward)
    counts[np.arange(LENGTH), columns] += 1


def _whole(path: str | Path) -> tuple[nn.GRU, nn.Linear]:
    with naming(path), tarfile.open(path) as tar:
        file = tar.extractfile(MEMBER)
        if file is None:
            raise DataError(
                f"{path}: expected {MEMBER}; delete it and fetch it again", page="download-damaged"
            )
        weights = torch_tensors(file.read(), path)
    rnn = nn.GRU(len(COLUMNS), UNITS, LAYERS, batch_first=True, bidirectional=True)
    linear = nn.Linear(2 * UNITS, len(CLASSES))
    rnn.load_state_dict(below(weights, "gru"))
    linear.load_state_dict(below(weights, "linear"))
    return rnn.eval(), linear.eval()
