"""Transitions that are a softmax of the input row (Bengio & Frasconi 1995, eq. 4 and 9).

    P(z_t = j | z_{t-1} = i, u_t) = softmax_j(w_ij' v_t),   P(z_1 = j | u_1) = softmax_j(w_0j' v_1)

with v_t = (1, u_t): the row read at step t carries the state from t - 1 to t. Given where the state
was, each origin i is a multinomial logistic regression with expected counts for weights, of which

    Q_i(w) = sum_t sum_j xi_t(i, j) w_ij' v_t - sum_t n_t(i) log sum_j exp(w_ij' v_t)

has a first part that is linear in sums over the steps, so that only n_t(i) = sum_j xi_t(i, j) need
be known step by step. I - 1 1' / K over 2 bounds the curvature of log-sum-exp (Böhning 1992), which
makes of the weighted squares of v a scale for the search that follows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from markovlens.hmm import kernels
from markovlens.hmm.lattices import Chain, Engine, one_blas_thread
from markovlens.hmm.packing import Tile

INTERCEPT_SHARE = 1e-2
"""Strength of the draw of intercepts to zero over that of coefficients."""

LEAST_PROBABILITY = 1e-4
"""Probability below which a fit does not begin."""

DAMPING = 1e-10
"""Share of the largest squares that is added to all, where there is no draw to zero."""

LOWEST = -320.0
"""Log of the smallest probability over the largest one: products of two are not denormal."""


@dataclass(frozen=True, slots=True)
class SoftChain:
    """Logits of moves and starts, linear in the standardised input row."""

    weights: NDArray[np.float64]  # (K + 1, K, 1 + P) by origin; the last one is the start

    @property
    def n_states(self) -> int:
        """States K."""
        return self.weights.shape[1]

    @classmethod
    def begun(cls, chain: Chain, n_inputs: int) -> "SoftChain":
        """The shared chain of a model that reads no inputs."""
        rows = np.concatenate([chain.transition[0], chain.start[:1]])
        logits = np.log(np.maximum(rows, LEAST_PROBABILITY))
        weights = np.zeros((*rows.shape, 1 + n_inputs))
        weights[:, :, 0] = logits - logits.mean(axis=1, keepdims=True)
        return cls(weights)

    def at(self, engine: Engine, tile: Tile) -> tuple[Tile, Engine]:
        """A tile whose columns each read a matrix of their own, and the engine with these."""
        k, inputs = self.n_states, design_of(tile)
        first = int(tile.offsets[1])
        start = softmax(self.weights[k:], inputs[:, :first])[0][0].T
        moves = softmax(self.weights[:k], inputs)[0].astype(engine.dtype)
        forth, back = moves, np.ascontiguousarray(moves.transpose(1, 0, 2))
        own = replace(
            engine,
            chain=Chain(start, moves.transpose(2, 0, 1)),
            start=np.ascontiguousarray(start, dtype=engine.dtype),
            forth=forth,
            back=back,
            law=None,
        )
        return replace(tile, symbols=np.arange(tile.n_columns)), own


def design_of(tile: Tile) -> NDArray[np.float64]:
    """(1 + P, n) ones and inputs of a tile that has them."""
    if tile.inputs is None:
        raise AssertionError("a tile without inputs reached a model that reads them")
    return tile.inputs


def softmax(weights: NDArray, inputs: NDArray) -> tuple[NDArray, NDArray]:
    """Probabilities (I, K, n) by origin and the log of their normaliser (I, n).

    Args:
        weights: (I, K, 1 + P).
        inputs: (1 + P, n).
    """
    n_origins, n_states, _ = weights.shape
    n_columns = inputs.shape[1]
    flat = weights.reshape(n_origins * n_states, -1) @ inputs
    moves = flat.reshape(n_origins, n_states, n_columns)
    top = np.empty((n_origins, n_columns))
    for each, highest in zip(moves, top, strict=True):
        kernels.exponentials(each, 0, n_columns, LOWEST, highest)
    total = moves.sum(axis=1)
    moves /= total[:, None]
    return moves, top + np.log(total)


@dataclass(frozen=True, slots=True)
class Visits:
    """How often each of some origins was left at each column."""

    origins: slice  # of `SoftChain.weights`
    inputs: NDArray[np.float64]  # (1 + P, n)
    counts: NDArray[np.float64]  # (I, n) expected

    def normaliser(self, weights: NDArray) -> tuple[float, NDArray]:
        """Sum of the log-normalisers and its gradient (I, K, 1 + P)."""
        moves, logs = softmax(weights[self.origins], self.inputs)
        moves *= self.counts[:, None]
        n_origins, n_states, n_columns = moves.shape  # of which there may be none
        flat = moves.reshape(n_origins * n_states, n_columns)
        slope = flat @ self.inputs.T  # one product of matrices
        shape = (n_origins, n_states, len(self.inputs))
        return float((self.counts * logs).sum()), slope.reshape(shape)

    def curvature(self, weights: NDArray) -> NDArray[np.float64]:
        """(I, K (1 + P), K (1 + P)) second derivatives of the same."""
        moves, _ = softmax(weights[self.origins], self.inputs)
        return np.stack(
            [self._curvature_of(*each) for each in zip(moves, self.counts, strict=True)]
        )

    def _curvature_of(self, moves: NDArray, counts: NDArray) -> NDArray[np.float64]:
        """Of one origin: squares of inputs by state, less those of the expected inputs."""
        n_states, size = len(moves), len(self.inputs)
        rooted = moves[:, None] * (np.sqrt(counts) * self.inputs)
        flat = rooted.reshape(n_states * size, -1)
        out = -(flat @ flat.T)
        for state, chances in enumerate(moves):
            own = slice(state * size, (state + 1) * size)
            out[own, own] += (self.inputs * (counts * chances)) @ self.inputs.T
        return out


def draws(shape: tuple[int, ...], strength: float) -> NDArray[np.float64]:
    """(1 + P,) how strongly intercept and coefficients are drawn to zero."""
    out = np.full(shape[-1], strength)
    out[0] *= INTERCEPT_SHARE
    return out


def soft_penalty(chain: SoftChain, strength: float) -> float:
    """Log-prior of the logits up to a constant, nats: normal about zero."""
    return -0.5 * float((draws(chain.weights.shape, strength) * chain.weights**2).sum())


def update_soft(
    chain: SoftChain,
    linear: NDArray,
    squares: NDArray,
    visits: Callable[[], Iterable[Visits]],
    *,
    strength: float,
    steps: int,
) -> SoftChain:
    """The chain after at most so many steps of L-BFGS, which never lower Q plus log-prior.

    Args:
        chain: where the search begins.
        linear: (K + 1, K, 1 + P), sums of expected moves times inputs.
        squares: (K + 1, 1 + P, 1 + P), sums of inputs times inputs by origin.
        visits: gives the visits of all the data, as often as asked.
        strength: of the draw to zero.
        steps: of the search.
    """
    from scipy.optimize import minimize  # only fits need it

    drawn = draws(chain.weights.shape, strength)
    units = _units(squares, drawn)
    loss = _loss(linear, drawn, visits)
    begun, slope = loss(chain.weights)
    size = float(np.linalg.norm(_in_units(slope, units)))
    if size == 0.0:
        return chain

    def moved(flat: NDArray) -> tuple[float, NDArray]:
        shift = _out_of_units(flat.reshape(slope.shape), units) * size
        value, gradient = loss(chain.weights + shift)
        return value - begun, _in_units(gradient, units).ravel() * size

    options = {"maxiter": steps, "maxls": 20}
    with one_blas_thread():  # products are of a tile each, too small to be shared
        found = minimize(moved, np.zeros(slope.size), jac=True, method="L-BFGS-B", options=options)
    if not found.fun < 0.0:
        return chain
    shift = _out_of_units(found.x.reshape(slope.shape), units) * size
    return SoftChain(chain.weights + shift)


def _loss(
    linear: NDArray, drawn: NDArray, visits: Callable[[], Iterable[Visits]]
) -> Callable[[NDArray], tuple[float, NDArray]]:
    """What an M-step makes small, -Q less log-prior, and its gradient."""

    def loss(weights: NDArray) -> tuple[float, NDArray]:
        value = float((0.5 * drawn * weights**2 - linear * weights).sum())
        gradient = drawn * weights - linear
        for part in visits():
            more, slope = part.normaliser(weights)
            value += more
            gradient[part.origins] += slope
        return value, gradient

    return loss


def _units(squares: NDArray, drawn: NDArray) -> NDArray[np.float64]:
    """(K + 1, 1 + P, 1 + P) lower Cholesky factors of Böhning's bound on the curvature."""
    bound = 0.5 * squares + np.diag(drawn)
    least = DAMPING * np.trace(bound, axis1=1, axis2=2) + np.finfo(float).tiny
    return np.linalg.cholesky(bound + least[:, None, None] * np.eye(len(drawn)))


