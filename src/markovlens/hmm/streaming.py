"""Fits to data that do not fit in memory: batches of whole sequences, read again for each pass."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.checks import check_features
from markovlens.hmm.em import run_em, run_stepwise
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, pack

Batch = tuple[Any, ...]
"""(X, lengths) or (X, lengths, inputs), whole sequences only."""

Model = TypeVar("Model", bound=GaussianHMM)


@dataclass(frozen=True, slots=True)
class Stream:
    """Batches as a source of data: centre, variance and sizes from a first reading."""

    read: Callable[[], Iterable[Batch]]
    center: NDArray[np.float64]  # (D,)
    variance: NDArray[np.float64]  # (D,)
    n_steps: int
    n_observed: int
    n_symbols: int
    dtype: np.dtype

    @property
    def n_features(self) -> int:
        """Features D."""
        return len(self.center)

    def parts(self) -> Iterator[Packed]:
        """Each batch packed about the common centre."""
        for batch in self.read():
            part = pack(*batch, dtype=self.dtype, center=self.center, n_symbols=self.n_symbols)
            yield replace(part, variance=self.variance)


def open_stream(read: Callable[[], Iterable[Batch]], *, dtype: str = "float64") -> Stream:
    """A stream after one reading for its moments (Chan et al. 1983, pairwise updates)."""
    n_steps, n_observed, n_symbols = 0, 0, 1
    center, squares = np.zeros(0), np.zeros(0)
    for X, _, *inputs in read():
        features, missing = check_features(X)
        rows = features[~missing].astype(np.float64)
        n_steps += len(features)
        if inputs and inputs[0] is not None:
            n_symbols = max(n_symbols, int(np.max(inputs[0])) + 1)
        if len(rows) == 0:
            continue
        mean = rows.mean(axis=0)
        if n_observed == 0:
            center, squares = np.zeros_like(mean) + mean, np.zeros_like(mean)
        away, total = mean - center, n_observed + len(rows)
        squares = squares + ((rows - mean) ** 2).sum(axis=0)
        squares = squares + away**2 * n_observed * len(rows) / total
        center, n_observed = center + away * len(rows) / total, total
    if n_observed == 0:
        raise ValueError("read: expected batches with observed rows, got none; check the reader")
    sizes = (n_steps, n_observed, n_symbols)
    return Stream(read, center, squares / n_observed, *sizes, np.dtype(dtype))


def gather_start(stream: Stream, rng: np.random.Generator, n_rows: int) -> Packed:
    """Random rows of all the batches, each a sequence of one step, for a starting point."""
    share = min(1.0, n_rows / stream.n_observed)
    found, symbols = [], []
    for X, _, *inputs in stream.read():
        features, missing = check_features(X)
        chosen = np.flatnonzero((rng.random(len(features)) < share) & ~missing)
        found.append(features[chosen])
        coded = bool(inputs) and inputs[0] is not None
        symbols.append(np.asarray(inputs[0])[chosen] if coded else np.zeros(len(chosen), int))
    rows, codes = np.concatenate(found), np.concatenate(symbols).astype(np.int64)
    ones = np.ones(len(rows), dtype=np.int64)
    part = pack(
        rows, ones, codes, dtype=stream.dtype, center=stream.center, n_symbols=stream.n_symbols
    )
    return replace(part, variance=stream.variance)


def fit_batches(
    model: Model,
    read: Callable[[], Iterable[Batch]],
    *,
    rng: np.random.Generator,
    stepwise_epochs: int = 1,
    start_rows: int = 20_000,
) -> Model:
    """The model fitted in the memory of one batch.

    `read()` begins a new reading of all the batches; it is called once for the moments, once for a
    starting point, once an epoch of stepwise EM and once a full pass. Full passes are those of a
    fit in memory: from the same start the same parameters.
    """
    stream = open_stream(read, dtype=model.dtype)
    prior = model.prior_for(stream)
    start = model.start_for(gather_start(stream, rng, start_rows), prior, rng)
    epochs, threads = stepwise_epochs, model.n_threads
    begun = run_stepwise(stream, start, prior, epochs=epochs, rng=rng, n_threads=threads)
    return model.learn(run_em(stream, begun, prior, model.settings(), rng=rng), start)
