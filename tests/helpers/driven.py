"""Models that rows drive, planted at random, and their paths one by one."""

import itertools as it

import numpy as np
from scipy.special import log_softmax
from scipy.stats import multivariate_normal

from markovlens.hmm import GaussianHMM, InputOutputHMM

MEAN, SCALE = np.array([0.5, -2.0]), np.array([1.0, 3.0])


def random_model(rng, *, driven="both", kind="full", k=3, d=2, sharp=1.5, apart=1.0):
    model = InputOutputHMM(GaussianHMM(k, kind, random_state=1, n_iter=60), driven)
    p = 0 if driven == "emissions" else len(MEAN)
    model.intercept_, model.start_intercept_ = rng.normal(size=(k, k)), rng.normal(size=k)
    model.coef_ = sharp * rng.normal(size=(k, k, p))
    model.start_coef_ = sharp * rng.normal(size=(k, p))
    model.means_ = apart * rng.normal(size=(k, d))
    model.slopes_ = rng.normal(size=(k, d, len(MEAN)))
    spread = rng.uniform(0.3, 1.0, size=(k, d))
    model.covariances_ = {
        "spherical": spread[:, 0],
        "diag": spread,
        "tied": np.diag(spread[0]) + 0.1,
        "full": np.eye(d) * spread[:, :, None] + 0.1,
    }[kind]
    model.input_mean_, model.input_scale_ = MEAN, SCALE
    return model


def rows(rng, n):
    return MEAN + SCALE * rng.normal(size=(n, 2))


def drawn(rng, model, lengths):
    inputs = rows(rng, sum(lengths))
    parts = np.split(inputs, np.cumsum(lengths)[:-1])
    pairs = [model.sample(part, rng) for part in parts]
    return np.concatenate([x for x, _ in pairs]), inputs, np.concatenate([z for _, z in pairs])


def enumerated(model, X, inputs):
    """Every path of a sequence and its joint log-probability, from the definition alone."""
    k, u = model.hmm.n_components, np.nan_to_num((inputs - MEAN) / SCALE)
    read = u if model.driven != "emissions" else u[:, :0]
    paths = np.array(list(it.product(range(k), repeat=len(X))))
    start = log_softmax(model.start_intercept_ + model.start_coef_ @ read[0])
    joint = start[paths[:, 0]]
    for t in range(len(X)):
        if t > 0:
            moves = log_softmax(model.intercept_ + model.coef_ @ read[t], axis=1)
            joint = joint + moves[paths[:, t - 1], paths[:, t]]
        if not np.isnan(X[t, 0]):
            shift = model.slopes_ @ u[t] if model.driven != "transitions" else 0.0 * model.means_
            normals = zip(model.means_ + shift, model.covars_, strict=True)
            density = np.array([multivariate_normal(m, c).logpdf(X[t]) for m, c in normals])
            joint = joint + density[paths[:, t]]
    return paths, joint
