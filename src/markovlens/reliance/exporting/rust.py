"""A machine as one file of Rust that needs `core` alone."""

from __future__ import annotations

from functools import partial

from markovlens.reliance.exporting.escaping import rust_string
from markovlens.reliance.exporting.parts import Dialect, written

RUST = Dialect(
    "machine.rs",
    string=rust_string,
    real=repr,
    nan="f64::NAN",
    infinity="f64::INFINITY",
    truth=lambda value: str(value).lower(),
    brackets=("[", "]"),
    widths=((2**8, "u8"), (2**16, "u16"), (2**32, "u32")),
)

write_rust = partial(written, RUST)
