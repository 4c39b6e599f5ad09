"""How many test sequences differ: intervals and bounds take each for a draw of its own.

Draws from a distribution may well be the same, as of a language with few short words, and count as
often as they are drawn. Copies of a recording are no draws, and nobody but the user can tell them
from these: so no number changes, and it is said where few are distinct.
"""

from __future__ import annotations

import numpy as np

from markovlens.errors import EvidenceWarning, warn
from markovlens.outputs import Output
from markovlens.spelling import count
from markovlens.trace import Trace

LEAST_SHARE = 0.5  # of the sequences that are distinct, below which it is said
DIGITS = 3  # of answers: copies are read in other batches, which changes the last digits
ENOUGH = 50  # distinct sequences: of so many it is not said, as short languages often draw them
DRAWS = "intervals and bounds hold where each is a draw of its own, and not for copies"


def keys_of(trace: Trace) -> list[bytes]:
    """Return what tells each sequence (S,) from others: its inputs, and what was answered there.

    Networks that noise drives read the same and answer otherwise.
    """
    decided = trace.output == Output.DISTRIBUTION
    said = trace.decisions if decided else np.round(trace.outputs, DIGITS) + 0.0
    starts = trace.sequences.starts[1:]
    parts = zip(np.split(trace.inputs, starts), np.split(said, starts), strict=True)
    return [read.tobytes() + answered.tobytes() for read, answered in parts]


def n_distinct(trace: Trace) -> int:
    """Return how many sequences differ, see `keys_of`."""
    return len(set(keys_of(trace)))


def are_few(n_found: int, n_all: int) -> bool:
    """Return whether so few of all are there that it has to be said."""
    return n_found < min(LEAST_SHARE * n_all, ENOUGH)


def of_them_distinct(n_found: int | None, n_all: int) -> str:
    """Return ", 7 of them distinct" to follow a number of sequences; "" unless these are few."""
    few = n_found is not None and are_few(n_found, n_all)
    return f", {n_found} of them distinct" if few else ""


def warn_of_copies(test: Trace) -> None:
    """Warn where few of the sequences that something is judged by are distinct."""
    found = n_distinct(test)
    if are_few(found, len(test)):
        told = f"{count(len(test), 'test sequence')}{of_them_distinct(found, len(test))}"
        warn(f"{told}: {DRAWS}; give sequences that differ", EvidenceWarning)


def warn_of_seen(test: Trace, train: Trace) -> None:
    """Warn where few of the test sequences are others than those that machines are made of."""
    seen = set(keys_of(train))
    new = sum(key not in seen for key in keys_of(test))
    if are_few(new, len(test)):
        warn(
            f"{count(len(test), 'test sequence')}, {new} of them not among those that machines "
            f"were made of: {DRAWS}; leave out what is twice in the data",
            EvidenceWarning,
        )
