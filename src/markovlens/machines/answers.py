"""What the numbers of a machine must be: probabilities, and answers of one kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from markovlens.arrays import as_array, check_codes
from markovlens.errors import DataError
from markovlens.outputs import Output, check_outputs

ROW_SUM_TOLERANCE = 1e-6


def check_rows(name: str, rows: np.ndarray) -> None:
    """Raise `DataError` unless each row of a machine's array `name` is a distribution."""
    if not np.isfinite(rows).all() or rows.min() < 0:
        raise DataError(
            f"machine {name}: expected probabilities, got negative or non-finite values",
            page="unsound-machine",
        )
    worst = np.abs(rows.sum(-1) - 1).max()
    if worst > ROW_SUM_TOLERANCE:
        raise DataError(
            f"machine {name}: expected rows that sum to 1, one is off by {worst:.2g}",
            page="unsound-machine",
        )


def check_answers(readout: np.ndarray, spread: np.ndarray | None, output: Output) -> None:
    """Raise `DataError` unless each state has an answer of this kind, with its spread if any."""
    if output == Output.DISTRIBUTION:
        check_rows("readout", readout)
    elif np.isnan(readout).any():
        raise DataError(
            "machine readout: expected an answer of each state, got NaN", page="unsound-machine"
        )
    else:
        check_outputs(readout, readout.shape[1], output)
    if spread is None:
        return
    fits = spread.shape == readout.shape and output != Output.DISTRIBUTION
    if not fits or not np.isfinite(spread).all() or (spread < 0).any():
        raise DataError(
            "machine spread: expected a standard deviation for each number of `readout`, "
            f"{readout.shape}, of labels, values or a risk, got {spread.shape} for {output}",
            page="unsound-machine",
        )


def check_moves(successor: Any, accepting: Any, start: int, n_classes: int) -> np.ndarray:
    """Return the moves (K, V) of an automaton; raises `DataError` where they lead nowhere."""
    moves = as_array("automaton successor", successor)
    if moves.ndim != 2 or moves.dtype.kind not in "iu":
        raise DataError(
            "automaton successor: expected the number of the next state for each state and symbol "
            f"(K, V), got {moves.dtype} {moves.shape}; give a row for each state",
            page="wrong-shape",
        )
    check_codes("automaton successor", moves.ravel(), stop=len(moves))
    check_codes("automaton start", np.array([start]), stop=len(moves))
    check_codes("automaton accepting", np.asarray(accepting, dtype=int), stop=n_classes)
    return moves
