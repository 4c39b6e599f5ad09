"""Arguments checked where they enter, in words that say what to do."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens import sequences
from markovlens.arguments import check_whole
from markovlens.errors import ConfigError, DataError
from markovlens.hmm.arrays import as_array, as_codes


def check_lengths(lengths: ArrayLike | None, n_rows: int) -> NDArray[np.int64]:
    """(n_sequences,) lengths that sum to the number of rows; one sequence when None."""
    given = [n_rows] if lengths is None else lengths
    return sequences.check_lengths(as_array("lengths", given), n_steps=n_rows)


def check_inputs(inputs: ArrayLike | None, n_rows: int) -> NDArray[np.int64]:
    """(N,) input symbols 0 .. V-1; zeros when None."""
    if inputs is None:
        return np.zeros(n_rows, dtype=np.int64)
    checked = as_codes("inputs", inputs)
    if len(checked) != n_rows:
        raise DataError(
            f"inputs: expected {n_rows} symbols, one a row, got {len(checked)}; the symbol of a "
            "row is the one read at that step",
            page="counts-differ",
        )
    if checked.min() < 0:
        raise DataError(
            "inputs: expected integers 0 .. V-1, got a missing or negative one in row "
            f"{int(np.argmin(checked))}; give what cannot be read a symbol of its own",
            page="unknown-symbol",
        )
    return checked


def check_features(X: ArrayLike) -> tuple[NDArray, NDArray[np.bool_]]:
    """(N, D) floats and the (N,) mask of missing rows (all NaN, masked or NA)."""
    features = as_array("X", X)
    if features.dtype not in (np.float32, np.float64):
        features = features.astype(np.float64)
    if features.ndim != 2 or features.size == 0:
        raise DataError(
            f"X: expected shape (N, D) with rows, got {features.shape}; stack the sequences and "
            "pass lengths",
            page="wrong-shape",
        )
    bad = ~np.isfinite(features)
    missing = np.isnan(features).all(axis=1)
    if bad.sum() != missing.sum() * features.shape[1]:
        row = int(np.flatnonzero(bad.any(axis=1) & ~missing)[0])
        raise DataError(
            "X: expected rows that are finite or wholly NaN or masked (missing), got "
            f"{features[row]} in row {row}; impute it or set the whole row to NaN",
            page="not-finite",
        )
    return features, missing


def check_held_out(valid: Any, n_features: int) -> None:
    """Raise `DataError` unless held-out data are a tuple (X, lengths, inputs) like what is fitted.

    Lengths and inputs may be left out.
    """
    if valid is None:
        return
    if not isinstance(valid, tuple) or not 1 <= len(valid) <= 3:
        raise DataError(
            f"valid: expected a tuple (X, lengths, inputs), got {_described(valid)}; an array "
            "alone is one sequence as (X,)",
            page="wrong-kind",
        )
    try:
        X, missing = check_features(valid[0])
        for check, given in zip((check_lengths, check_inputs), valid[1:], strict=False):
            check(given, len(X))
    except DataError as error:
        raise DataError(f"valid: {error}", page=error.page) from error
    if X.shape[1] != n_features:
        raise DataError(
            f"valid: expected X with {n_features} columns, as what is fitted has, got {X.shape[1]}",
            page="wrong-shape",
        )
    if missing.all():
        raise DataError(
            f"valid: expected rows to score, got {len(X)} that are all missing (NaN); give others",
            page="nothing-there",
        )


def _described(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    shape = getattr(value, "shape", None)
    return type(value).__name__ if shape is None else f"an array {tuple(shape)}"


def as_generator(random_state: Any) -> np.random.Generator:
    """Generator from an integer, a Generator or a RandomState; None: numpy's global one.

    So `numpy.random.seed` makes a fit without `random_state` repeatable, as in scikit-learn and
    hmmlearn.
    """
    if random_state is None or isinstance(random_state, np.random.RandomState):
        drawn = (random_state or np.random).randint(2**31)
        return np.random.default_rng(drawn)
    if not isinstance(random_state, np.random.Generator):
        check_whole("random_state", random_state, least=0)
    return np.random.default_rng(random_state)


def check_symbols(seen: int, expected: int | None) -> int:
    """Number of input symbols V, at least as many as were seen."""
    if expected is not None and seen > expected:
        raise DataError(
            f"inputs: expected symbols below {expected}, got {seen - 1}; the model was built with "
            f"n_symbols={expected}",
            page="unknown-symbol",
        )
    return seen if expected is None else expected


def check_no_device(device: Any, what: str) -> None:
    """Raise `ConfigError` for a device where only the compiled kernels can fit."""
    if device is not None:
        raise ConfigError(
            f"hmm.device: expected None, got {device!r}; {what} are fitted by the compiled kernels "
            "alone",
            page="no-such-device",
        )
