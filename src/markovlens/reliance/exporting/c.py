"""A machine as one file of C99."""

from __future__ import annotations

from functools import partial

from markovlens.reliance.exporting.escaping import c_string
from markovlens.reliance.exporting.parts import Dialect, written

C = Dialect(
    "machine.c",
    string=c_string,
    real=float.hex,
    nan="NAN",
    infinity="INFINITY",
    truth=lambda value: str(int(value)),
    brackets=("{", "}"),
    widths=((2**8, "unsigned char"), (2**16, "unsigned short"), (2**32, "unsigned long")),
)

write_c = partial(written, C)
