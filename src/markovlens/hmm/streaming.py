"""Fits to data that do not fit in memory: batches of whole sequences, read again for each pass."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from markovlens.arguments import check_whole
from markovlens.hmm.arrays import as_codes
from markovlens.hmm.checks import check_features, check_inputs, check_lengths, check_symbols
from markovlens.hmm.em import Parameters, run_em
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, pack
from markovlens.hmm.rearranging import rearranged
from markovlens.hmm.restarts import Plan, fit_size
from markovlens.hmm.stepwise import run_stepwise

Batch = tuple[Any, ...]
"""(X, lengths) or (X, lengths, inputs), whole sequences only."""

SEARCH = {"n_iter": 100, "tol": None, "tol_per_step": 1e-4, "device": None}
"""How the starts of a search are fitted to a sample, which is too small for a device."""

Model = TypeVar("Model", bound=GaussianHMM)


@dataclass(frozen=True, slots=True)
class Stream:
    """Batches as a source of data: centre, variance and sizes from a first reading."""

    read: Callable[[], Iterable[Batch]]
    center: NDArray[np.float64]  # (D,)
    variance: NDArray[np.float64]  # (D,)
    n_steps: int
    n_observed: int
    n_sequences: int
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
    n_steps, n_observed, n_sequences, n_symbols = 0, 0, 0, 1
    center, squares = np.zeros(0), np.zeros(0)
    for X, lengths, *inputs in read():
        features, missing = check_features(X)
        rows = features[~missing].astype(np.float64)
        n_steps += len(features)
        n_sequences += len(check_lengths(lengths, len(features)))
        if inputs and inputs[0] is not None:
            n_symbols = max(n_symbols, int(check_inputs(inputs[0], len(features)).max()) + 1)
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
    sizes = (n_steps, n_observed, n_sequences, n_symbols)
    return Stream(read, center, squares / n_observed, *sizes, np.dtype(dtype))


def gather_start(stream: Stream, rng: np.random.Generator, n_rows: int) -> Packed:
    """Random rows of all the batches, each a sequence of one step, for a starting point."""
    share = min(1.0, n_rows / stream.n_observed)
    pieces = []
    for X, _, *inputs in stream.read():
        features, missing = check_features(X)
        chosen = np.flatnonzero((rng.random(len(features)) < share) & ~missing)
        pieces.append((features[chosen], np.ones(len(chosen), int), _symbols(inputs, chosen)))
    return _packed(stream, pieces)


def gather_sequences(stream: Stream, rng: np.random.Generator, n_rows: int) -> Packed:
    """Random whole sequences of all the batches, of so many steps in the mean, one at least."""
    wanted = max(1, round(n_rows * stream.n_sequences / stream.n_steps))
    wanted = min(wanted, stream.n_sequences)
    taken = np.sort(rng.choice(stream.n_sequences, wanted, replace=False))
    pieces, first = [], 0
    for X, lengths, *inputs in stream.read():
        features, _ = check_features(X)
        sizes = check_lengths(lengths, len(features))
        mine = np.isin(np.arange(first, first + len(sizes)), taken)
        chosen = np.flatnonzero(np.repeat(mine, sizes))
        pieces.append((features[chosen], sizes[mine], _symbols(inputs, chosen)))
        first += len(sizes)
    return _packed(stream, pieces)


def _symbols(inputs: list[Any], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Input symbols of the chosen rows; zeros without inputs."""
    coded = bool(inputs) and inputs[0] is not None
    return as_codes("inputs", inputs[0])[chosen] if coded else np.zeros(len(chosen), int)


def _packed(stream: Stream, pieces: list[tuple[NDArray, NDArray, NDArray]]) -> Packed:
    """Pieces (rows, lengths, symbols) of a stream packed about its centre."""
    rows, lengths, symbols = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    part = pack(
        rows, lengths, symbols, dtype=stream.dtype, center=stream.center, n_symbols=stream.n_symbols
    )
    return replace(part, variance=stream.variance)


def search_start(
    model: GaussianHMM, sample: Packed, restarts: int, *, rng: np.random.Generator
) -> Parameters:
    """The best of so many fits to a sample, moved on by splits and merges of its states.

    Raises:
        ValueError: a part of the start is set (`init_params`) or cannot be split (`transmat_mask`).
    """
    if set(model.init_params) != set("stmc") or model.transmat_mask is not None:
        raise ValueError(
            "restarts: expected 1 where init_params leaves something out or transmat_mask is set, "
            f"got {restarts}; a search draws and splits all of its starting points"
        )
    options = model.get_params() | SEARCH
    size, kind = options.pop("n_components"), options.pop("covariance_type")
    plan = Plan(sample, restarts, False, False, 0, int(rng.integers(2**63)), options, None)
    best = fit_size(plan, kind, size, None)[0]
    return rearranged(plan, kind, best, rng=rng).fit.parameters


def fit_batches(
    model: Model,
    read: Callable[[], Iterable[Batch]],
    *,
    rng: np.random.Generator,
    restarts: int = 1,
    stepwise_epochs: int = 1,
    start_rows: int = 20_000,
) -> Model:
    """The model fitted in the memory of one batch.

    `read()` begins a new reading of all the batches; it is called once for the moments, once for a
    starting point, once an epoch of stepwise EM and once a full pass. Full passes are those of a
    fit in memory: from the same start the same parameters.

    With `restarts` of two or more the starting point is searched for on whole sequences of about
    `start_rows` steps: the best of so many fits, moved on by splits and merges (Ueda et al. 2000).
    Stepwise EM, whose first steps would lose it, is then left out. One start ends in whatever local
    optimum is near, which can cost some per cent of the likelihood.

    With a `device` the batches are sent there once if they take at most half of its free memory,
    and else in every full pass; all but the full passes stays on the processor.

    Raises:
        ConfigError: an argument that makes no sense.
    """
    for name, value, least in (
        ("restarts", restarts, 1),
        ("stepwise_epochs", stepwise_epochs, 0),
        ("start_rows", start_rows, 1),
    ):
        check_whole(name, value, least=least)
    stream = open_stream(read, dtype=model.dtype)
    announced = model.n_symbols if model.transitions == "input" else None
    stream = replace(stream, n_symbols=check_symbols(stream.n_symbols, announced))
    model.announce_start()
    prior, threads = model.prior_for(stream), model.n_threads
    if restarts > 1:
        start = begun = search_start(
            model, gather_sequences(stream, rng, start_rows), restarts, rng=rng
        )
    else:
        start = model.start_for(gather_start(stream, rng, start_rows), prior, rng)
        begun = run_stepwise(
            stream, start, prior, epochs=stepwise_epochs, rng=rng, n_threads=threads
        )
    return model.learn(run_em(stream, begun, prior, model.settings(), rng=rng), start)
