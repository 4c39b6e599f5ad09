"""Shared helpers: small models, and the slow obvious answers by enumeration."""

import itertools as it

import numpy as np
from scipy.stats import multivariate_normal

from markovlens.hmm import GaussianHMM

KINDS = ("spherical", "diag", "tied", "full")
PLAIN = {"covars_prior": 0.0, "covars_weight": 0.0, "means_weight": 0.0, "min_covar": 0.0}


def in_shape(kind, covariance, n_states):
    """One covariance in the shape of its kind."""
    variances = np.diag(covariance)
    return {
        "spherical": np.full(n_states, variances.mean()),
        "diag": np.tile(variances, (n_states, 1)),
        "tied": covariance,
        "full": np.tile(covariance, (n_states, 1, 1)),
    }[kind]


def set_parameters(model, X, *, seed=0):
    """Give a model the same start whatever its library."""
    rng = np.random.default_rng(seed)
    k = model.n_components
    rows = X[~np.isnan(X[:, 0])]
    model.startprob_ = np.full(k, 1 / k)
    model.transmat_ = 0.5 * np.eye(k) + 0.5 / k
    model.means_ = rows[rng.choice(len(rows), k, replace=False)].copy()
    model.covars_ = in_shape(model.covariance_type, np.atleast_2d(np.cov(rows.T)), k)
    return model


def random_model(rng, *, kind="full", n_states=3, n_features=2, n_symbols=None):
    """A model with random parameters."""
    roots = rng.normal(size=(n_states, n_features, n_features))
    covariance = roots @ roots.transpose(0, 2, 1) + 0.3 * np.eye(n_features)
    model = GaussianHMM(n_states, kind, transitions="shared" if n_symbols is None else "input")
    shape = () if n_symbols is None else (n_symbols,)
    model.startprob_ = rng.dirichlet(np.ones(n_states), shape or None)
    model.transmat_ = rng.dirichlet(np.ones(n_states), (*shape, n_states))
    model.means_ = rng.normal(size=(n_states, n_features))
    variances = np.diagonal(covariance, axis1=1, axis2=2)
    model.covars_ = {
        "spherical": variances.mean(axis=1),
        "diag": variances,
        "tied": covariance[0],
        "full": covariance,
    }[kind]
    return model


def enumerate_paths(model, X, inputs=None):
    """Every path of one sequence (K**T, T) and its joint log-probability, missing rows as one."""
    n_states, n_steps = model.n_components, len(X)
    inputs = np.zeros(n_steps, int) if inputs is None else inputs
    start = np.log(model.startprob_.reshape(-1, n_states))
    moves = np.log(model.transmat_.reshape(-1, n_states, n_states))
    paths = np.array(list(it.product(range(n_states), repeat=n_steps)))
    joint = start[inputs[0], paths[:, 0]]
    for t in range(n_steps):
        if t > 0:
            joint = joint + moves[inputs[t], paths[:, t - 1], paths[:, t]]
        if not np.isnan(X[t, 0]):
            normals = zip(model.means_, model.covars_, strict=True)
            density = np.array([multivariate_normal(m, c).logpdf(X[t]) for m, c in normals])
            joint = joint + density[paths[:, t]]
    return paths, joint


def planted(rng, *, n_states, n_features, n_sequences, n_steps, noise=1.0, distance=4.0):
    """Activations of a planted chain behind a random projection; states and lengths too."""
    latent = distance * rng.normal(size=(n_states, n_features))
    moves = 0.8 * np.eye(n_states) + 0.2 * rng.dirichlet(np.ones(n_states), n_states)
    edges = np.cumsum(moves, axis=1)
    states = np.empty((n_sequences, n_steps), int)
    states[:, 0] = rng.integers(n_states, size=n_sequences)
    for t in range(1, n_steps):
        draws = rng.random(n_sequences)[:, None]
        states[:, t] = np.minimum((draws > edges[states[:, t - 1]]).sum(axis=1), n_states - 1)
    flat = states.ravel()
    X = latent[flat] + noise * rng.normal(size=(len(flat), n_features))
    return X @ rng.normal(size=(n_features, n_features)), flat, np.full(n_sequences, n_steps)
