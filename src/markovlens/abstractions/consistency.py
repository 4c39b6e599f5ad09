"""How consistent a network is within a code: whether another row of the code does the same.

In every sequence one row gives way to another with its code, and the network reads on. Where it
then answers otherwise, the code holds rows that the network tells apart, and no machine that reads
codes can be right on both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import TOLERANCE, Comparison
from markovlens.codebooks.base import Codebook
from markovlens.outputs import is_answered
from markovlens.sequences import Sequences, steps_of
from markovlens.trace import Trace

if TYPE_CHECKING:  # whoever hands over a network has torch
    from markovlens.activations.oracle import Askable


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of a network's answers when one row of each sequence was exchanged.

    Attributes:
        code: int (S,), the code of the row that was exchanged.
        counted: bool (N,), the answers from there on, in sequences whose codes all stayed; one
            that is not finite is none.
        same: bool (N,), whether the network answers as it did, see `Comparison`.
    """

    code: np.ndarray
    counted: np.ndarray
    same: np.ndarray

    def by_code(self, lengths: np.ndarray, n_codes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the share (V,) of answers that stayed, NaN where none counts, and how many did."""
        code = np.repeat(self.code, lengths)[self.counted]
        counts = np.bincount(code, minlength=n_codes)
        stayed = np.bincount(code, weights=self.same[self.counted], minlength=n_codes)
        return np.where(counts > 0, stayed / np.maximum(counts, 1), np.nan), counts


def exchange_rows(
    network: Askable,
    trace: Trace,
    codebook: Codebook,
    donors: Trace,
    *,
    rng: np.random.Generator,
    tolerance: float = TOLERANCE,
) -> Exchange:
    """Return what happens when a row of each sequence becomes another one of its code.

    A sequence counts if all its codes stay as they were: where a code depends on what came before,
    another row may change the codes after it. What is static stays. A code that no donor has is not
    exchanged.

    Args:
        network: reads rows.
        trace: sequences of rows, with what it answered.
        codebook: what gives rows their codes.
        donors: whose rows are put in, training sequences.
        rng: picks places and rows.
        tolerance: by how many standard deviations the same value or risk may differ.
    """
    inputs, starts = trace.sequences, trace.sequences.starts
    codes, of_donors = codebook.encode(inputs), codebook.encode(donors.sequences)
    place = starts + (rng.random(len(trace)) * trace.lengths).astype(np.int64)
    rows = inputs.rows.copy()
    moving = [column for column, each in enumerate(inputs.channels) if not each.static]
    given = donors.sequences.rows[:, moving]
    has_donor = np.isin(codes[place], of_donors)
    for row in place[has_donor]:
        rows[row, moving] = given[rng.choice(np.flatnonzero(of_donors == codes[row]))]
    changed = Sequences(rows, trace.lengths, trace.channels)
    comparison = Comparison.of(trace, tolerance)
    told = network.outputs(changed)
    answers = (comparison.seen(outputs) for outputs in (told, trace.outputs))
    stays = has_donor & np.logical_and.reduceat(codebook.encode(changed) == codes, starts)
    after = steps_of(trace.lengths) >= np.repeat(place - starts, trace.lengths)
    counted = after & trace.has_output & is_answered(told) & np.repeat(stays, trace.lengths)
    return Exchange(codes[place], counted, np.all(comparison.same(*answers), axis=1))
