"""Which two traces a machine can be made of: one layer in one form, inputs in, answers out."""

from __future__ import annotations

from typing import Any

import numpy as np

from markovlens.arguments import check_kind
from markovlens.errors import DataError, EvidenceWarning, warn
from markovlens.trace import Trace

_ADVICE = {
    "symbols": "pass `symbols=` when recording",
    "classes": "pass `classes=` when recording",
    "channels": "give both `Sequences` the same `channels`, names and units, in one order",
}


def check_traces(train: Trace, valid: Trace) -> None:
    """Raise `DataError` unless both traces are of one layer in one form, and machines fit them."""
    for name, trace in (("train", train), ("valid", valid)):
        check_kind(name, trace, Trace, advice="`markovlens.record` makes one of a network")
    check_origins(train, valid)
    _check_alphabets(train, valid)
    for name, trace in (("train", train), ("valid", valid)):
        _check_supported(name, trace)
    widths = train.states.shape[1], valid.states.shape[1]
    if widths[0] != widths[1]:
        raise DataError(
            f"expected states of one width in both traces, got {widths[0]} in train and "
            f"{widths[1]} in valid; record the same layer of both, and `embed` both with one basis",
            page="traces-differ",
        )


def warn_of_one_sequence(train: Trace, valid: Trace) -> None:
    """Warn where the number of states is chosen on the one sequence that machines are fitted on."""
    if len(train) == len(valid) == 1 and np.array_equal(train.states, valid.states, equal_nan=True):
        warn(
            "train and valid are one and the same sequence: the number of states is chosen on what "
            "machines were fitted on; record other sequences for `valid`, and more for both",
            EvidenceWarning,
        )


def check_origins(train: Trace, valid: Trace) -> None:
    """Raise `DataError` where traces are known to be of two networks, or of two layers of one."""
    for what in train.origin.keys() & valid.origin.keys():
        first, second = train.origin[what], valid.origin[what]
        if first != second:
            raise DataError(
                f"expected traces of one network, recorded in one way, got {what} {first} in train "
                f"and {what} {second} in valid; record both of the same",
                page="traces-differ",
            )


def _check_alphabets(train: Trace, valid: Trace) -> None:
    if train.output != valid.output:
        raise DataError(
            f"expected outputs of one kind in both traces, got {train.output} in train and "
            f"{valid.output} in valid; record both with the same `link`",
            page="traces-differ",
        )
    for what in ("symbols", "classes", "channels"):
        first, second = getattr(train, what), getattr(valid, what)
        if first != second:
            raise DataError(
                f"expected the same {what} in both traces, in one order, got {len(first)} and "
                f"{len(second)} of which {len(set(first) & set(second))} are in both"
                f"{_differing(first, second)}; {_ADVICE[what]}",
                page="traces-differ",
            )


def _differing(first: tuple[Any, ...], second: tuple[Any, ...]) -> str:
    """Return the first pair that differs where both have as many, in words."""
    pairs = [pair for pair in zip(first, second, strict=False) if pair[0] != pair[1]]
    return f" (such as {pairs[0][0]} and {pairs[0][1]})" if pairs else ""


def _check_supported(name: str, trace: Trace) -> None:
    """Raise `DataError` for a trace of which no machine can be made."""
    if not trace.has_output.any():
        raise DataError(
            f"{name}: expected outputs, got none at any step: a machine answers as the network "
            "does; say with `forward=` when recording what it answers, or fit the states alone "
            "with `markovlens.sweep`",
            page="no-answers",
        )
