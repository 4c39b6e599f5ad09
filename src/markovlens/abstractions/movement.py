"""The abstractions on an encoder-decoder: states of continuous movements, fitted without labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.embedding.pod import POD, project
from markovlens.seeding import integer
from markovlens.trace import NO_TARGET, Trace

COMPARED = ("hmm", "kmeans", "gmm", "grid")


@dataclass(frozen=True, slots=True)
class Stated:
    """The states of one method with one number of them, on test windows.

    Attributes:
        method: name in the registry.
        n_states: the budget K; a grid may have fewer cells.
        chosen: whether this K is the one chosen, see `state_all`.
        criterion: the method's own BIC, lower is better; None where it has no likelihood.
        states: int (N, T), decoded from the activations up to each step.
    """

    method: str
    n_states: int
    chosen: bool
    criterion: float | None
    states: np.ndarray


def as_trace(states: np.ndarray, basis: POD) -> Trace:
    """Return states (N, T, D) in POD coordinates as a trace of N sequences without symbols.

    What is read and answered is one symbol and one class: no label reaches a fit.
    """
    n_windows, n_steps, _ = states.shape
    rows = n_windows * n_steps
    return Trace(
        states=project(basis, states).reshape(rows, -1),
        inputs=np.zeros(rows, dtype=np.int64),
        outputs=np.ones((rows, 1)),
        targets=np.full(rows, NO_TARGET),
        truth=np.full(rows, -1),
        lengths=np.full(n_windows, n_steps),
        symbols=("frame",),
        classes=("movement",),
    )


def state_all(
    splits: Mapping[str, np.ndarray],
    basis: POD,
    *,
    n_states: Sequence[int],
    options: Options,
    seed: np.random.SeedSequence,
    methods: Sequence[str] = COMPARED,
) -> Iterator[Stated | str]:
    """Yield the states of test windows by each method and size, or why a method has none.

    HMM and GMM choose K by their own BIC on the training windows. Methods without a likelihood
    take the HMM's K: the same state budget.

    Args:
        splits: states (N, T, D) of `train`, `valid` and `test`.
        basis: fitted on training windows; its leading coordinates are what is abstracted.
        n_states: the sizes tried.
        options: settings of the fits.
        seed: of the fits.
        methods: names in the registry, the HMM first.
    """
    traces = {name: as_trace(states, basis) for name, states in splits.items()}
    test = splits["test"].shape[:2]
    evidence = Evidence(traces["train"], traces["valid"], seed=integer(seed))
    budget = min(n_states)
    for method, child in zip(methods, seed.spawn(len(methods)), strict=True):
        rng = np.random.default_rng(child)
        fitted = METHODS[method](evidence, n_states=n_states, rng=rng, options=options)
        good = {size: fit for size, fit in fitted.items() if isinstance(fit, Fitted)}
        if not good:
            yield f"{method}: {next(iter(fitted.values()))}"
            continue
        by_bic = [(fit.criterion, size) for size, fit in good.items() if fit.criterion is not None]
        chosen = min(by_bic)[1] if by_bic else min(good, key=lambda size: abs(size - budget))
        budget = chosen if method == "hmm" else budget
        for size, fit in good.items():
            assert fit.decode is not None
            states = fit.decode(traces["test"]).reshape(test)
            yield Stated(method, size, size == chosen, fit.criterion, states)


def movement_phase(frames: np.ndarray, labels: np.ndarray, *, n_bins: int) -> np.ndarray:
    """Return the phase of the movement at each frame, int (N, T) in 0..n_bins-1.

    Each class has its own plane: the two strongest principal components of all its frames. The
    phase is the angle around their mean, in bins of equal width. For an ellipse it is what drives
    it; for a movement that goes through no cycle it is a coarse pose.

    Args:
        frames: (N, T, F), what the network read and should predict.
        labels: int (N,).
        n_bins: how many phases.
    """
    phase = np.zeros(frames.shape[:2], dtype=np.int64)
    for label in np.unique(labels):
        mine = labels == label
        points = frames[mine].reshape(-1, frames.shape[-1]).astype(np.float64)
        centred = points - points.mean(axis=0)
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        plane = centred @ axes[:2].T
        plane /= np.maximum(plane.std(axis=0), 1e-12)
        angle = np.arctan2(plane[:, -1], plane[:, 0])
        bins = np.floor((angle + np.pi) / (2 * np.pi) * n_bins).astype(np.int64) % n_bins
        phase[mine] = bins.reshape(-1, frames.shape[1])
    return phase
