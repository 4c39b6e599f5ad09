"""Whether a machine can be made of two traces at all."""

from __future__ import annotations

from markovlens.errors import DataError
from markovlens.trace import Trace


def check_traces(train: Trace, valid: Trace) -> None:
    """Check that traces read the same symbols, answer in the same classes, and do either.

    Raises:
        DataError: they have different alphabets, real-valued inputs, or no output.
    """
    _check_alphabets(train, valid)
    for name, trace in (("train", train), ("valid", valid)):
        _check_supported(name, trace)


def _check_alphabets(train: Trace, valid: Trace) -> None:
    for what in ("symbols", "classes"):
        first, second = getattr(train, what), getattr(valid, what)
        if first != second:
            raise DataError(
                f"expected the same {what} in both traces, in one order, got {len(first)} and "
                f"{len(second)} of which {len(set(first) & set(second))} are in both; pass "
                f"`{what}=` when recording"
            )


def _check_supported(name: str, trace: Trace) -> None:
    """Raise `DataError` for a trace of which no machine can be made."""
    if not trace.reads_symbols:
        raise DataError(
            f"{name}: expected inputs that are symbols, integer codes (N,), got "
            f"{trace.inputs.dtype} {trace.inputs.shape}: machines on real-valued inputs are not "
            "supported yet; give codes and their names, as with `dataclasses.replace(trace, "
            "inputs=codes, symbols=names)`, or fit the states alone with `markovlens.sweep`"
        )
    if not trace.has_output.any():
        raise DataError(
            f"{name}: expected outputs, got none at any step: a machine answers as the network "
            "does; say with `forward=` when recording what it answers, or fit the states alone "
            "with `markovlens.sweep`"
        )
