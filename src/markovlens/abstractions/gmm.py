"""Gaussian mixtures of hidden states: the HMM without memory of its own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from markovlens.abstractions.base import Evidence, Fitted, Likelihood, Options, each_size
from markovlens.abstractions.clusters import Clusters, shared_clusters
from markovlens.abstractions.counting import build_machine
from markovlens.errors import reason_of
from markovlens.hmm.criteria import (
    check_criterion,
    compared,
    effective_steps,
    levelled,
    mean_by_step,
)
from markovlens.hmm.packing import pack
from markovlens.sequences import starts_of
from markovlens.status import Status
from markovlens.trace import Trace

REGULARISATION = 1e-6  # scikit-learn's own, in squared units of the states


def fit(
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the machine counted over the posteriors of a mixture of each size.

    EM begins at the k-means clusters, the best of `options.restarts`. Moves are weighted by the
    posteriors of both steps, as if neighbouring steps were independent given their activations.
    Sizes are compared by the criterion of the options, of the mixtures as they are: of each there
    is one, so that `eml` is half of its BIC and has no error.
    """
    check_criterion(options.criterion, has_valid=True, n_sizes=len(n_states))
    fitted = _fit_each(evidence, n_states=n_states, rng=rng, options=options)
    made = {size: fit for size, fit in fitted.items() if isinstance(fit, Fitted)}
    if not made:
        return fitted
    trace = evidence.train
    rows = pd.DataFrame([row for fit in made.values() for row in fit.rows])
    differing = effective_steps(pack(trace.states, trace.lengths))
    table = compared(rows, n_observed=trace.n_steps, n_effective=differing)
    try:
        levels = levelled(table, options.criterion)
    except ValueError as error:
        return dict.fromkeys(n_states, reason_of(error))
    records = table.to_dict("records")
    for (size, fit), level, record in zip(made.items(), levels, records, strict=True):
        row = {str(key): value for key, value in record.items()}
        fitted[size] = replace(fit, rows=[row], criterion=float(level))
    return fitted


@each_size
def _fit_each(
    evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options
) -> Fitted:
    """Return the mixture of one size, without what sizes are compared by."""
    trace = evidence.train
    points = np.asarray(trace.states, dtype=np.float64)
    clusters = shared_clusters(evidence, n_states, options)
    seed = int(rng.integers(2**31))
    mixtures = [
        _mixture(points, clusters, kind, most=options.max_iterations, seed=seed)
        for kind in options.covariance
    ]
    mixture = min(mixtures, key=lambda one: one.bic(points))

    def belief(read: Trace) -> np.ndarray:
        return mixture.predict_proba(np.asarray(read.states, dtype=np.float64))

    row = {
        "covariance": mixture.covariance_type,
        "n_states": n_states,
        **_criteria(mixture, points),
        **_held_out(mixture, evidence.valid),
        "iterations": int(mixture.n_iter_),
        "status": Status.OK if mixture.converged_ else Status.NOT_CONVERGED,
        "reason": "" if mixture.converged_ else f"stopped after {mixture.n_iter_} passes",
    }
    machine = build_machine(trace, belief(trace), deterministic=False)
    by_sequence = np.add.reduceat(mixture.score_samples(points), starts_of(trace.lengths))
    likelihood = Likelihood(by_sequence, row["n_parameters"])
    return Fitted(machine, lambda read: belief(read).argmax(axis=1), [row], likelihood=likelihood)


def _criteria(mixture: GaussianMixture, points: np.ndarray) -> dict[str, Any]:
    """Return what scikit-learn says of a mixture and the points (N, D) that it was fitted on."""
    by_step, bic, aic = mixture.score_samples(points), mixture.bic(points), mixture.aic(points)
    likeliest = np.log(mixture.predict_proba(points).max(axis=1))
    return {
        "n_parameters": round(aic / 2 + by_step.sum()),  # which it does not tell otherwise
        "log_likelihood": float(by_step.sum()),
        "bic": float(bic),
        "aic": float(aic),
        "icl": float(bic - 2 * likeliest.sum()),
    }


def _held_out(mixture: GaussianMixture, valid: Trace | None) -> dict[str, float]:
    """Return the score of held-out sequences, nats a step, and its error over sequences."""
    if valid is None:
        return {"heldout": np.nan, "heldout_error": np.nan}
    by_step = mixture.score_samples(np.asarray(valid.states, dtype=np.float64))
    sums = np.add.reduceat(by_step, starts_of(valid.lengths))
    mean, error = mean_by_step(sums, valid.lengths)
    return {"heldout": mean, "heldout_error": error}


def _mixture(
    points: np.ndarray, clusters: Clusters, kind: str, *, most: int, seed: int
) -> GaussianMixture:
    mixture = GaussianMixture(
        len(clusters.centres),
        covariance_type=kind,
        max_iter=most,
        init_params="random_from_data",  # what is given below replaces all of it
        random_state=seed,
        weights_init=np.bincount(clusters.labels) / len(points),
        means_init=clusters.centres,
        precisions_init=precisions(points, clusters, kind),
    )
    with warnings.catch_warnings():
        # Whether it converged is in the row; a dead network's points coincide.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(points)


def precisions(points: np.ndarray, clusters: Clusters, kind: str) -> np.ndarray:
    """Return the inverse covariances within clusters, in scikit-learn's shape for `kind`.

    `REGULARISATION` is added to every variance: a cluster may be a single point.
    """
    n_features = points.shape[1]
    around = points - clusters.centres[clusters.labels]
    counts = np.bincount(clusters.labels)
    ridge = REGULARISATION * np.eye(n_features)
    if kind == "tied":
        return np.linalg.inv(around.T @ around / len(points) + ridge)
    groups = [around[clusters.labels == k] for k in range(len(counts))]
    if kind == "full":
        return np.stack([np.linalg.inv(g.T @ g / len(g) + ridge) for g in groups])
    variances = np.stack([np.square(g).mean(axis=0) for g in groups]) + REGULARISATION
    return 1 / (variances if kind == "diag" else variances.mean(axis=1))
