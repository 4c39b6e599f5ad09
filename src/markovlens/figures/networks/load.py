"""What the figures of one network read from its files: all that is known here of their formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.activations.store import load_trace
from markovlens.embedding.storage import load_basis
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

SPLIT = "test"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One abstraction of one network at its chosen number of states.

    Attributes:
        machine: the machine.
        decoded: (N,), the state of each test step decoded from the activations; None for the
            floors, which never see an activation.
    """

    machine: Machine
    decoded: np.ndarray | None


@dataclass(frozen=True, slots=True)
class NetworkData:
    """What the figures of one network draw.

    Attributes:
        trace: the network on the test sequences.
        projection: (N, 2), its activations in the first two principal components.
        shares: (2,), share of the variance of each component.
        chosen: the abstractions that could be fitted, by method.
    """

    trace: Trace
    projection: np.ndarray
    shares: np.ndarray
    chosen: dict[str, Chosen]


def load_network(run: Run, methods: Sequence[str]) -> NetworkData:
    """Return the test split of one network with its abstractions."""
    trace = load_trace(run.trace(SPLIT))
    basis = load_basis(run.pod)
    projection = basis.project(trace.states)[:, :2]
    chosen = {method: _chosen(run, method) for method in methods}
    fitted = {method: one for method, one in chosen.items() if one is not None}
    return NetworkData(trace, _two(projection), _two(basis.energies[None])[0], fitted)


def load_sweep(runs: Sequence[Run], method: str) -> pd.DataFrame:
    """Return the fits of one method on all seeds of a network, with a column `seed`."""
    sweeps = [read_table(run.study(method) / "sweep.parquet").assign(seed=run.seed) for run in runs]
    return pd.concat(sweeps, ignore_index=True)


def _chosen(run: Run, method: str) -> Chosen | None:
    kept = load_study(run.study(method))
    if kept.chosen is None:
        return None
    decoded = kept.decoded.get(SPLIT, {}).get(kept.chosen)
    return Chosen(kept.machines[kept.chosen], decoded)


def _two(columns: np.ndarray) -> np.ndarray:
    """Return the first two columns, zeros where a network has a single unit."""
    return np.pad(columns, ((0, 0), (0, max(0, 2 - columns.shape[1]))))[:, :2]
