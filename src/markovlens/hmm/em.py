"""Expectation-maximisation in full passes.

What is monitored is what is optimised: log-likelihood plus log-prior, in nats. It never decreases
from one full pass to the next unless an emptied state was re-seeded in between, which is reported.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.chains import chain_penalty, update_chain
from markovlens.hmm.expectation import Statistics, expect
from markovlens.hmm.lattices import Engine
from markovlens.hmm.leaps import leap, leap_factor
from markovlens.hmm.packing import Source
from markovlens.hmm.parameters import Parameters, Prior
from markovlens.hmm.reseeding import emptied_states, reseed, reseedable
from markovlens.status import Status

NOT_FINITE = "objective is not finite"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run EM."""

    n_iter: int = 100  # full passes at most
    tol_per_step: float = 1e-5  # stop when a pass gains less, in nats a step
    params: str = "stmc"  # what is updated
    n_threads: int = 1
    tol: float | None = None  # the same in nats over all the steps, if given
    device: str | None = None  # of torch; None: the compiled kernels
    leaps: bool = False  # whether a pass may go further than its M-step, see `leaps`

    def least_gain(self, n_steps: float) -> float:
        """Gain of a pass, in nats over so many steps, below which a fit has converged."""
        return self.tol_per_step * n_steps if self.tol is None else self.tol


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model and how it was reached."""

    parameters: Parameters
    history: tuple[float, ...]  # objective before each M-step and at the end, nats
    likelihoods: tuple[float, ...]  # the same without the prior
    statistics: Statistics | None  # expected under the parameters; None before a first pass
    reseeded: tuple[int, ...]  # states re-seeded, in order
    status: Status  # ok where it converged
    cause: str = ""  # why it failed, or what else happened on the way
    refused: int = 0  # passes of leaps that lost ground
    spare: int = 0  # passes of other fits that were tried in its place
    leapt: int = 0  # passes done at the last leap

    @property
    def log_likelihood(self) -> float:
        """Nats, of the parameters."""
        return self.likelihoods[-1]

    @property
    def counts(self) -> NDArray[np.float64]:
        """(K,) expected steps of each state; (0,) before a first pass."""
        return np.empty(0) if self.statistics is None else self.statistics.moments.count

    @property
    def n_passes(self) -> int:
        """M-steps done in full passes."""
        return len(self.history) - 1

    @property
    def n_spent(self) -> int:
        """Full passes in all, with those that led to nothing."""
        return self.n_passes + self.refused + self.spare

    @property
    def begun(self) -> bool:
        """Whether there was a first pass."""
        return self.statistics is not None

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
    from markovlens.hmm.torch_expectation import Placed  # here, because it imports torch

    placed = Placed.on(source, settings.device)
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


def run_em(
    source: Source,
    parameters: Parameters,
    prior: Prior,
    settings: Settings,
    *,
    rng: np.random.Generator,
    begun: Fit | None = None,
) -> Fit:
    """Full EM passes until the gain is small, ending with an E-step of the final parameters.

    A fit that has `begun` goes on where it stands, from its own parameters; what the settings allow
    is counted from its first pass.
    """
    run = _Run(source, prior, settings, expectation_of(source, settings), rng)
    fit = begun or _first_step(run, parameters)
    while fit.status == Status.NOT_CONVERGED and fit.n_passes + fit.refused < settings.n_iter:
        fit = _next_pass(run, fit)
        logger.debug("pass %d: objective %.6f nats", fit.n_passes, fit.history[-1])
    return fit


def unfitted(start: Parameters) -> Fit:
    """The empty history of a fit that has not begun."""
    none = (-np.inf,)
    return Fit(start, none, none, None, (), Status.NOT_CONVERGED)


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same over the passes of one call."""

    source: Source
    prior: Prior
    settings: Settings
    expected: Callable[[Parameters], Statistics]
    rng: np.random.Generator

    def judged(self, parameters: Parameters) -> tuple[Statistics, float]:
        """Expected statistics, and the objective in nats."""
        statistics = self.expected(parameters)
        return statistics, statistics.log_likelihood + penalty(parameters, self.source, self.prior)


def _first_step(run: _Run, parameters: Parameters) -> Fit:
    """The fit before its first M-step."""
    statistics, objective = run.judged(parameters)
    if not np.isfinite(objective):
        return replace(unfitted(parameters), status=Status.FAILED, cause=NOT_FINITE)
    likelihoods = (statistics.log_likelihood,)
    return Fit(parameters, (objective,), likelihoods, statistics, (), Status.NOT_CONVERGED)


def _next_pass(run: _Run, fit: Fit) -> Fit:
    """The fit after one more M-step and the E-step that judges it."""
    source, prior, settings = run.source, run.prior, run.settings
    statistics: Any = fit.statistics  # a first step was done
    plain = maximise(fit.parameters, statistics, source, prior, params=settings.params)
    empty = reseedable(fit.counts, fit.reseeded) if "m" in settings.params else []
    if not empty and settings.leaps and (factor := leap_factor(fit.history, fit.leapt)):
        leapt = leap(fit.parameters, plain, factor, prior)
        statistics, objective = run.judged(leapt)
        fit = replace(fit, leapt=fit.n_passes + 1)
        if objective >= fit.history[-1]:
            return _gone_on(fit, leapt, statistics, objective)
        fit = replace(fit, refused=fit.refused + 1)
        if fit.n_passes + fit.refused == settings.n_iter:
            return fit
    plain = reseed(plain, empty, fit.counts, source, prior=prior, rng=run.rng)
    statistics, objective = run.judged(plain)
    if not np.isfinite(objective):
        return replace(fit, status=Status.FAILED, cause=NOT_FINITE)
    settled = not empty and objective - fit.history[-1] < settings.least_gain(source.n_steps)
    fit = replace(fit, reseeded=(*fit.reseeded, *empty))
    fit = _gone_on(fit, plain, statistics, objective)
    return replace(fit, status=Status.OK) if settled else fit


def _gone_on(fit: Fit, parameters: Parameters, statistics: Statistics, objective: float) -> Fit:
    """The fit with one more pass."""
    return replace(
        fit,
        parameters=parameters,
        statistics=statistics,
        history=(*fit.history, objective),
        likelihoods=(*fit.likelihoods, statistics.log_likelihood),
    )
