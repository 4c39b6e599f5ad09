"""What users hand over to be searched for rest, checked: the trace, the input, the states."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from markovlens.arguments import known_names
from markovlens.arrays import as_array, check_codes
from markovlens.dynamics.steps import OneStep
from markovlens.errors import DataError
from markovlens.trace import Trace

# Of the root mean square of states: bfloat16 and the short products of graphics cards leave less
# after one step, and of another network's states nearly all is left.
TOLERANCE = 0.01


def check_whole(step: OneStep, trace: Trace) -> None:
    """Raise `DataError` unless the states of a trace are the whole states of a network."""
    width = trace.states.shape[1]
    if width != step.width:
        raise DataError(
            f"expected whole states of {step.width} numbers, got a trace of {width}: record all "
            "layers, as `record(adapt(model), ...)` does, in no coordinates",
            page="another-network",
        )


def check_follows(step: OneStep, trace: Trace) -> None:
    """Raise `DataError` unless a network goes from the states of a trace to the next ones."""
    later = np.delete(np.arange(trace.n_steps), trace.sequences.starts)
    if not len(later):
        return
    wanted = trace.states[later].astype(np.float64)
    before = trace.states[later - 1].astype(np.float64)
    found = step.after(before, torch.as_tensor(trace.inputs[later]))
    gap, size = (float(np.sqrt(np.mean(each**2))) for each in (found - wanted, wanted))
    if not gap <= TOLERANCE * size:
        raise DataError(
            "trace: expected one of this network, got states that it does not go through: one step "
            f"from each is {gap:.2g} away from the next, of {size:.2g} (root mean squares); "
            "`record` this network",
            page="another-network",
        )


def checked_input(inputs: Any, trace: Trace) -> np.ndarray:
    """Return what is read again and again, a row (D,) or a symbol's code (); else `DataError`."""
    codes = trace.reads_symbols
    if codes and isinstance(inputs, str):
        return np.asarray(_code_of(inputs, trace.symbols))
    row = as_array("inputs", [inputs])[0]
    shape = () if codes else trace.inputs.shape[1:]
    if row.shape != shape or row.dtype.kind not in ("iu" if codes else "iuf"):
        wanted = "a symbol's code" if codes else _row_of(shape)
        raise DataError(
            "inputs: a row of N numbers, or a symbol's code, is expected; this network reads "
            f"{wanted}, got {inputs!r}",
            page="wrong-kind",
        )
    if codes:
        return check_codes("inputs", row[None], stop=len(trace.symbols))[0]
    if not np.isfinite(row).all():
        raise DataError(
            f"inputs: expected finite numbers, got {row}; give what is read while nothing "
            "happens, such as zeros",
            page="not-finite",
        )
    return np.asarray(row, dtype=np.float64)


def _code_of(symbol: str, symbols: tuple[str, ...]) -> int:
    """Return the code of a symbol; raises `DataError` where there is none of that name."""
    if symbol not in symbols:
        raise DataError(
            f"inputs: expected a symbol that the network reads, got {symbol!r}; "
            f"{known_names('symbols', symbol, symbols)}",
            page="unknown-symbol",
        )
    return symbols.index(symbol)


def _row_of(shape: tuple[int, ...]) -> str:
    return f"a row of {shape[0]} numbers" if shape else "one number"


def checked_states(states: Any, trace: Trace) -> np.ndarray:
    """Return a machine's states (N,) at the steps of a trace; raises `DataError`."""
    found = check_codes("states", as_array("states", states), stop=None)
    if len(found) != trace.n_steps:
        raise DataError(
            f"expected a state for each of the {trace.n_steps} steps, got {len(found)}; decode "
            "the trace that is given",
            page="counts-differ",
        )
    return found
