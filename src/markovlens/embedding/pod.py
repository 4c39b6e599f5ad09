"""Proper orthogonal decomposition (centred PCA) of hidden states, exact and in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, cast

import numpy as np

from markovlens.activations.basis import Basis, in_coordinates, one_thread
from markovlens.arguments import check_kind, has_items, with_known_arguments
from markovlens.arrays import as_array, check_numbers
from markovlens.errors import DataError
from markovlens.trace import Trace


@dataclass(frozen=True, slots=True, repr=False)
class POD:
    """An orthonormal basis ordered by energy.

    Attributes:
        mean: (D,), the mean state.
        components: (M, D), orthonormal rows, strongest first; in each the entry of largest
            magnitude is positive, so that the sign is the same on every machine.
        energies: (D,), share of the total variance of every mode, also of those left out.
    """

    mean: np.ndarray
    components: np.ndarray
    energies: np.ndarray

    def project(self, states: np.ndarray) -> np.ndarray:
        """Return the coordinates (..., M) of states (..., D); raises `DataError` for another D."""
        return centred(states, self.mean) @ self.components.T

    def restore(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the states (N, D) nearest to the mean at coordinates (N, M)."""
        return np.asarray(coordinates @ self.components + self.mean)

    def first(self, n_components: int) -> POD:
        """Return the basis of the strongest modes alone; of all it has, if it has no more."""
        return replace(self, components=self.components[:n_components])

    def modes_for(self, share: float) -> int:
        """Return how many modes hold at least `share` (0..1) of the variance."""
        return int(np.searchsorted(np.cumsum(self.energies), share - 1e-12) + 1)

    def __repr__(self) -> str:
        """Return how many modes it keeps and what share of the variance they hold."""
        kept, width = self.components.shape
        return f"POD: {kept} of {width} modes, {self.energies[:kept].sum():.3f} of the variance"


