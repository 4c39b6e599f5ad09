"""The embedding stage on the files of one run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from markovlens.activations.store import iter_traces
from markovlens.embedding.pod import POD, pod
from markovlens.embedding.projections import Projection, random_projection
from markovlens.embedding.storage import save_basis
from markovlens.files.runs import Run
from markovlens.files.whole import write_json
from markovlens.seeding import integer, seed_for

log = logging.getLogger(__name__)

POD_METHOD = "pod"
SHARES = (0.9, 0.95, 0.99)  # of the variance


def embed_run(run: Run, *, n_components: int, method: str = POD_METHOD, seed: int = 0) -> None:
    """Fit a basis on a run's training activations, in one pass; keep it.

    Args:
        run: one network.
        n_components: coordinates, all there are where these are fewer.
        method: `pod`, or a kind of random projection.
        seed: the config's, of random directions.
    """
    if method == POD_METHOD:
        keep_basis(run, pod(states_of(run), n_components=n_components), n_components)
        return
    few = min(n_components, next(states_of(run)).shape[1])
    drawn = seed_of(run, seed)
    basis = random_projection(states_of(run), n_components=few, kind=method, seed=drawn)
    keep_basis(run, basis, n_components)


def keep_basis(run: Run, basis: POD | Projection, n_components: int, **found: Any) -> None:
    """Write a basis, and what share of the variance it holds; of a POD, how many modes how much.

    Args:
        run: one network.
        basis: made of its training activations.
        n_components: how many coordinates were asked for.
        **found: plain values to stand beside.
    """
    if len(basis.components) < n_components and len(basis.components) == len(basis.mean):
        log.warning(
            "embedding.n_components: got %d, layer %s of %s has states of %d numbers; kept are "
            "all %d modes",
            n_components, run.layer, run.model, len(basis.mean), len(basis.components),
        )  # fmt: skip
    save_basis(run.pod, basis)
    if isinstance(basis, POD):
        found = {"modes_for": {f"{share:g}": basis.modes_for(share) for share in SHARES}, **found}
    write_json(run.pod.with_suffix(".json"), {"energies": basis.energies, **found})


def states_of(run: Run) -> Iterator[np.ndarray]:
    """Yield the states of a run's training sequences, a part at a time."""
    return (trace.states for trace in iter_traces(run.trace("train")))


def seed_of(run: Run, seed: int) -> int:
    """Return the seed of all that is drawn for a run's coordinates."""
    return integer(seed_for(seed, run.task, run.model, run.seed, "embedding"))