def _in_units(gradient: NDArray, units: NDArray) -> NDArray[np.float64]:
    """A gradient by weights as one by weights in the units."""
    pairs = zip(units, gradient, strict=True)
    return np.stack([solve_triangular(unit, each.T, lower=True).T for unit, each in pairs])


def _out_of_units(shift: NDArray, units: NDArray) -> NDArray[np.float64]:
    """A shift of weights from one in the units."""
    pairs = zip(units, shift, strict=True)
    return np.stack([solve_triangular(unit.T, each.T).T for unit, each in pairs])


def effective_parameters(
    chain: SoftChain, visits: Iterable[Visits], strength: float
) -> NDArray[np.float64]:
    """(K + 1,) free parameters of each origin's logits, those that data and not the prior set.

    The trace of H (H + prior)^-1, H the curvature of -Q, as of ridge regression (Hastie, Tibshirani
    & Friedman 2009, eq. 3.50; of smoothed logistic models: Gray 1992).
    """
    n_origins, n_states, size = chain.weights.shape
    curved = np.zeros((n_origins, n_states * size, n_states * size))
    for part in visits:
        curved[part.origins] += part.curvature(chain.weights)
    prior = np.tile(draws(chain.weights.shape, strength), n_states)
    least = DAMPING * np.trace(curved, axis1=1, axis2=2) + np.finfo(float).tiny
    ridge = (np.maximum(prior, each) for each in least)
    pairs = zip(curved, ridge, strict=True)
    return np.array([np.trace(np.linalg.solve(h + np.diag(d), h)) for h, d in pairs])
