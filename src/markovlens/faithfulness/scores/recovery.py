"""Whether the states found are the true ones, where the truth is known."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import xlogy

from markovlens.faithfulness.scores.intervals import CORRELATION, SHARE
from markovlens.faithfulness.scores.tally import (
    Bootstrap,
    Score,
    Tally,
    hits_and_steps,
    per_sequence,
)
from markovlens.trace import Trace


def recovery(decoded: np.ndarray, trace: Trace, bootstrap: Bootstrap) -> dict[str, Score]:
    """Return aligned accuracy, adjusted Rand index and normalised mutual information.

    Args:
        decoded: int (N,), the state found at each step.
        trace: gives the true state at each step.
        bootstrap: resamples of the trace's sequences.
    """
    n_true, n_found = int(trace.truth.max()) + 1, int(decoded.max()) + 1
    cells = np.where(trace.truth >= 0, decoded * n_true + trace.truth, -1)
    tables = per_sequence(np.ones(len(cells)), cells, trace.lengths, n_found * n_true)
    whole = tables.sum(axis=0).reshape(1, n_found, n_true)
    resampled = (bootstrap.counts @ tables).reshape(-1, n_found, n_true)
    scores = {
        name: bootstrap.interval(float(measure(whole)[0]), measure(resampled), scale)
        for name, measure, scale in (
            ("ari", adjusted_rand, CORRELATION),
            ("nmi", mutual_information, SHARE),
        )
    }
    found, true = align(whole[0])
    matched = np.isin(cells, found * n_true + true)
    groups = np.where(trace.truth >= 0, 0, -1)
    tally = Tally(*hits_and_steps(matched, groups, trace.lengths, 1))
    return scores | {"state_accuracy": bootstrap.score(tally)}


def align(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the one-to-one pairs (found, true) with the most steps in common (Hungarian)."""
    return linear_sum_assignment(table, maximize=True)


def adjusted_rand(tables: np.ndarray) -> np.ndarray:
    """Return the adjusted Rand index (B,) of tables (B, K, L) of counts (Hubert & Arabie 1985)."""
    pairs = _pairs(tables).sum(axis=(1, 2))
    rows = _pairs(tables.sum(axis=2)).sum(axis=1)
    columns = _pairs(tables.sum(axis=1)).sum(axis=1)
    expected = rows * columns / _pairs(tables.sum(axis=(1, 2)))
    span = (rows + columns) / 2 - expected
    return np.divide(pairs - expected, span, out=np.ones_like(span), where=span > 0)


def _pairs(counts: np.ndarray) -> np.ndarray:
    return counts * (counts - 1) / 2


def mutual_information(tables: np.ndarray) -> np.ndarray:
    """Return I / mean(H, H') (B,) of contingency tables (B, K, L); 1 when both are constant."""
    shared, mean = information(tables)
    return np.divide(shared, mean, out=np.ones_like(mean), where=mean > 1e-12)


def information(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return I and mean(H, H'), both (B,) in nats, of contingency tables (B, K, L)."""
    share = tables / tables.sum(axis=(1, 2), keepdims=True)
    rows, columns = share.sum(axis=2), share.sum(axis=1)
    entropy = -(xlogy(rows, rows).sum(axis=1) + xlogy(columns, columns).sum(axis=1))
    return xlogy(share, share).sum(axis=(1, 2)) + entropy, entropy / 2


def transition_distance(
    decoded: np.ndarray, trace: Trace, true: np.ndarray, bootstrap: Bootstrap
) -> Score | None:
    """Return the mean row total variation between found and true transitions after alignment.

    The found transitions are the relative frequencies with which decoded states follow one another
    on the trace, by symbol where `true` has one matrix a symbol.

    Args:
        decoded: int (N,), the state found at each step.
        trace: gives the true states (for the alignment) and the inputs.
        true: (V, K, K) of the true machine, or (1, K, K) of a hidden Markov source.
        bootstrap: resamples of the trace's sequences.

    Returns:
        None unless as many states were found as true ones are visited after a first symbol.
    """
    visited, truth = np.unique(trace.truth, return_inverse=True)
    true = true[:, visited][:, :, visited]
    n_symbols, n_states, _ = true.shape
    names, found = np.unique(decoded, return_inverse=True)
    if len(names) != n_states:
        return None
    table = np.bincount(found * n_states + truth, minlength=n_states**2)
    _, matching = align(table.reshape(n_states, n_states))
    renamed = matching[found]
    counts = _move_counts(renamed, trace, n_symbols=n_symbols, n_states=n_states)
    shape = (-1, n_symbols, n_states, n_states)
    whole = _total_variation(counts.sum(axis=0).reshape(shape), true)
    resampled = _total_variation((bootstrap.counts @ counts).reshape(shape), true)
    return bootstrap.interval(float(whole[0]), resampled, SHARE)


def _move_counts(states: np.ndarray, trace: Trace, *, n_symbols: int, n_states: int) -> np.ndarray:
    """Return each sequence's counts (S, V*K*K) of (symbol, state before, state after)."""
    symbol = trace.inputs if n_symbols > 1 else np.zeros(trace.n_steps, dtype=int)
    before = np.roll(states, 1)
    cells = (symbol * n_states + before) * n_states + states
    first = np.concatenate([[0], np.cumsum(trace.lengths)[:-1]])
    cells[first] = -1
    return per_sequence(np.ones(len(cells)), cells, trace.lengths, n_symbols * n_states * n_states)


def _total_variation(counts: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the mean over visited rows of half the absolute difference, (B,)."""
    visits = counts.sum(axis=-1, keepdims=True)
    found = np.divide(counts, visits, out=np.zeros_like(counts), where=visits > 0)
    rows = np.abs(found - true).sum(axis=-1) / 2
    visited = visits[..., 0] > 0
    return (rows * visited).sum(axis=(1, 2)) / visited.sum(axis=(1, 2))
