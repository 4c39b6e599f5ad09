"""Which of seven shoulder exercises does a smartwatch feel? Of people whom training never saw.

The recordings are those of `watch`. The file gives no units: at rest the acceleration is 1, so that
it is in g; that turning is in rad/s is what such watches give, and a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from markovlens.channels import Channel
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task
from markovlens.tasks.labelled import at_end, commonest_share
from markovlens.tasks.watch import read_watch, windows_by_person
from markovlens.tasks.windows import Windows

CHANNELS = (
    *(Channel(f"acceleration {axis}", "g") for axis in "xyz"),
    *(Channel(f"turning {axis}", "rad/s") for axis in "xyz"),
)


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, watch: Path
) -> Task:
    """Return the task: the exercise, asked for at the end of windows of `length` frames."""
    data = read_watch(watch)
    lengths = {"past": sizes["length"], "future": 0, "stride": sizes["stride"]}
    windows = windows_by_person(data, lengths, decimate=sizes["decimate"], seeds=seeds)
    splits = {split: _asked(part) for split, part in windows.items()}
    gate = commonest_share(splits)
    return Task(name, "exercises", (), tuple(data["y_labels"]), splits, gate, channels=CHANNELS)


def _asked(windows: Windows) -> Split:
    count, length, width = windows.past.shape
    rows = windows.past.reshape(count * length, width)
    return at_end(Sequences(rows, np.full(count, length), CHANNELS), windows.label)
