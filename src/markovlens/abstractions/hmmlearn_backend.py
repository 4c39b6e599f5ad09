"""Gaussian HMMs from hmmlearn, made safe for activations that pile up on points."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from hmmlearn.hmm import GaussianHMM
from hmmlearn.stats import log_multivariate_normal_density

from markovlens.sequences import by_step

RELATIVE_FLOOR = 1e-3


@dataclass(frozen=True, slots=True)
class GaussianFit:
    """One fitted Gaussian HMM.

    Attributes:
        start: (K,); transition: (K, K); means: (K, D); covariances: as hmmlearn's type has them.
        covariance: hmmlearn's covariance type.
        log_likelihood: nats, of all training sequences, after the last M-step.
        bic, aic, icl: lower is better.
        iterations: EM iterations done.
        converged: whether EM stopped by its tolerance.
    """

    start: np.ndarray
    transition: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    covariance: str
    log_likelihood: float
    bic: float
    aic: float
    icl: float
    iterations: int
    converged: bool

    def emission_log_density(self, states: np.ndarray) -> np.ndarray:
        """Return log p(h_t | z_t = k), (N, K), nats."""
        return log_multivariate_normal_density(
            states, self.means, self.covariances, self.covariance
        )

    def filter(self, states: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return P(z_t | h_1..h_t) (N, K) and the log-likelihood (S,) of each sequence, nats."""
        log_density = self.emission_log_density(states)
        peak = log_density.max(axis=1)
        density = np.exp(log_density - peak[:, None])
        belief = np.empty_like(density)
        log_likelihood = np.zeros(len(lengths))
        for step, (active, rows) in enumerate(by_step(lengths)):
            prior = belief[rows - 1] @ self.transition if step else self.start
            joint = np.maximum(prior, np.finfo(float).tiny) * density[rows]
            evidence = joint.sum(axis=1)
            belief[rows] = joint / evidence[:, None]
            log_likelihood[active] += np.log(evidence) + peak[rows]
        return belief, log_likelihood


class _Floored(GaussianHMM):  # type: ignore[misc]  # hmmlearn has no types
    """hmmlearn's model with a real variance floor: its `min_covar` counts only at the start."""

    floor = 0.0

    def _do_mstep(self, stats: dict) -> None:
        super()._do_mstep(stats)
        self._covars_: np.ndarray = _with_floor(self._covars_, self.covariance_type, self.floor)


def fit_gaussian(
    states: np.ndarray,
    lengths: np.ndarray,
    *,
    n_states: int,
    covariance: str,
    max_iterations: int,
    seed: int,
) -> GaussianFit:
    """Return one EM fit from one random start.

    Raises:
        ValueError, LinAlgError: hmmlearn could not go on; the caller records it as a failed fit.
    """
    model = _Floored(
        n_states,
        covariance,
        n_iter=max_iterations,
        tol=1e-5 * len(states),
        random_state=seed,
        implementation="scaling",
        min_covar=0.0,
    )
    model.floor = RELATIVE_FLOOR * states.var(axis=0).mean()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(states, lengths)
    return _result(model, states, lengths)


def _result(model: GaussianHMM, states: np.ndarray, lengths: np.ndarray) -> GaussianFit:
    log_likelihood, posterior = model.score_samples(states, lengths)
    n_parameters = sum(model._get_n_fit_scalars_per_param().values())
    bic = n_parameters * np.log(len(states)) - 2 * log_likelihood
    entropy = -(posterior * np.log(np.maximum(posterior, 1e-300))).sum()
    return GaussianFit(
        start=model.startprob_,
        transition=model.transmat_,
        means=model.means_,
        covariances=model._covars_,
        covariance=model.covariance_type,
        log_likelihood=float(log_likelihood),
        bic=float(bic),
        aic=float(2 * n_parameters - 2 * log_likelihood),
        icl=float(bic + 2 * entropy),
        iterations=model.monitor_.iter,
        converged=bool(model.monitor_.converged),
    )


def _with_floor(covariances: np.ndarray, kind: str, floor: float) -> np.ndarray:
    if kind in ("spherical", "diag"):
        return np.maximum(covariances, floor)
    values, vectors = np.linalg.eigh(covariances)
    return (vectors * np.maximum(values, floor)[..., None, :]) @ vectors.swapaxes(-1, -2)
