"""A machine as one file of Python, for every version from 3.6 on, without numpy."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from markovlens.reliance.exporting.escaping import python_string
from markovlens.reliance.exporting.parts import (
    filled,
    lister,
    matrix_lister,
    nodes_of,
    parts_of,
)
from markovlens.reliance.exporting.plan import Plan
from markovlens.reliance.exporting.vectors import Vectors


def write_python(plan: Plan, vectors: Vectors, head: Iterable[str], name: str) -> bytes:
    """Return the file of a machine; its class is `Machine`, whatever the `name`."""
    parts = parts_of(plan, vectors, head)
    text = filled(
        "machine.py.txt",
        **parts,
        name=name,
        nodes=nodes_of(parts, number, str),
        numbers=lister(number),
        matrix=matrix_lister(number, ("(", ")")),
        strings=lambda names: "\n".join(f"    {python_string(each)}," for each in names),
        largest=repr(sys.float_info.max),
    )
    return text.encode("ascii")


def number(value: Any) -> str:
    """Return a number as Python reads it back, to the last bit."""
    if isinstance(value, bool | int | np.integer):
        return repr(int(value))
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(float(value))
