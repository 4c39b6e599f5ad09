"""Generalised expectation-maximisation where the chain reads input rows.

As `em`, with one difference: the M-step of the chain has no closed form, and is some steps of a
search that never lower what it maximises (Dempster, Laird & Rubin 1977, section 1). The objective,
log-likelihood plus log-prior, so never falls from one pass to the next.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.em import Monitor, Settings
from markovlens.hmm.emissions import Moments
from markovlens.hmm.expectation import Smoothing, collect, emptied_states, smooth_tile
from markovlens.hmm.gaussians import GaussianPrior, Gaussians
from markovlens.hmm.lattices import Chain, Engine, one_blas_thread
from markovlens.hmm.packing import Packed, Source, Tile
from markovlens.hmm.regressions import RegressionPrior, Regressions
from markovlens.hmm.softmax import SoftChain, Visits, design_of, soft_penalty, update_soft
from markovlens.status import Status


@dataclass(frozen=True, slots=True)
class SoftParameters:
    """A whole model that reads input rows."""

    chain: SoftChain
    emissions: Gaussians | Regressions

    def engine(self, source: Source, n_threads: int = 1) -> Engine:
        """The model in the form that runs over packed data."""
        k = self.chain.n_states
        none = Chain(np.full((1, k), 1 / k), np.full((1, k, k), 1 / k))  # each step has its own
        density = self.emissions.density(source)  # type: ignore[arg-type]
        plain = Engine.of(none, density, source.dtype, n_threads=n_threads)
        return plain.with_law(self.chain.at)


@dataclass(frozen=True, slots=True)
class SoftPrior:
    """Priors of the logits and of the emissions."""

    strength: float
    emissions: GaussianPrior | RegressionPrior


@dataclass(frozen=True, slots=True)
class SoftStatistics:
    """What the M-step needs, summed over sequences."""

    linear: NDArray[np.float64]  # (K + 1, K, 1 + P) expected moves times inputs, by origin
    squares: NDArray[np.float64]  # (K + 1, 1 + P, 1 + P) inputs times inputs, by origin
    moments: Moments
    log_likelihood: float  # nats
    visits: tuple[Visits, ...]

    def __add__(self, other: "SoftStatistics") -> "SoftStatistics":
        return SoftStatistics(
            self.linear + other.linear,
            self.squares + other.squares,
            self.moments + other.moments,
            self.log_likelihood + other.log_likelihood,
            self.visits + other.visits,
        )


def soft_statistics(tile: Tile, engine: Engine) -> SoftStatistics:
    """Expected statistics of one tile."""
    found, inputs = smooth_tile(tile, engine), design_of(tile)
    k, first = engine.chain.n_states, int(tile.offsets[1])
    linear = np.empty((k + 1, k, len(inputs)))
    counts = np.empty((k, tile.n_columns - first))
    for i, joint in enumerate(expected_steps(tile, engine, found)):
        linear[i] = joint @ inputs[:, first:].T
        counts[i] = joint.sum(axis=0)
    begun = np.array(found.gamma[:, :first], dtype=np.float64)
    linear[k] = begun @ inputs[:, :first].T
    starts = Visits(slice(k, k + 1), inputs[:, :first], begun.sum(axis=0)[None])
    moves = Visits(slice(0, k), inputs[:, first:], counts)
    return SoftStatistics(
        linear,
        np.concatenate([weighted_squares(moves), weighted_squares(starts)]),
        collect(tile, engine, found.gamma),
        float(found.scores.sum()),
        (starts, moves),
    )


def expected_steps(tile: Tile, engine: Engine, found: Smoothing) -> Iterator[NDArray[np.float64]]:
    """For each origin i the moves xi_t(i, j), (K, n - L), to the columns that are no first ones."""
    k, first = engine.chain.n_states, int(tile.offsets[1])
    alpha, arrival = found.alpha[:, tile.previous], found.arrival[:, tile.previous]
    for i in range(k):
        joint = (engine.forth[i, :k, first:] * arrival).astype(np.float64, copy=False) * alpha[i]
        for columns, _, _, moves, _ in found.redone.values():
            joint[:, columns[1:] - first] = moves[columns[1:], i].T
        yield joint


def weighted_squares(visits: Visits) -> NDArray[np.float64]:
    """(I, 1 + P, 1 + P) inputs times inputs, by origin."""
    inputs = visits.inputs
    return np.stack([(inputs * counts) @ inputs.T for counts in visits.counts])


def statistics_by_tile(parameters: SoftParameters, source: Source, n_threads: int) -> Iterator:
    """Expected statistics of each tile of each part."""
    with one_blas_thread():
        for part in source.parts():
            yield from parameters.engine(part, n_threads).over(part, soft_statistics)


def expect_soft(
    parameters: SoftParameters, source: Source, n_threads: int = 1
) -> tuple[SoftStatistics, Callable[[], Iterable[Visits]]]:
    """Expected statistics of all the data, and what gives the visits of all columns again.

    Of data in memory visits are kept, K numbers a column; of a stream each search step finds them
    anew, in the memory of one part.
    """
    kept = isinstance(source, Packed)
    tiles = statistics_by_tile(parameters, source, n_threads)
    total = reduce(add, tiles if kept else map(_without_visits, tiles))
    if kept:
        return total, lambda: total.visits
    again = lambda: (  # noqa: E731
        visits
        for tile in statistics_by_tile(parameters, source, n_threads)
        for visits in tile.visits
    )
    return total, again


def _without_visits(found: SoftStatistics) -> SoftStatistics:
    return SoftStatistics(found.linear, found.squares, found.moments, found.log_likelihood, ())


def penalty(parameters: SoftParameters, source: Any, prior: SoftPrior) -> float:
    """Log-prior up to a constant, in nats."""
    chain = soft_penalty(parameters.chain, prior.strength)
    return chain + parameters.emissions.penalty(source, prior.emissions)  # type: ignore[arg-type]


def run_generalised(
    source: Any,
    parameters: SoftParameters,
    prior: SoftPrior,
    settings: Settings,
    *,
    search_steps: int,
) -> tuple[SoftParameters, Monitor]:
    """Passes until the gain is small, ending with an E-step of the final parameters."""
    history: list[float] = []
    likelihoods: list[float] = []
    least, status = settings.least_gain(source.n_steps), Status.NOT_CONVERGED
    for iteration in range(settings.n_iter + 1):
        found, visits = expect_soft(parameters, source, settings.n_threads)
        likelihoods.append(found.log_likelihood)
        history.append(found.log_likelihood + penalty(parameters, source, prior))
        if len(history) > 1 and history[-1] - history[-2] < least:
            status = Status.OK
            break
        if iteration < settings.n_iter:
            parameters = SoftParameters(
                update_soft(
                    parameters.chain,
                    found.linear,
                    found.squares,
                    visits,
                    strength=prior.strength,
                    steps=search_steps,
                ),
                updated(parameters.emissions, found.moments, source, prior, settings.params),
            )
    empty = emptied_states(found.moments.count, found.moments.count.sum())
    reason = f"empty states: {len(empty)}" if len(empty) else ""
    monitor = Monitor(
        tuple(history), tuple(likelihoods), status == Status.OK, len(history) - 1,
        settings.n_iter, settings.tol, (), status, reason, settings.tol_per_step,
    )  # fmt: skip
    return parameters, monitor


def updated(
    emissions: Gaussians | Regressions, moments: Moments, source: Any, prior: SoftPrior, params: str
) -> Gaussians | Regressions:
    """The emissions after an M-step."""
    if isinstance(emissions, Regressions):
        assert isinstance(prior.emissions, RegressionPrior)
        return emissions.updated(moments, source, prior.emissions)
    assert isinstance(prior.emissions, GaussianPrior)
    return emissions.updated(moments, source, prior.emissions, params=params)