def centred(states: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return states (..., D) less their mean (D,); raises `DataError` for another D."""
    rows = as_array("states", states)
    if rows.shape[-1] != len(mean):
        raise DataError(
            f"expected states (..., {len(mean)}), as the basis was made of, got "
            f"{rows.shape}; make one of this layer, with `pod`",
            page="wrong-shape",
        )
    return np.asarray(rows.astype(np.float64) - mean)


@with_known_arguments
def pod(states: np.ndarray | Iterable[np.ndarray], *, n_components: int | None = None) -> POD:
    """Return the POD of states: exact where they lie in memory, in one pass where they do not.

    An array is centred and decomposed as it is (Su & Shlizerman 2020). Of chunks the scatter
    matrix (D, D) is summed in float64 about the first chunk's mean, then diagonalised: its
    eigenvalues are the squared singular values of the centred snapshot matrix, but modes weaker
    than 1e-8 of the strongest are lost in rounding.

    Args:
        states: (N, D), an array, a torch tensor or a list of rows (D,); or an iterable of chunks
            (N_i, D).
        n_components: modes to keep, at least 1; all when None or when more than D.

    Raises:
        DataError: fewer than two states, states of another shape, not finite or masked, or a
            number of modes that is none.
    """
    check_components(n_components)
    with one_thread():
        if _in_memory(states):
            return _decompose(_matrix("states", states), n_components)
        mean, scatter = _moments(_chunks(states))
        values, vectors = np.linalg.eigh(scatter)
        return _ordered(mean, values[::-1], vectors.T[::-1], n_components)


def moments(states: np.ndarray | Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean (D,) and scatter matrix (D, D) of states, given as to `pod`, in one pass."""
    with one_thread():
        return _moments(
            _chunks(cast("Iterable[np.ndarray]", [states] if _in_memory(states) else states))
        )


def _in_memory(states: Any) -> bool:
    """Whether states are rows (D,), and no chunks of them."""
    if isinstance(states, Trace):
        raise DataError(
            "states: expected an array (N, D), got Trace; give its `states`", page="wrong-kind"
        )
    if not hasattr(states, "__array__") and not has_items(states):
        raise DataError(
            f"states: expected an array (N, D) or chunks of one, got {type(states).__name__}; give "
            "the `states` of a trace",
            page="wrong-kind",
        )
    return hasattr(states, "__array__") or _are_rows(states)


def _moments(chunks: Iterator[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    first = next(chunks, None)
    if first is None:
        raise DataError(
            "expected at least 2 states for a POD, got no chunk (N_i, D) with a row", page="too-few"
        )
    shift = first.mean(axis=0)
    count, total, scatter = 0, np.zeros_like(shift), np.zeros((shift.size, shift.size))
    for number, chunk in enumerate(chain([first], chunks)):
        if chunk.shape[1] != shift.size:
            raise DataError(
                f"expected chunks (N_i, {shift.size}), as the first, got {chunk.shape} at {number}",
                page="wrong-shape",
            )
        moved = chunk - shift
        count += len(chunk)
        total += moved.sum(axis=0)
        scatter += moved.T @ moved
    _check_count(count)
    scatter -= np.outer(total, total) / count
    return shift + total / count, scatter


@with_known_arguments
def embed(trace: Trace, basis: Basis) -> Trace:
    """Return the trace with its states replaced by their coordinates (N, M) in a basis.

    Raises:
        DataError: no trace or no basis, or the basis was made of states of another width.
    """
    check_kind("trace", trace, Trace, advice="of states alone, `basis.project(states)` is it")
    check_kind("basis", basis, Basis, advice="`pod(trace.states)` makes one")
    return in_coordinates(trace, basis)


def project(basis: POD, states: np.ndarray) -> np.ndarray:
    """Return the coordinates (N, T, M) of states (N, T, D)."""
    rows = basis.project(states.reshape(-1, states.shape[-1]))
    return rows.reshape(*states.shape[:2], -1)


def _are_rows(states: Any) -> bool:
    """Whether a list holds rows (D,), and no chunks (N_i, D)."""
    return isinstance(states, list | tuple) and any(np.ndim(row) < 2 for row in states[:1])


def _chunks(states: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the chunks that have rows."""
    for number, chunk in enumerate(states):
        matrix = _matrix(f"chunk {number} of states", chunk)
        if len(matrix):
            yield matrix


def _matrix(what: str, states: Any) -> np.ndarray:
    """Return states (N, D) in float64; raises `DataError` for what is none."""
    matrix = check_numbers(what, as_array(what, states))
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise DataError(
            f"{what}: expected (N, D), a row for each step, got {matrix.shape}; lay the steps of "
            "all sequences end to end in one array, or give an iterable of chunks (N_i, D)",
            page="wrong-shape",
        )
    bad = ~np.isfinite(matrix).all(axis=1)
    if bad.any():
        raise DataError(
            f"{what}: expected finite states, got {bad.sum()} rows with NaN or infinity, the first "
            f"at row {bad.argmax()}; leave them out",
            page="not-finite",
        )
    return matrix.astype(np.float64, copy=False)


def check_components(n_components: int | None) -> None:
    """Raise `DataError` unless a number of coordinates is 1 or more, or None."""
    if n_components is None:
        return
    if isinstance(n_components, bool) or not isinstance(n_components, int | np.integer):
        raise DataError(
            f"n_components: expected a whole number or None, got {n_components!r}",
            page="out-of-range",
        )
    if n_components < 1:
        raise DataError(
            f"n_components: expected at least 1, got {n_components}; None keeps all",
            page="out-of-range",
        )


def _decompose(states: np.ndarray, n_components: int | None) -> POD:
    _check_count(len(states))
    mean = states.mean(axis=0)
    # All D directions are wanted, also where there are fewer states than that.
    _, singular, components = np.linalg.svd(
        states - mean, full_matrices=len(states) < states.shape[1]
    )
    squares = np.zeros(len(components))
    squares[: len(singular)] = np.square(singular)
    return _ordered(mean, squares, components, n_components)


def _check_count(count: int) -> None:
    if count < 2:
        raise DataError(f"expected at least 2 states for a POD, got {count}", page="too-few")


def _ordered(
    mean: np.ndarray, squares: np.ndarray, components: np.ndarray, n_components: int | None
) -> POD:
    """Return the POD of squared singular values (D,), descending, and directions (D, D)."""
    energies = np.clip(squares, 0, None)
    largest = components[np.arange(len(components)), np.abs(components).argmax(axis=1)]
    components = components * np.sign(largest)[:, None]
    total = energies.sum()
    shares = energies / total if total > 0 else energies
    return POD(mean, np.ascontiguousarray(components[:n_components]), shares)
