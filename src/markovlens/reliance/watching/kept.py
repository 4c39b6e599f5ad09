"""What was written down of a monitor, held against what one made the same way writes down."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

OPEN = ("runner", "network", "tally.last", "evidence.place", "evidence.alarms")  # as it happens


def check_kept(given: Any, own: Mapping[str, Any], n_states: int) -> None:
    """Check that what was written down of a monitor can be gone on from.

    Args:
        given: what was written down.
        own: what a monitor made the same way writes down.
        n_states: K of its machine.

    Raises:
        ValueError: something is missing, or nothing that a monitor writes, in words.
    """
    _check_alike(given, own, "")
    state, belief = given["runner"]["state"], given["runner"]["belief"]
    if state is not None and state not in range(n_states):
        raise ValueError(f"state {state!r} of {n_states} states")
    if belief is not None and len(belief) != n_states:
        raise ValueError(f"a belief of {len(belief)} numbers in {n_states} states")
    for row in [given["tally"]["last"] or [], *given["runner"]["past"]]:
        if not all(value is None or _is_number(value) for value in row):
            raise ValueError(f"{row!r} in place of what was read")
    evidence = given["evidence"]
    for test, place in evidence["place"].items():
        if place not in range(len(evidence["counts"][test])):
            raise ValueError(f"bin {place!r} of the test {test!r}")


def _check_alike(given: Any, own: Any, name: str) -> None:
    """Check keys, lengths and numbers, of all but what is `OPEN`."""
    if isinstance(own, Mapping):
        if not isinstance(given, Mapping):
            raise ValueError(f"{given!r} as {name[:-1]}, in place of a mapping")
        if set(own) - set(given):
            raise ValueError(f"no {name}{min(set(own) - set(given))}")
        for key in own:
            if f"{name}{key}" not in OPEN:
                _check_alike(given[key], own[key], f"{name}{key}.")
    elif isinstance(own, list):
        if not isinstance(given, list) or len(given) != len(own):
            raise ValueError(f"{given!r} as {name[:-1]}, in place of {len(own)} numbers")
        for one, other in zip(given, own, strict=True):
            _check_alike(one, other, name)
    elif isinstance(own, int | float) and not _is_number(given):
        raise ValueError(f"{given!r} as {name[:-1]}, in place of a number")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and isfinite(value)
