"""Expectation-maximisation in full passes.

What is monitored is what is optimised: log-likelihood plus log-prior, in nats. It never decreases
from one full pass to the next unless an emptied state was re-seeded in between, which is reported.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.chains import (
    ChainPrior,
    SharedChain,
    chain_penalty,
    shared_chain,
    update_chain,
)
from markovlens.hmm.emissions import Density, Moments
from markovlens.hmm.expectation import Statistics, emptied_states
from markovlens.hmm.lattices import Chain, Engine
from markovlens.hmm.packing import Source
from markovlens.hmm.passes import expect
from markovlens.status import Status

RESEEDS_PER_STATE = 2
"""Times a state may be re-seeded in one fit."""

logger = logging.getLogger(__name__)


class Emissions(Protocol):
    """Emission parameters; `Gaussians` and `Tables` are the two kinds."""

    def density(self, packed: Any) -> Density:
        """Density over the packed columns."""
        ...

    def updated(self, moments: Moments, packed: Any, prior: Any, *, params: str) -> "Emissions":
        """The parameters after an M-step."""
        ...

    def penalty(self, packed: Any, prior: Any) -> float:
        """Log prior density, nats, up to a constant."""
        ...

    def n_parameters(self, params: str) -> int:
        """Free parameters among `params`."""
        ...

    def sampled(self, states: NDArray, rng: np.random.Generator) -> NDArray:
        """One output for each state."""
        ...

    def split(self, source: int, target: int, packed: Any, rng: np.random.Generator) -> "Emissions":
        """`target` becomes a shaken copy of `source`."""
        ...

    def with_one_more(self) -> "Emissions":
        """Room for one more state."""
        ...


@dataclass(frozen=True, slots=True)
class Parameters:
    """A whole model."""

    chain: Chain
    shared: SharedChain
    emissions: Emissions

    @classmethod
    def of(cls, chain: Chain, emissions: Emissions) -> "Parameters":
        """A model whose shared chain is the mean over symbols."""
        return cls(chain, shared_chain(chain), emissions)


@dataclass(frozen=True, slots=True)
class Prior:
    """Priors of the chain and of the emissions."""

    chain: ChainPrior
    emissions: Any


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run EM."""

    n_iter: int = 100  # full passes at most
    tol_per_step: float = 1e-5  # stop when a pass gains less, in nats a step
    params: str = "stmc"  # what is updated
    n_threads: int = 1
    tol: float | None = None  # the same in nats over all the steps, if given
    device: str | None = None  # of torch; None: the compiled kernels

    def least_gain(self, n_steps: float) -> float:
        """Gain of a pass, in nats over so many steps, below which a fit has converged."""
        return self.tol_per_step * n_steps if self.tol is None else self.tol


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model and how it was reached."""

    parameters: Parameters
    log_likelihood: float  # nats, of the returned parameters
    history: tuple[float, ...]  # objective before each M-step and at the end, nats
    likelihoods: tuple[float, ...]  # the same without the prior
    counts: NDArray[np.float64]  # (K,) expected steps of each state; (0,) before a first pass
    reseeded: tuple[int, ...]  # states re-seeded, in order
    status: Status  # ok where it converged
    cause: str = ""  # why it failed, or what else happened on the way
    statistics: Statistics | None = None  # expected by the returned parameters, if kept
    earlier: int = 0  # passes before the history begins, over part of the data

    @property
    def n_passes(self) -> int:
        """M-steps done in full passes."""
        return self.earlier + len(self.history) - 1

    @property
    def begun(self) -> bool:
        """Whether there was a first pass."""
        return bool(self.counts.size)

    @property
    def converged(self) -> bool:
        """Whether a pass gained too little for another one."""
        return self.status == Status.OK

    @property
    def reason(self) -> str:
        """Words beside the status; they name no state, as numbers of states may change."""
        if self.status == Status.DROPPED:
            return f"dropped after {self.n_passes} passes"
        stopped = self.status == Status.NOT_CONVERGED
        notes = [f"stopped after {self.n_passes} passes" if stopped else "", self.cause]
        if self.reseeded:
            notes.append(f"re-seeded states: {len(set(self.reseeded))}")
        if n_empty := len(emptied_states(self.counts, self.counts.sum())):
            notes.append(f"empty states: {n_empty}")
        return "; ".join(filter(None, notes))


@dataclass(frozen=True, slots=True)
class Monitor:
    """How a fit went."""

    history: tuple[float, ...]  # objective before each M-step and at the end, nats
    log_likelihoods: tuple[float, ...]  # the same without the prior, nats
    converged: bool
    iter: int  # full passes
    n_iter: int  # full passes allowed
    tol: float | None  # as given: nats over all the steps
    reseeded: tuple[int, ...]  # states re-seeded
    status: Status  # ok where it converged
    reason: str  # words beside the status; empty if it converged without any ado
    tol_per_step: float  # nats a step; counts where `tol` is None


def engine_of(parameters: Parameters, source: Source, n_threads: int = 1) -> Engine:
    """The model in the form that runs over packed data."""
    density = parameters.emissions.density(source)
    return Engine.of(parameters.chain, density, source.dtype, n_threads=n_threads)


def expect_all(parameters: Parameters, source: Source, n_threads: int = 1) -> Statistics:
    """Expected statistics of all the parts."""
    engine = engine_of(parameters, source, n_threads)
    parts = (expect(part, engine) for part in source.parts())
    total = next(parts)
    for part in parts:
        total = total + part
    return total


def expectation_of(source: Source, settings: Settings) -> Callable[[Parameters], Statistics]:
    """The E-step over some data by the compiled kernels, or on the device of the settings."""
    if settings.device is None:
        return lambda parameters: expect_all(parameters, source, settings.n_threads)
    # By name: only those who ask for a device need torch, which not every environment has.
    placed = import_module("markovlens.hmm.torch_expectation").Placed.on(source, settings.device)
    return lambda parameters: placed.expect(parameters.chain, parameters.emissions)


def penalty(parameters: Parameters, source: Source, prior: Prior) -> float:
    """Log-prior up to a constant, in nats."""
    chain = chain_penalty(parameters.chain, parameters.shared, prior.chain)
    return chain + parameters.emissions.penalty(source, prior.emissions)


def maximise(
    parameters: Parameters, statistics: Statistics, source: Source, prior: Prior, *, params: str
) -> Parameters:
    """The model after one M-step."""
    chain, shared = update_chain(
        parameters.chain, parameters.shared, statistics, prior.chain, params=params
    )
    emissions = parameters.emissions.updated(
        statistics.moments, source, prior.emissions, params=params
    )
    return Parameters(chain, shared, emissions)


def split_state(
    parameters: Parameters, source: int, target: int, packed: Source, rng: np.random.Generator
) -> Parameters:
    """Let the target take over half of the source; what the target was is lost."""
    chain = parameters.chain
    start, moves = chain.start.copy(), chain.transition.copy()
    start[:, source] += start[:, target]
    moves[:, :, source] += moves[:, :, target]
    moves[:, target] = moves[:, source]
    start[:, source] = start[:, target] = 0.5 * start[:, source]
    moves[:, :, source] = moves[:, :, target] = 0.5 * moves[:, :, source]
    emissions = parameters.emissions.split(source, target, packed, rng)
    return Parameters.of(Chain(start, moves), emissions)


def run_em(
    source: Source,
    parameters: Parameters,
    prior: Prior,
    settings: Settings,
    *,
    rng: np.random.Generator,
    known: Statistics | None = None,
) -> Fit:
    """Full EM passes until the gain is small, ending with an E-step of the final parameters.

    `known` is what the parameters expect of the data, where that is known from an earlier fit.
    """
    history: list[float] = []
    likelihoods: list[float] = []
    reseeded: list[int] = []
    status, cause, settled = Status.NOT_CONVERGED, "", False
    best, expected = parameters, expectation_of(source, settings)
    for iteration in range(settings.n_iter + 1):
        statistics, known = known or expected(parameters), None
        objective = statistics.log_likelihood + penalty(parameters, source, prior)
        if not np.isfinite(objective):
            status, cause, parameters = Status.FAILED, "objective is not finite", best
            break
        history.append(objective)
        likelihoods.append(statistics.log_likelihood)
        logger.debug("pass %d: objective %.6f nats", iteration, objective)
        best, counts = parameters, statistics.moments.count
        gain = np.inf if len(history) < 2 or settled else objective - history[-2]
        if gain < settings.least_gain(source.n_steps):
            status = Status.OK
            break
        if iteration == settings.n_iter:
            break
        parameters = maximise(parameters, statistics, source, prior, params=settings.params)
        empty = _reseedable(counts, reseeded) if "m" in settings.params else []
        parameters = _reseed(parameters, empty, counts, source, prior=prior, rng=rng)
        reseeded.extend(empty)
        settled = bool(empty)
    return Fit(
        parameters,
        likelihoods[-1] if likelihoods else -np.inf,
        tuple(history) or (-np.inf,),
        tuple(likelihoods) or (-np.inf,),
        statistics.moments.count,
        tuple(reseeded),
        status,
        cause,
        statistics,
    )


def _reseed(
    parameters: Parameters,
    empty: list[int],
    counts: NDArray,
    source: Source,
    *,
    prior: Prior,
    rng: np.random.Generator,
) -> Parameters:
    """The model after each emptied state has taken over half of the fullest one."""
    for state in empty:
        split = split_state(parameters, int(np.argmax(counts)), state, source, rng)
        chain = prior.chain.restricted(split.chain, parameters.chain)
        parameters = Parameters.of(chain, split.emissions)
    return parameters


def _reseedable(counts: NDArray, reseeded: list[int]) -> list[int]:
    """Emptied states that still may be re-seeded."""
    empty = emptied_states(counts, counts.sum())
    return [int(state) for state in empty if reseeded.count(int(state)) < RESEEDS_PER_STATE]
