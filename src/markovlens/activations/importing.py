"""Traces that other tools recorded: arrays of a file, named by what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.activations.containers import Container, opened
from markovlens.arguments import check_kind, check_path, with_known_arguments
from markovlens.arrays import check_codes
from markovlens.errors import ConfigError, DataError
from markovlens.outputs import NO_TARGET
from markovlens.sequences import starts_of
from markovlens.trace import Trace

Names = str | Sequence[str]
VALUES = ("states", "inputs", "outputs", "targets", "truth")
PLACES = ("lengths", "sequence", "step", "trials")
NAMELESS = "(none)"  # the one symbol that is read where no inputs are known


@with_known_arguments
def read_trace(path: str | Path, columns: Mapping[str, Names], **kinds: Any) -> Trace:
    """Return the trace in a file of another tool: npz, HDF5, NWB, zarr, Parquet, Feather or CSV.

    All is read into memory. Nothing in a file is run: arrays of Python objects are refused.

    Args:
        path: the file, told by its suffix; a zarr store is a folder.
        columns: which array, path of one, or column is what. `states` (N, D) or, of several
            columns, a list of names; (S, T, D) are S sequences of T steps. `inputs`, `outputs`,
            `targets` and `truth` as in `Trace`, and need not be there. Where sequences end is said
            by one of `lengths` (S,); `sequence` (N,), to which each row belongs, with `step` (N,)
            if rows are not in order; or `trials`, a table of NWB with start and stop times, rows
            between trials being left out. All rows are one sequence where nothing is said.
        **kinds: `symbols`, `classes`, `channels` and `output` of the `Trace`; symbols and classes
            are numbered where they are not named.

    Raises:
        ConfigError: a key that is not known, or no `states`.
        DataError: a name that is not there, parts of an array that are missing, or arrays that do
            not fit together.
    """
    check_path(path)
    _check_keys(columns)
    with opened(Path(path)) as container:
        found = {key: _values(container, columns[key]) for key in VALUES if key in columns}
        found, lengths = _in_sequences(container, columns, found)
    return _trace(found, lengths, kinds)


def _check_keys(columns: Mapping[str, Names]) -> None:
    check_kind("columns", columns, Mapping, advice='as in {"states": "h", "inputs": "x"}')
    known = (*VALUES, *PLACES)
    unknown = sorted(set(columns) - set(known))
    if unknown or "states" not in columns:
        raise ConfigError(
            f"expected `columns` with `states` and any of {', '.join(known[1:])}, got "
            f"{', '.join(map(str, columns)) or 'none'}",
            page="column-missing",
        )
    ways = [key for key in ("lengths", "sequence", "trials") if key in columns]
    if len(ways) > 1 or ("step" in columns and ways != ["sequence"]):
        raise ConfigError(
            "expected one of `lengths`, `sequence` (with `step`, if rows are not in order) and "
            f"`trials`, got {', '.join(key for key in PLACES if key in columns)}",
            page="column-missing",
        )


def _values(container: Container, names: Names) -> np.ndarray:
    """Return one array, or several columns side by side."""
    if isinstance(names, str):
        return container.array(names)
    return np.stack([container.array(name) for name in names], axis=-1)


def _in_sequences(
    container: Container, columns: Mapping[str, Names], found: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return arrays whose rows are those of sequences laid end to end, and their lengths (S,)."""
    states = found["states"]
    if states.ndim == 3:
        flat = {name: each.reshape(-1, *each.shape[2:]) for name, each in found.items()}
        return flat, np.full(len(states), states.shape[1])
    for name, each in found.items():
        if len(each) != len(states):
            raise DataError(
                f"expected {len(states)} rows of {name}, as of states, got {len(each)}",
                page="counts-differ",
            )
    if "sequence" in columns:
        rows, lengths = _by_sequence(container, columns)
    elif "trials" in columns:
        rows, lengths = container.trials(str(columns["trials"]), columns["states"])
    else:
        ends = columns.get("lengths")
        return found, np.array([len(states)]) if ends is None else _values(container, ends)
    return {name: each[rows] for name, each in found.items()}, lengths


def _by_sequence(
    container: Container, columns: Mapping[str, Names]
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows in the order of their sequences and steps, and how many each sequence has."""
    codes, _ = pd.factorize(_values(container, columns["sequence"]))
    steps = np.arange(len(codes))
    if "step" in columns:
        steps = _values(container, columns["step"])
    order = np.lexsort((steps, codes))
    lengths = np.bincount(codes)
    twice = np.flatnonzero(np.diff(steps[order]) == 0)
    twice = twice[~np.isin(twice + 1, starts_of(lengths))]
    if len(twice):
        raise DataError(
            f"expected each step of a sequence once, got step {steps[order][twice[0]]} twice in "
            f"sequence {codes[order][twice[0]]}, counted from 0",
            page="steps-out-of-order",
        )
    return order, lengths


def _trace(found: dict[str, np.ndarray], lengths: np.ndarray, kinds: Mapping[str, Any]) -> Trace:
    n_steps = len(found["states"])
    nothing = np.full(n_steps, NO_TARGET)
    inputs = found.get("inputs", np.zeros(n_steps, dtype=np.int64))
    outputs = found.get("outputs", np.full((n_steps, 1), np.nan))
    return Trace(
        states=_real(found["states"]),
        inputs=inputs,
        outputs=outputs,
        targets=found.get("targets", nothing),
        truth=found.get("truth", nothing),
        lengths=lengths,
        **{**_numbered(inputs, outputs, "inputs" in found), **kinds},
    )


def _real(states: np.ndarray) -> np.ndarray:
    """Return counts of spikes, say, as real numbers."""
    return states.astype(np.float64) if states.dtype.kind in "iub" else states


def _numbered(inputs: np.ndarray, outputs: np.ndarray, are_known: bool) -> dict[str, Any]:
    """Return names for symbols and classes: numbers, and none for rows."""
    width = outputs.shape[1] if outputs.ndim > 1 else 1
    names: dict[str, Any] = {"symbols": (NAMELESS,), "classes": tuple(map(str, range(width)))}
    if are_known and inputs.ndim == 1 and inputs.dtype.kind in "iu":
        codes = check_codes("inputs", inputs, stop=None)
        names["symbols"] = tuple(map(str, range(int(codes.max(initial=0)) + 1)))
    elif are_known:
        names["symbols"] = ()
    return names
