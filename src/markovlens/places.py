"""Arguments in each other's places: told which is which, where all that is wrong is the order."""

from __future__ import annotations

from inspect import isclass, isroutine
from typing import Any

from markovlens.errors import DataError

MACHINE, NETWORK, SEQUENCES, TEXT = "a machine", "a network", "sequences", "a text"
EXPLANATION, TRACE = "an explanation", "a trace"
OURS = {"Machine": MACHINE, "Explanation": EXPLANATION, "Sequences": SEQUENCES, "Trace": TRACE}


def check_places(call: str, **given: tuple[Any, tuple[str, ...]]) -> None:
    """Raise `DataError` for an argument that is what another one should be.

    What is of no known sort is left to those who look closer.

    Args:
        call: how it is called, as `check(machine, properties, network=network)`.
        **given: by the name of the argument, its value and what sorts of thing it may be, the usual
            one first.
    """
    wanted = {sort for _, sorts in given.values() for sort in sorts}
    for name, (value, sorts) in given.items():
        found = sort_of(value)
        if found in wanted and found not in sorts:
            raise DataError(
                f"{name}: expected {sorts[0]}, got {found} ({type(value).__name__}); give each in "
                f"its place, `{call}`",
                page="wrong-kind",
            )


def sort_of(value: Any) -> str:
    """Return what a value is, among what functions here take; "" of anything else.

    A network is what is called or makes steps, whatever its framework; classes and functions may be
    anything.
    """
    kind = type(value)
    if kind.__module__.startswith("markovlens.") and kind.__name__ in OURS:
        return OURS[kind.__name__]
    if isinstance(value, str):
        return TEXT
    if isclass(value) or isroutine(value):
        return ""
    steps = callable(value) or callable(getattr(value, "step", None))
    return NETWORK if steps else ""
