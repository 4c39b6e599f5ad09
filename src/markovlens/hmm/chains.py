"""The M-step of the hidden chain: priors, structural zeros, shrinkage of input-driven matrices.

With expected counts n_s(i, j) of symbol s the penalised objective of a row i is

    sum_sj [n_s(i, j) + alpha(i, j) - 1 + sticky (i = j)] log A_s(i, j)
    - strength sum_s KL(A_0(i, .) || A_s(i, .))

where A_0 is the shared matrix. It is maximised in turn over the A_s (counts plus strength A_0) and
over A_0 (their normalised geometric mean), so that EM never decreases it. Rows that a symbol never
visits become A_0. `sticky` is the kappa of Fox et al. (2011, Annals of Applied Statistics 5(2A)),
here of a given number of states and maximised, not sampled.

Structural zeros stay zeros, whatever the priors add: those of a mask, and those of probabilities
that were given. A symbol's row is drawn to A_0 over its own support alone: the divergence is the
sum over the moves that the symbol allows, and A_0 its maximiser over what some symbol allows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, xlogy

from markovlens.hmm.expectation import Statistics
from markovlens.hmm.lattices import Chain

NEWTON_STEPS, NEWTON_TOLERANCE = 50, 1e-13
"""Bounds of the search for a shared row: one step is enough where all symbols allow the same."""


def normalise_rows(weights: NDArray, fallback: NDArray) -> NDArray[np.float64]:
    """Rows over their sum; rows without weight become the fallback's."""
    total = weights.sum(axis=-1, keepdims=True)
    empty = total <= 0.0
    return np.where(empty, fallback, weights / np.where(empty, 1.0, total))


@dataclass(frozen=True, slots=True)
class ChainPrior:
    """Pseudo-counts and zeros of the chain."""

    start: NDArray  # (K,) Dirichlet parameters less one
    transition: NDArray  # (K, K) Dirichlet parameters less one, sticky part included
    strength: float  # pseudo-steps by which each symbol's row is drawn to the shared one
    start_allowed: NDArray[np.bool_]  # (V, K), V = 1 for all symbols alike
    transition_allowed: NDArray[np.bool_]  # (V, K, K), likewise
    likeliest: Callable[[NDArray, NDArray], NDArray] = normalise_rows
    """The likeliest matrices for counts of moves (V, K, K); where there are none, those before."""

    def within(self, start: NDArray | None, transition: NDArray | None) -> "ChainPrior":
        """The same without what given probabilities (V, K) and (V, K, K) exclude by a zero."""
        starts, moves = self.start_allowed, self.transition_allowed
        return replace(
            self,
            start_allowed=starts if start is None else starts & (start > 0.0),
            transition_allowed=moves if transition is None else moves & (transition > 0.0),
        )

    def restricted(self, chain: Chain, before: Chain) -> Chain:
        """The chain without what is not allowed; rows of which nothing is left stay as before."""
        return Chain(
            normalise_rows(chain.start * self.start_allowed, before.start),
            normalise_rows(chain.transition * self.transition_allowed, before.transition),
        )


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
    return ChainPrior(starts, moves, strength, np.ones((1, n_states), bool), allowed[None])


def draw_together(rows: NDArray, allowed: NDArray, before: NDArray) -> NDArray[np.float64]:
    """The rows a (..., K) closest to all of (V, ..., K) probabilities, each over what it allows.

    Where all allow the same that is their normalised geometric mean. Else a_j maximises
    sum_sj a_j (log A_s(j) - log a_j) over allowed pairs: log a_j = (L_j - u) / c_j - 1 with L_j the
    sum of logs, c_j the symbols that allow j, and u, by Newton's method, such that a sums to one.
    """
    votes = np.broadcast_to(allowed, rows.shape).sum(axis=0)
    shares = 1.0 / np.maximum(votes, 1)
    with np.errstate(divide="ignore"):
        sums = np.log(np.where(allowed, rows, 1.0)).sum(axis=0)
    logs = np.where(votes > 0, sums * shares - 1.0, -np.inf)
    empty = ~np.isfinite(logs).any(axis=-1, keepdims=True)
    logs = np.where(empty, 0.0, logs)
    multiplier = np.zeros_like(logs[..., :1])
    for _ in range(NEWTON_STEPS):
        levels = logs - multiplier * shares
        excess = logsumexp(levels, axis=-1, keepdims=True)
        weights = np.exp(levels - excess)
        if np.abs(excess).max() < NEWTON_TOLERANCE:
            break
        multiplier = multiplier + excess / (weights * shares).sum(axis=-1, keepdims=True)
    return np.where(empty, before, weights)


def shared_chain(chain: Chain) -> SharedChain:
    """The shared chain of a starting point: the mean over symbols."""
    return SharedChain(chain.start.mean(axis=0), chain.transition.mean(axis=0))


def update_chain(
    chain: Chain, shared: SharedChain, statistics: Statistics, prior: ChainPrior, *, params: str
) -> tuple[Chain, SharedChain]:
    """The chain after an M-step; `params` holds s and t for what may change."""
    strength = prior.strength if len(chain.start) > 1 else 0.0
    start, transition = chain.start, chain.transition
    starts, moves = prior.start_allowed, prior.transition_allowed
    common_start, common = shared.start, shared.transition
    if "s" in params:
        start = normalise_rows(
            (statistics.start + prior.start + strength * common_start) * starts, start
        )
        common_start = (
            draw_together(start, starts, common_start) if strength else start.mean(axis=0)
        )
    if "t" in params:
        counts = (statistics.transition + prior.transition + strength * common) * moves
        transition = prior.likeliest(counts, transition)
        common = draw_together(transition, moves, common) if strength else transition.mean(axis=0)
    return Chain(start, transition), SharedChain(common_start, common)


def chain_penalty(chain: Chain, shared: SharedChain, prior: ChainPrior) -> float:
    """Log-prior of the chain up to a constant, in nats."""
    starts, moves = prior.start_allowed, prior.transition_allowed
    total = xlogy(prior.start * starts, chain.start).sum()
    total += xlogy(prior.transition * moves, chain.transition).sum()
    if len(chain.start) > 1 and prior.strength > 0.0:
        total -= prior.strength * _divergence(shared.start * starts, chain.start)
        total -= prior.strength * _divergence(shared.transition * moves, chain.transition)
    return float(total)


def _divergence(common: NDArray, rows: NDArray) -> float:
    """Sum of KL(common || rows_s) over symbols and rows, over the support of common."""
    total = xlogy(common, common) - xlogy(common, rows)
    return float(np.broadcast_to(total, rows.shape).sum())


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
