"""Standing, walking, running or playing badminton? Six signals of a smartwatch, for ten seconds.

Source: BasicMotions of the UEA archive (Bagnall et al. 2018, arXiv:1811.00075), as the aeon package
ships it: four students, each activity five times, ten frames a second. Who was recorded is not in
the files: the archive's own split, which is kept, is not known to be one by person.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task
from markovlens.tasks.labelled import at_end, commonest_share, stratified_splits
from markovlens.tasks.members import read_members

CLASSES = ("Standing", "Walking", "Running", "Badminton")
# The files give no units.
CHANNELS = tuple(
    Channel(f"{kind} {axis}") for kind in ("acceleration", "turning") for axis in "xyz"
)
FILES = ("BasicMotions_TRAIN.ts", "BasicMotions_TEST.ts")


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, basic_motions: Path
) -> Task:
    """Return the task: the activity, asked for at the end of each recording.

    The archive's test set is the test split; `n_valid` recordings of its training set validate.
    """
    (train, labels), (test, test_labels) = read_motions(basic_motions)
    rng = np.random.default_rng(seeds)
    chosen = stratified_splits(labels, {**sizes, "n_test": 0}, family="motions", rng=rng)
    splits = {
        **{
            each: at_end(train.select(chosen[each]), labels[chosen[each]])
            for each in ("train", "valid")
        },
        "test": at_end(test, test_labels),
    }
    gate = commonest_share(splits)
    return Task(name, "motions", (), CLASSES, splits, gate, channels=CHANNELS)


def read_motions(path: str | Path) -> list[tuple[Sequences, np.ndarray]]:
    """Return recordings and their classes (S,), of the archive's training and of its test set.

    Raises:
        DataError: the file is missing, or a line is not six signals and a known class.
    """
    members = read_members(path)
    with naming(path):
        return [_parsed(members[file]) for file in FILES]


def _parsed(text: str) -> tuple[Sequences, np.ndarray]:
    """Return what stands in a file of sktime's format: `signal:signal:...:class` a line."""
    lines = [line.split(":") for line in text.splitlines() if line and line[0] not in "#@"]
    rows = [np.array([_numbers(signal) for signal in signals]).T for *signals, _ in lines]
    classes = [label.strip() for *_, label in lines]
    if unknown := set(classes) - set(CLASSES):
        raise DataError(
            f"unknown classes {', '.join(map(repr, sorted(unknown)))}", page="download-damaged"
        )
    labels = np.array([CLASSES.index(label) for label in classes])
    return Sequences.from_list(rows, CHANNELS), labels


def _numbers(signal: str) -> list[float]:
    return [float(number) for number in signal.split(",")]
