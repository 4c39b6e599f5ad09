"""What the study of an encoder-decoder and its figures share. No torch: figures need none."""

from __future__ import annotations

import numpy as np

from markovlens.activations.trajectories import Trajectories
from markovlens.files.runs import Run
from markovlens.files.whole import naming, read_arrays
from markovlens.seeding import seed_for
from markovlens.seq2seq.snapshots import Snapshots


def snapshots_of(made: Trajectories) -> Snapshots:
    """Return the states alone."""
    return Snapshots(made.encoder, made.decoder, made.label, made.classes)


def load_chosen(run: Run) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the test windows (M,) that states were decoded on, and the states of `part:method`."""
    path = run.embedding("chosen").with_suffix(".npz")
    found = read_arrays(path)
    with naming(path):
        return found.pop("windows"), found


def cluster_seed(run: Run, *, seed: int) -> np.random.SeedSequence:
    """Return what clusters of a network's states start from, in tables and in figures."""
    return seed_for(seed, run.task, run.model, run.seed, "embedding", "clusters")
