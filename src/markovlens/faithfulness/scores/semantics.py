"""Whether the moves of a machine that reads text mean what the words mean to people."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from markovlens.faithfulness.scores.intervals import CORRELATION
from markovlens.faithfulness.scores.tally import Bootstrap, Score, exactly
from markovlens.machines.machine import Machine
from markovlens.sequences import starts_of
from markovlens.trace import Trace

LEAST_REVIEWS = 5  # test sequences with a word, below which its valence is hardly known


def word_push(machine: Machine, trace: Trace) -> np.ndarray:
    """Return how far each symbol moves the machine's answer towards the last class, (V,).

    The mean over all readings in the trace of readout after the word minus readout before it, in
    closed loop; NaN for symbols that are read at first steps only or never.
    """
    belief = machine.run(trace.sequences)
    answer = (belief @ machine.readout)[:, -1]
    change = answer - np.roll(answer, 1)
    inside = np.ones(trace.n_steps, dtype=bool)
    inside[starts_of(trace.lengths)] = False
    reads = np.bincount(trace.inputs[inside], minlength=len(trace.symbols))
    total = np.bincount(trace.inputs[inside], weights=change[inside], minlength=len(trace.symbols))
    return np.divide(total, reads, out=np.full(len(reads), np.nan), where=reads > 0)


def semantic_agreement(
    machine: Machine, train: Trace, test: Trace, bootstrap: Bootstrap
) -> Score | None:
    """Return Spearman's correlation of each word's push with what people say of texts that have it.

    The push is measured on training sequences, without a label. What people say is the share of
    *test* sequences with the word whose right answer is the last class. A machine whose states are
    "semantic aggregates" (Hou & Zhou 2020) moves to its positive states on positive words.

    Args:
        machine: the machine.
        train: what the words push on.
        test: with the right answer at the last step of each sequence.
        bootstrap: resamples of the test sequences.

    Returns:
        0 where nothing pushes; None where fewer than 10 words occur often enough.
    """
    from scipy.stats import rankdata  # here, because it is slow to load and only texts need it

    push = word_push(machine, train)
    holds = _occurrences(test)
    enough = (holds.sum(axis=0) >= LEAST_REVIEWS) & np.isfinite(push)
    if enough.sum() < 10:
        return None
    if np.ptp(push[enough]) == 0:
        return exactly(0.0, bootstrap, CORRELATION)
    last = np.cumsum(test.lengths) - 1
    praise = (test.targets[last] == len(test.classes) - 1).astype(float)
    occurrences = holds[:, np.flatnonzero(enough)]
    ranks = rankdata(push[enough])

    def correlation(weights: np.ndarray) -> np.ndarray:
        with_word = weights @ occurrences
        praised = (weights * praise) @ occurrences
        known = np.maximum(with_word, 1e-9)
        # A word that a resample lost says nothing there: it takes the mean valence.
        valence = np.where(with_word > 0, praised / known, praise.mean())
        return _correlations(rankdata(valence, axis=1), ranks)

    value = correlation(np.ones((1, len(test))))[0]
    return bootstrap.interval(float(value), correlation(bootstrap.counts), CORRELATION)


def _occurrences(trace: Trace) -> csr_array:
    """Return whether sequence s holds symbol v, (S, V)."""
    sequence = np.repeat(np.arange(len(trace)), trace.lengths)
    shape = (len(trace), len(trace.symbols))
    found = csr_array((np.ones(trace.n_steps), (sequence, trace.inputs)), shape=shape)
    found.data[:] = 1
    return found


def _correlations(rows: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation (B,) of each row (B, W) with `fixed` (W,)."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    fixed = fixed - fixed.mean()
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(fixed)
    return np.divide(rows @ fixed, lengths, out=np.zeros(len(rows)), where=lengths > 0)
