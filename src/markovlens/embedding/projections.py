"""Coordinates that are no principal components: random directions, or some of the units.

Random directions leave all distances between N states as they are but for a factor within
1 ± eps, with about 8 ln(N) / eps^2 of them, whatever the number of units (Johnson & Lindenstrauss
1984; `least_components`). For half a million states and a tenth that is ten thousand: more than
networks have units. The lemma is about the worst pair, and no help in choosing; what machines need
is far less, and is measured, see `abstractions.dimensions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from markovlens.activations.basis import one_thread
from markovlens.arguments import (
    check_choice,
    check_number,
    check_seed,
    check_whole,
    with_known_arguments,
)
from markovlens.arrays import as_array
from markovlens.embedding.pod import centred, check_components, moments
from markovlens.errors import DataError

UNITS = "units"
RANDOM = ("gaussian", "sparse", "hadamard")
DEPENDENT = 1e-6  # share of a row's length that others must leave of it
MOST_DRAWS = 64  # of sparse rows, where those of the first one are dependent


@dataclass(frozen=True, slots=True, repr=False)
class Projection:
    """Coordinates along given directions, no matter how they lie to each other.

    Attributes:
        mean: (D,), the mean state.
        components: (M, D), a direction a row, linearly independent.
        energies: (M,), share of the total variance along each direction.
        kind: `gaussian`, `sparse`, `hadamard` or `units`.
    """

    mean: np.ndarray
    components: np.ndarray
    energies: np.ndarray
    kind: str
    _inverse: np.ndarray = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Keep what leads back from coordinates (M,) to states (D,)."""
        with one_thread():
            object.__setattr__(self, "_inverse", np.linalg.pinv(self.components).T)

    def project(self, states: np.ndarray) -> np.ndarray:
        """Return the coordinates (..., M) of states (..., D); raises `DataError` for another D."""
        return centred(states, self.mean) @ self.components.T

    def restore(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the states (N, D) nearest to the mean at coordinates (N, M).

        Of some units that is the state with all others at their mean.
        """
        return np.asarray(coordinates @ self._inverse + self.mean)

    def first(self, n_components: int) -> Projection:
        """Return the projection on the first directions alone, distances as large as before."""
        few = self.components[:n_components]
        scale = 1.0 if self.kind == UNITS else np.sqrt(len(self.components) / len(few))
        return replace(self, components=scale * few, energies=self.energies[:n_components])

    def __repr__(self) -> str:
        """Return how many coordinates there are, of how many units and of which kind."""
        kept, width = self.components.shape
        return f"Projection: {kept} coordinates of {width} units, {self.kind}"


@with_known_arguments
def random_projection(
    states: np.ndarray | Iterable[np.ndarray],
    *,
    n_components: int,
    kind: str = "gaussian",
    seed: int = 0,
) -> Projection:
    """Return random directions; of the states only mean and variances are used.

    Squared distances are right on average, whatever the kind (sparse ones of fewer than 16 units up
    to a tenth too large).

    Args:
        states: (N, D), or chunks of them, as for `pod`; a sample is enough.
        n_components: M, at most D.
        kind: `gaussian`; `sparse`, of which one number in sqrt(D) is not zero (Li, Hastie & Church
            2006); or `hadamard`, rows of a Hadamard matrix with random signs of the units, the
            subsampled randomised Hadamard transform (Ailon & Chazelle 2009), cut off where D is
            no power of two. Of the last two a row that is a sum of earlier ones is drawn anew.
        seed: of the draws.

    Raises:
        DataError: states as for `pod`, or more directions than units.
        ConfigError: a kind or a seed that is none.
    """
    check_choice("kind", kind, RANDOM)
    check_seed(seed)
    mean, scatter = moments(states)
    _check_fits(n_components, len(mean))
    return _along(_DRAWN[kind](n_components, len(mean), seed), mean, scatter, kind)


@with_known_arguments
def unit_projection(
    states: np.ndarray | Iterable[np.ndarray], units: Sequence[int] | np.ndarray
) -> Projection:
    """Return the plain values of some units, less their mean.

    Args:
        states: (N, D), or chunks of them, as for `pod`; a sample is enough.
        units: their numbers, 0 .. D-1, each once.

    Raises:
        DataError: states as for `pod`, or units that there are not.
    """
    mean, scatter = moments(states)
    rows = as_array("units", units)
    numbers = rows.ndim == 1 and rows.size and rows.dtype.kind in "iu"
    if not numbers or len(np.intersect1d(rows, np.arange(len(mean)))) < len(rows):
        raise DataError(
            f"units: expected numbers 0 to {len(mean) - 1}, each once, got {units}",
            page="out-of-range",
        )
    return _along(np.eye(len(mean))[rows], mean, scatter, UNITS)


def least_components(n_states: int, eps: float) -> int:
    """Return how many random directions keep all distances between states to within 1 ± eps.

    Raises:
        ConfigError: `n_states` below 2, or `eps` not above 0 and below 1.
    """
    check_whole("n_states", n_states, least=2)
    check_number("eps", eps, least=1e-6)
    from sklearn.random_projection import johnson_lindenstrauss_min_dim

    return int(johnson_lindenstrauss_min_dim(n_states, eps=min(eps, 1 - 1e-6)))


def _along(components: np.ndarray, mean: np.ndarray, scatter: np.ndarray, kind: str) -> Projection:
    with one_thread():
        along = np.einsum("md,md->m", components @ scatter, components)
    total = np.square(components).sum(axis=1) * np.trace(scatter)
    shares = np.divide(along, total, out=np.zeros(len(along)), where=total > 0)
    return Projection(mean, components, shares, kind)


def _check_fits(n_components: int | None, n_units: int) -> None:
    check_components(n_components)
    if n_components is None or n_components > n_units:
        raise DataError(
            f"n_components: expected at most {n_units}, the units, got {n_components}",
            page="out-of-range",
        )


def _gaussian(n_components: int, n_units: int, seed: int) -> np.ndarray:
    from sklearn.random_projection import GaussianRandomProjection

    drawn = GaussianRandomProjection(n_components, random_state=seed).fit(np.zeros((1, n_units)))
    return np.asarray(drawn.components_)


def _sparse(n_components: int, n_units: int, seed: int) -> np.ndarray:
    rows = _sparse_rows(n_components, n_units, seed)
    if np.linalg.matrix_rank(rows) == n_components:
        return rows
    seeds = np.random.SeedSequence(seed).generate_state(MOST_DRAWS)
    more = [_sparse_rows(n_components, n_units, int(each)) for each in seeds]
    rows = np.vstack([rows, *more])
    return rows[_independent(rows, range(len(rows)), n_components)]


def _sparse_rows(n_components: int, n_units: int, seed: int) -> np.ndarray:
    from scipy.sparse import csr_array
    from sklearn.random_projection import SparseRandomProjection

    drawn = SparseRandomProjection(n_components, random_state=seed).fit(np.zeros((1, n_units)))
    return np.asarray(csr_array(drawn.components_).toarray())  # of one unit it is no sparse one


def _hadamard(n_components: int, n_units: int, seed: int) -> np.ndarray:
    from scipy.linalg import hadamard

    rng = np.random.default_rng(seed)
    width = 1 << (n_units - 1).bit_length()  # units that are not there are zeros
    rows = rng.choice(width, size=n_components, replace=False)
    signs = rng.choice([-1.0, 1.0], size=n_units)
    directions = hadamard(width)[:, :n_units]
    if n_units < width:  # rows that are cut off need not be independent of each other
        others = rng.permutation(np.setdiff1d(np.arange(width), rows))
        rows = np.array(_independent(directions, [*rows, *others], n_components))
    return np.asarray(directions[rows] * signs / np.sqrt(n_components))


def _independent(rows: np.ndarray, order: Sequence[int], n_rows: int) -> list[int]:
    """Return the first `n_rows` places in an order of whose rows none is a sum of those before.

    They do not depend on the signs of the columns, so that squared distances stay right on average.
    """
    basis = np.zeros((n_rows, rows.shape[1]))
    chosen: list[int] = []
    for place in order:
        left = rows[place] / max(np.linalg.norm(rows[place]), 1e-300)
        for _ in range(2):  # the second time takes what rounding has left
            left = left - (basis[: len(chosen)] @ left) @ basis[: len(chosen)]
        if (size := np.linalg.norm(left)) > DEPENDENT:
            basis[len(chosen)] = left / size
            chosen.append(place)
        if len(chosen) == n_rows:
            break
    return chosen


_DRAWN = {"gaussian": _gaussian, "sparse": _sparse, "hadamard": _hadamard}
