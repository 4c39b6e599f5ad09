"""Arguments checked where they enter, in words that say what to do."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROW_SUM_TOLERANCE = 1e-6
"""Largest error of a sum of probabilities."""


def check_lengths(lengths: ArrayLike | None, n_rows: int) -> NDArray[np.int64]:
    """(n_sequences,) lengths that sum to the number of rows; one sequence when None."""
    if lengths is None:
        lengths = [n_rows]
    checked = np.asarray(lengths)
    if checked.ndim != 1 or not np.issubdtype(checked.dtype, np.integer):
        raise ValueError(
            f"lengths: expected a flat array of integers, got {checked.dtype} of shape "
            f"{checked.shape}; pass one length per sequence"
        )
    if checked.size == 0 or checked.min() < 1:
        raise ValueError("lengths: expected one or more, all at least 1; drop empty sequences")
    if checked.sum() != n_rows:
        raise ValueError(
            f"lengths sum to {checked.sum()} but there are {n_rows} rows; pass one length per "
            "sequence"
        )
    return checked.astype(np.int64)


def check_inputs(inputs: ArrayLike | None, n_rows: int) -> NDArray[np.int64]:
    """(N,) input symbols 0 .. V-1; zeros when None."""
    if inputs is None:
        return np.zeros(n_rows, dtype=np.int64)
    checked = np.asarray(inputs).reshape(-1)
    if len(checked) != n_rows:
        raise ValueError(
            f"inputs: expected {n_rows} symbols, one a row, got {len(checked)}; the symbol of a "
            "row is the one read at that step"
        )
    if not np.issubdtype(checked.dtype, np.integer) or checked.min() < 0:
        raise ValueError(
            f"inputs: expected integers 0 .. V-1, got {checked.dtype}; encode the symbols first"
        )
    return checked.astype(np.int64)


def check_features(X: ArrayLike) -> tuple[NDArray, NDArray[np.bool_]]:
    """(N, D) floats and the (N,) mask of missing rows (all NaN)."""
    features = np.asarray(X)
    if features.dtype not in (np.float32, np.float64):
        features = features.astype(np.float64)
    if features.ndim != 2 or features.size == 0:
        raise ValueError(
            f"X: expected shape (N, D) with rows, got {features.shape}; stack the sequences and "
            "pass lengths"
        )
    bad = ~np.isfinite(features)
    missing = bad.all(axis=1) & np.isnan(features[:, 0])
    if bad.sum() != missing.sum() * features.shape[1]:
        row = int(np.flatnonzero(bad.any(axis=1) & ~missing)[0])
        raise ValueError(
            f"X: expected rows that are finite or wholly NaN (missing), got row {row} partly so; "
            "impute it or set the whole row to NaN"
        )
    return features, missing


def as_generator(random_state: Any) -> np.random.Generator:
    """Generator from None, an integer, a Generator or a RandomState."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))
    return np.random.default_rng(random_state)


def check_probabilities(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray:
    """Probabilities of the given shape, rows summing to one."""
    checked = np.asarray(values, float)
    if checked.shape != shape:
        raise ValueError(
            f"{name}: expected shape {shape}, got {checked.shape}; the first axis is the input "
            "symbol when transitions='input'"
        )
    sums = checked.sum(axis=-1)
    if checked.min() < 0 or np.abs(sums - 1.0).max() > ROW_SUM_TOLERANCE:
        raise ValueError(f"{name}: expected rows that sum to 1, got {sums}; normalise them")
    return checked


def check_symbols(seen: int, expected: int | None) -> int:
    """Number of input symbols V, at least as many as were seen."""
    if expected is not None and seen > expected:
        raise ValueError(
            f"inputs: expected symbols below {expected}, got {seen - 1}; the model was built with "
            f"n_symbols={expected}"
        )
    return seen if expected is None else expected
