"""Models of stays, their laws, and all ways to cut a sequence into stays."""

import itertools as it

import numpy as np
from scipy.stats import multivariate_normal, nbinom

from helpers.hmm import random_model
from markovlens.hmm import DurationHMM

BIMODAL = np.array([0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5])


def chances(law):
    """(M,) chances to leave after each step for probabilities (M,) of the steps spent."""
    return law / np.cumsum(law[::-1])[::-1]


def model_of(rng, *, dwell="free", n_phases=3, kind="full"):
    """A model with random parameters."""
    own = random_model(rng, kind=kind)
    model = DurationHMM(own, dwell, n_phases)
    model.startprob_, model.means_, model.covariances_ = (
        own.startprob_, own.means_, own.covariances_,
    )  # fmt: skip
    model.transmat_ = own.transmat_ * (1 - np.eye(3))
    model.transmat_ /= model.transmat_.sum(axis=1, keepdims=True)
    columns = n_phases if dwell == "free" else 1
    model.leaving_ = np.tile(rng.uniform(0.2, 0.8, (3, columns)), n_phases // columns)
    return model


def law_of(model, longest):
    """(K, longest) probabilities of 1, 2, .. steps, from what the laws are said to be."""
    steps, m = np.arange(1, longest + 1), model.n_phases
    if model.dwell == "negative_binomial":
        return np.stack([nbinom.pmf(steps - m, m, row[0]) for row in model.leaving_])
    leave = model.leaving_[:, np.minimum(steps, m) - 1]
    return leave * np.cumprod(np.column_stack([np.ones(3), 1 - leave[:, :-1]]), axis=1)


def segmentations(n_steps):
    """Lengths of the stays of every way to cut some steps."""
    for cuts in it.product([False, True], repeat=n_steps - 1):
        edges = [0, *(t + 1 for t, cut in enumerate(cuts) if cut), n_steps]
        yield np.diff(edges)


def enumerate_stays(model, X):
    """State paths (P, T) of all segmentations of one sequence, and their joint log-probability."""
    law = law_of(model, len(X))
    lasting = 1 - np.column_stack([np.zeros(3), np.cumsum(law, axis=1)[:, :-1]])
    normals = zip(model.means_, model.covars_, strict=True)
    density = np.array([multivariate_normal(m, c).logpdf(X) for m, c in normals]).reshape(3, -1)
    density[:, np.isnan(X[:, 0])] = 0.0
    paths, joint = [], []
    with np.errstate(divide="ignore"):
        start, moves, stay, last = map(
            np.log, (model.startprob_, model.transmat_, law, np.maximum(lasting, 0.0))
        )
    for stays in segmentations(len(X)):
        for states in it.product(range(3), repeat=len(stays)):
            chain = start[states[0]] + sum(moves[pair] for pair in it.pairwise(states))
            held = sum(stay[k, r - 1] for k, r in zip(states[:-1], stays[:-1], strict=True))
            path = np.repeat(states, stays)
            paths.append(path)
            seen = density[path, np.arange(len(X))].sum()
            joint.append(chain + held + last[states[-1], stays[-1] - 1] + seen)
    return np.array(paths), np.array(joint)
