"""A machine as one file of C99."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from markovlens.reliance.exporting.escaping import c_string
from markovlens.reliance.exporting.parts import (
    filled,
    lister,
    matrix_lister,
    nodes_of,
    parts_of,
)
from markovlens.reliance.exporting.plan import Plan
from markovlens.reliance.exporting.vectors import Vectors

WIDTHS = ((2**8, "unsigned char"), (2**16, "unsigned short"), (2**32, "unsigned long"))


def write_c(plan: Plan, vectors: Vectors, head: Iterable[str], name: str) -> bytes:
    """Return the file of a machine, whose functions begin with `name`."""
    parts = parts_of(plan, vectors, head)
    text = filled(
        "machine.c",
        **parts,
        name=name,
        macro=name.upper(),
        nodes=nodes_of(parts, number, lambda value: str(int(value))),
        numbers=lister(number),
        matrix=matrix_lister(number, ("{", "}")),
        strings=lambda names: "\n".join(f"  {c_string(each)}," for each in names),
        whole=whole_type,
    )
    return text.encode("ascii")


def number(value: Any) -> str:
    """Return a number as C reads it back: whole, or a float in hexadecimal."""
    if isinstance(value, bool | int | np.integer):
        return str(int(value))
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return float(value).hex()


def whole_type(values: np.ndarray) -> str:
    """Return the smallest type that holds whole numbers, none of them negative."""
    most = int(np.max(values))
    return next(name for bound, name in WIDTHS if most < bound)
