"""The M-step of the hidden chain: priors, structural zeros, shrinkage of input-driven matrices.

With expected counts n_s(i, j) of symbol s the penalised objective of a row i is

    sum_sj [n_s(i, j) + alpha(i, j) - 1 + sticky (i = j)] log A_s(i, j)
    - strength sum_s KL(A_0(i, .) || A_s(i, .))

where A_0 is the shared matrix. It is maximised in turn over the A_s (counts plus strength A_0) and
over A_0 (their normalised geometric mean), so that EM never decreases it. Rows that a symbol never
visits become A_0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from markovlens.hmm.expectation import Statistics
from markovlens.hmm.lattices import Chain


@dataclass(frozen=True, slots=True)
class ChainPrior:
    """Pseudo-counts and zeros of the chain."""

    start: NDArray  # (K,) Dirichlet parameters less one
    transition: NDArray  # (K, K) Dirichlet parameters less one, sticky part included
    strength: float  # pseudo-steps by which each symbol's row is drawn to the shared one
    start_allowed: NDArray[np.bool_]  # (K,)
    transition_allowed: NDArray[np.bool_]  # (K, K)


@dataclass(frozen=True, slots=True)
class SharedChain:
    """The chain to which each symbol's is drawn."""

    start: NDArray[np.float64]  # (K,)
    transition: NDArray[np.float64]  # (K, K)


def chain_prior(
    n_states: int,
    *,
    start: float | NDArray = 1.0,
    transition: float | NDArray = 1.0,
    sticky: float = 0.0,
    strength: float = 0.0,
    mask: NDArray | None = None,
) -> ChainPrior:
    """Checked prior of the chain; `start` and `transition` are Dirichlet parameters, at least 1."""
    shape = (n_states, n_states)
    starts = np.broadcast_to(np.asarray(start, float), (n_states,)) - 1.0
    moves = np.broadcast_to(np.asarray(transition, float), shape) - 1.0 + sticky * np.eye(n_states)
    if starts.min() < 0 or moves.min() < 0 or strength < 0:
        raise ValueError(
            "startprob_prior, transmat_prior: expected at least 1, sticky and input_strength at "
            "least 0, got less; use 1 and 0 for no prior (zeros are set by transmat_mask)"
        )
    allowed = np.ones(shape, bool) if mask is None else np.asarray(mask, bool)
    if allowed.shape != shape or not allowed.any(axis=1).all():
        raise ValueError(
            f"transmat_mask: expected shape {shape} with a permitted move in every row, got shape "
            f"{allowed.shape}; True marks a permitted move"
        )
    return ChainPrior(
        starts, np.where(allowed, moves, 0.0), strength, np.ones(n_states, bool), allowed
    )


def normalise_rows(weights: NDArray, fallback: NDArray) -> NDArray[np.float64]:
    """Rows over their sum; rows without weight become the fallback's."""
    total = weights.sum(axis=-1, keepdims=True)
    empty = total <= 0.0
    return np.where(empty, fallback, weights / np.where(empty, 1.0, total))


def draw_together(rows: NDArray, before: NDArray) -> NDArray[np.float64]:
    """Normalised geometric mean over the first axis of (V, ..., K) probabilities."""
    with np.errstate(divide="ignore"):
        logs = np.log(rows).mean(axis=0)
    top = logs.max(axis=-1, keepdims=True)
    weights = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
    return normalise_rows(weights, before)


def shared_chain(chain: Chain) -> SharedChain:
    """The shared chain of a starting point: the mean over symbols."""
    return SharedChain(chain.start.mean(axis=0), chain.transition.mean(axis=0))


def update_chain(
    chain: Chain, shared: SharedChain, statistics: Statistics, prior: ChainPrior, *, params: str
) -> tuple[Chain, SharedChain]:
    """The chain after an M-step; `params` holds s and t for what may change."""
    strength = prior.strength if len(chain.start) > 1 else 0.0
    start, transition = chain.start, chain.transition
    common_start, common = shared.start, shared.transition
    if "s" in params:
        counts = statistics.start + prior.start + strength * common_start
        start = normalise_rows(counts * prior.start_allowed, start)
        common_start = draw_together(start, common_start) if strength else start.mean(axis=0)
    if "t" in params:
        counts = statistics.transition + prior.transition + strength * common
        transition = normalise_rows(counts * prior.transition_allowed, transition)
        common = draw_together(transition, common) if strength else transition.mean(axis=0)
    return Chain(start, transition), SharedChain(common_start, common)


def chain_penalty(chain: Chain, shared: SharedChain, prior: ChainPrior) -> float:
    """Log-prior of the chain up to a constant, in nats."""
    total = xlogy(prior.start, chain.start).sum() + xlogy(prior.transition, chain.transition).sum()
    if len(chain.start) > 1 and prior.strength > 0.0:
        total -= prior.strength * _divergence(shared.start, chain.start)
        total -= prior.strength * _divergence(shared.transition, chain.transition)
    return float(total)


def _divergence(common: NDArray, rows: NDArray) -> float:
    """Sum of KL(common || rows_s) over symbols and rows."""
    return float((xlogy(common, common) - xlogy(common, rows)).sum())


def chain_parameters(chain: Chain, support: Chain, params: str) -> int:
    """Free parameters of the chain, given where it may be non-zero."""
    free = 0
    if "s" in params:
        free += int((support.start > 0).sum()) - len(chain.start)
    if "t" in params:
        rows = chain.transition.shape[0] * chain.transition.shape[1]
        free += int((support.transition > 0).sum()) - rows
    return free


def support_of(chain: Chain, prior: ChainPrior) -> Chain:
    """Zero where a probability is zero at the start of a fit and can never become positive."""
    strength = prior.strength if len(chain.start) > 1 else 0.0
    start = chain.start + prior.start + strength * chain.start.mean(axis=0)
    moves = chain.transition + prior.transition + strength * chain.transition.mean(axis=0)
    return Chain(start * prior.start_allowed, moves * prior.transition_allowed)
