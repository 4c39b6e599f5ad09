"""Gaussian mixtures of hidden states: the HMM without memory of its own."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from markovlens.abstractions.base import Evidence, Fitted, Likelihood, Options, each_size
from markovlens.abstractions.clusters import Clusters, shared_clusters
from markovlens.abstractions.counting import build_machine
from markovlens.sequences import starts_of
from markovlens.status import Status
from markovlens.trace import Trace

REGULARISATION = 1e-6  # scikit-learn's own, in squared units of the states


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the machine counted over the posteriors of a mixture with `n_states` components.

    EM begins at the k-means clusters, the best of `options.restarts`. Moves are weighted by the
    posteriors of both steps, as if neighbouring steps were independent given their activations.
    Sizes are compared by the mixture's own BIC.
    """
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

    scores = mixture.score_samples(points)
    by_sequence = np.add.reduceat(scores, starts_of(trace.lengths))
    bic = float(mixture.bic(points))
    n_parameters = round((bic + 2 * by_sequence.sum()) / np.log(len(points)))
    row = {
        "covariance": mixture.covariance_type,
        "n_states": n_states,
        "log_likelihood": float(by_sequence.sum()),
        "bic": bic,
        "aic": float(mixture.aic(points)),
        "iterations": int(mixture.n_iter_),
        "status": Status.OK if mixture.converged_ else Status.NOT_CONVERGED,
        "reason": "" if mixture.converged_ else f"stopped after {mixture.n_iter_} passes",
    }
    machine = build_machine(trace, belief(trace), deterministic=False)
    likelihood = Likelihood(by_sequence, n_parameters)
    return Fitted(machine, lambda read: belief(read).argmax(axis=1), [row], bic, likelihood)


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
