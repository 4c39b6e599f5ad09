"""A machine as one file of Python, for every version from 3.6 on, without numpy."""

from __future__ import annotations

from functools import partial

from markovlens.reliance.exporting.escaping import python_string
from markovlens.reliance.exporting.parts import Dialect, written

PYTHON = Dialect(
    "machine.py.txt",
    string=python_string,
    real=repr,
    nan="NAN",
    infinity="INFINITY",
    truth=str,
    brackets=("(", ")"),
)

write_python = partial(written, PYTHON)
