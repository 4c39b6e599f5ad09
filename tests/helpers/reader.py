"""A network that reads rows, trained on a language whose symbols are sides of a threshold."""

from functools import cache

import numpy as np
import torch
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.channels import Channel
from markovlens.codebooks.cuts import cut_at
from markovlens.sequences import Sequences

CHANNELS = (Channel("pressure", "mmHg"), Channel("noise"))
THRESHOLD = 0.3
MARGIN = 0.1
CLASSES = ("calm", "alarm")


def threshold(channels=CHANNELS):
    """Return two codes: whether the first channel is above the threshold."""
    return cut_at(channels, {channels[0].name: THRESHOLD})


class Reader(nn.Module):
    """A GRU that answers after every row."""

    def __init__(self, n_channels=2, n_units=8):
        super().__init__()
        self.rnn = nn.GRU(n_channels, n_units, batch_first=True)
        self.head = nn.Linear(n_units, 2)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0])


def draw_rows(n_sequences, longest, seed, channels=CHANNELS):
    """Return rows, none of which lies within `MARGIN` of the threshold."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, longest + 1, n_sequences)
    values = rng.normal(size=(lengths.sum(), len(channels)))
    values[:, 0] += np.sign(values[:, 0] - THRESHOLD) * MARGIN
    return Sequences(values, lengths, channels)


def truth_of(inputs):
    """Return whether the last two rows lay above the threshold, after each row."""
    above = inputs.rows[:, 0] > THRESHOLD
    before = np.roll(above, 1)
    before[inputs.starts] = False
    return (above & before).astype(np.int64)


@cache
def trained(seed=0):
    """Return a GRU that raises the alarm after two rows above the threshold in a row."""
    torch.manual_seed(seed)
    inputs = Sequences(draw_rows(512, 12, 1).values[: 256 * 8], np.full(256, 8), CHANNELS)
    rows = torch.as_tensor(inputs.values, dtype=torch.float32).reshape(256, 8, 2)
    targets = torch.as_tensor(truth_of(inputs)).reshape(256, 8)
    model = Reader()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(400):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(rows).flatten(0, 1), targets.flatten())
        loss.backward()
        optimiser.step()
    return model.eval()


@cache
def traces():
    """Return what the network leaves behind on training, validation and test sequences."""
    sizes = {"train": (150, 12, 2), "valid": (60, 12, 3), "test": (60, 20, 4)}
    return {
        split: record(trained(), draw_rows(*size), layers="rnn.l0", classes=CLASSES)
        for split, size in sizes.items()
    }


def oracle():
    """Return the network as what may be asked."""
    return Oracle(trained(), layer="rnn.l0", like=traces()["train"].sequences)
