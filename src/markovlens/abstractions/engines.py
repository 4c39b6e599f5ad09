"""hmmlearn in place of our own EM, behind the same sweep: its fits in our tables and machines.

hmmlearn begins at clusters of its own and runs every restart to its end. All that is ours is what
is compared: the priors, the tolerance, the count of parameters, the scores, the numbers of states.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.errors import reason_of
from markovlens.hmm import GaussianHMM
from markovlens.hmm.em import Fit, Parameters, Prior, run_em
from markovlens.hmm.lattices import Chain
from markovlens.hmm.restarts import (
    Candidate,
    Fitting,
    Plan,
    new_model,
    ranked,
    unfitted,
)
from markovlens.hmm.sizes import fit_sizes
from markovlens.seeding import integer
from markovlens.status import Status

if TYPE_CHECKING:
    import hmmlearn.hmm

Data = tuple[np.ndarray, np.ndarray]
"""States (N, D) and the lengths of their sequences."""


def fitting_of(engine: str, states: np.ndarray, lengths: np.ndarray) -> Fitting:
    """Return what fits all sizes of a sweep over states (N, D); `engine` is of `base.ENGINES`."""
    return fit_sizes if engine == "ours" else _hmmlearn_on(states, lengths)


def _hmmlearn_on(states: np.ndarray, lengths: np.ndarray) -> Fitting:
    data = (np.asarray(states, dtype=np.float64), lengths)

    def fit_each(
        plan: Plan, kind: str, sizes: Sequence[int], shown: Callable[[int], None]
    ) -> dict[int, list[Candidate]]:
        fitted: dict[int, list[Candidate]] = {}
        for done, size in enumerate(sizes, start=1):
            model = new_model(plan, kind, size)
            numbers = range(plan.restarts)
            fitted[size] = ranked(plan, [_restart(plan, model, n, data) for n in numbers])
            shown(done)
        return fitted

    return fit_each


def _restart(plan: Plan, model: GaussianHMM, number: int, data: Data) -> Candidate:
    """Return one fit of hmmlearn with the settings of `model`, which takes over its parameters."""
    seeds = np.random.SeedSequence(
        [plan.seed, model.n_components, number, len(model.covariance_type)]
    )
    prior = model.prior_for(plan.packed)
    theirs = _estimator(model, prior, tol=model.settings().least_gain(len(data[0])), seeds=seeds)
    with _listening() as said:
        try:
            theirs.fit(*data)
            theirs.score(*data)  # refuses what a fit may leave: rows without a sum
            fit = _taken_over(plan, model, prior, theirs)
        except (ValueError, np.linalg.LinAlgError) as error:
            fit = _failed(plan, model, prior, error, rng=np.random.default_rng(seeds))
    words = dict.fromkeys([*filter(None, [fit.cause]), *said])  # each once
    fit = replace(fit, cause="; ".join(words))
    return Candidate(number, _anywhere(fit.parameters), fit)


def _estimator(
    model: GaussianHMM, prior: Prior, *, tol: float, seeds: np.random.SeedSequence
) -> hmmlearn.hmm.GaussianHMM:
    """Return hmmlearn's estimator of the same problem.

    Its own priors are in the data's units, and one number as a prior of full covariances is added
    to all their entries, not to the diagonal (hmmlearn 0.3.3); so it is given ours, as matrices.
    """
    import hmmlearn.hmm  # here, because our own engine does without

    return hmmlearn.hmm.GaussianHMM(
        model.n_components,
        model.covariance_type,
        min_covar=float(prior.emissions.floor.max()),
        covars_prior=prior.emissions.scale,
        covars_weight=model.covars_weight,
        n_iter=model.n_iter,
        tol=tol,
        random_state=integer(seeds),
    )


def _taken_over(
    plan: Plan, model: GaussianHMM, prior: Prior, theirs: hmmlearn.hmm.GaussianHMM
) -> Fit:
    """Return the fit with hmmlearn's parameters and way, scored once more at its end.

    hmmlearn says that it converged when it ran out of passes or its likelihood fell, too (0.3.3);
    here it did where the last gain it saw is within the tolerance, up or down.
    """
    model.startprob_, model.transmat_ = theirs.startprob_, theirs.transmat_
    repeats = len(theirs.covars_) // model.n_components  # D of spherical ones, once else (0.3.3)
    model.means_, model.covars_ = theirs.means_, theirs.covars_[::repeats]
    settings = replace(model.settings(), n_iter=0)
    end = run_em(plan.packed, model.parameters(), prior, settings, rng=np.random.default_rng(0))
    if end.status == Status.FAILED:
        return end
    history = (*theirs.monitor_.history, end.log_likelihood)
    settled = len(history) > 2 and abs(history[-2] - history[-3]) < theirs.tol
    status = Status.OK if settled else Status.NOT_CONVERGED
    return replace(end, history=history, likelihoods=history, status=status)


def _failed(
    plan: Plan, model: GaussianHMM, prior: Prior, error: Exception, *, rng: np.random.Generator
) -> Fit:
    """Return the fit of which there is nothing but the reason."""
    start = model.start_for(plan.packed, prior, rng)
    return replace(unfitted(start), status=Status.FAILED, cause=reason_of(error))


def _anywhere(parameters: Parameters) -> Parameters:
    """Return the same outputs with a chain that forbids nothing, so that BIC counts all of it."""
    k = parameters.chain.n_states
    return Parameters.of(
        Chain(np.full((1, k), 1 / k), np.full((1, k, k), 1 / k)), parameters.emissions
    )


class _Listener(logging.Handler):
    """Keeps the first line of each message."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.said.append(record.getMessage().splitlines()[0])


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Give the list of what hmmlearn logs and warns of, which is complete afterwards."""
    logger, listener = logging.getLogger("hmmlearn"), _Listener()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(listener)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            for kind in (RuntimeWarning, UserWarning):
                warnings.simplefilter("always", kind)
            yield listener.said
        listener.said += [str(each.message).splitlines()[0] for each in caught]
    finally:
        logger.removeHandler(listener)
        logger.propagate = propagated
