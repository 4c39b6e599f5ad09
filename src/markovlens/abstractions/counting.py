"""From states decoded along training sequences to a machine: count, normalise, read out."""

from __future__ import annotations

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import starts_of, steps_of
from markovlens.trace import Trace

SEEN_ABOVE = 0.5  # expected visits; below it a posterior's tail would pass for an observation


def build_machine(trace: Trace, posterior: np.ndarray, *, deterministic: bool) -> Machine:
    """Return the machine that moves and answers as the states did on the training sequences.

    `transition[v, i]` is the relative frequency of the next state after (state i, symbol v), or
    only the most frequent one when `deterministic` (LISOR, Hou & Zhou 2020). A pair that never
    occurred does what state i does on average over symbols; a state that was never left stays.

    Args:
        trace: the training trace.
        posterior: (N, K), P(state | activations up to this step); one-hot rows for hard clusters.
        deterministic: keep only the most frequent successor.
    """
    n_symbols = len(trace.symbols)
    counts, first = count_moves(trace, posterior, n_symbols=n_symbols)
    initial, transition, seen = frequencies(
        counts, first, posterior.mean(0), deterministic=deterministic
    )
    return Machine(
        initial,
        transition,
        mean_output(trace, posterior),
        trace.symbols,
        trace.classes,
        seen,
        output=trace.output,
        spread=output_spread(trace, posterior),
    )


def frequencies(
    counts: np.ndarray, first: np.ndarray, share: np.ndarray, *, deterministic: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return `initial` (V, K), `transition` (V, K, K) and `seen` (V, K), as `build_machine` does.

    Args:
        counts: (V, K, K), of moves.
        first: (V, K), of first states.
        share: (K,), of all steps in each state.
        deterministic: keep only the most frequent successor.
    """
    fallback = _sharpen(_normalise(counts.sum(0), np.eye(len(share))), deterministic)
    start = _sharpen(_normalise(first.sum(0), share), deterministic)
    seen = visited(counts)
    transition = np.where(
        seen[..., None], _sharpen(_normalise(counts, fallback), deterministic), fallback
    )
    return _sharpen(_normalise(first, start), deterministic), transition, seen


def visited(counts: np.ndarray) -> np.ndarray:
    """Return whether each (symbol, state) was there to be counted, (V, K)."""
    return counts.sum(-1) > SEEN_ABOVE


def count_moves(
    trace: Trace, posterior: np.ndarray, *, n_symbols: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return expected counts (V, K, K) of moves and (V, K) of first states, by the symbol read."""
    n_states = posterior.shape[1]
    counts = np.zeros((n_symbols, n_states, n_states))
    first = np.zeros((n_symbols, n_states))
    starts = starts_of(trace.lengths)
    np.add.at(first, trace.inputs[starts], posterior[starts])
    moves = moves_in(trace.lengths)
    order = moves[np.argsort(trace.inputs[moves], kind="stable")]
    symbols, begin = np.unique(trace.inputs[order], return_index=True)
    # Without any move, as with one-step sequences, split still gives one (empty) part.
    for symbol, rows in zip(symbols, np.split(order, begin[1:]), strict=False):
        counts[symbol] = posterior[rows - 1].T @ posterior[rows]
    return counts, first


def moves_in(lengths: np.ndarray) -> np.ndarray:
    """Return the rows (M,) that follow one of their own sequence."""
    return np.flatnonzero(steps_of(lengths))


def mean_output(trace: Trace, posterior: np.ndarray) -> np.ndarray:
    """Return the network's mean output (K, C) in each state, of a risk its mean rank in 0..1.

    A state in which the network never answered has the mean over all states.
    """
    rows = trace.has_output
    outputs, weights = answers_of(trace), posterior[rows]
    if trace.output == Output.DISTRIBUTION:
        return _normalise(weights.T @ outputs, outputs.mean(0))
    middle = outputs.mean(axis=0)
    return middle + _average(weights, outputs - middle)


def output_spread(
    trace: Trace, posterior: np.ndarray, readout: np.ndarray | None = None
) -> np.ndarray | None:
    """Return the standard deviation (K, C) of the network's output in each state.

    Args:
        trace: the training trace.
        posterior: (N, K), as for `build_machine`.
        readout: (K, C), what deviates; the mean output when None.

    Returns:
        None of distributions, whose rows say it all. A state in which the network never answered
        has the spread of all outputs.
    """
    if trace.output == Output.DISTRIBUTION:
        return None
    outputs, weights = answers_of(trace), posterior[trace.has_output]
    about = mean_output(trace, posterior) if readout is None else readout
    spread = np.repeat(outputs.std(axis=0)[None], weights.shape[1], axis=0)
    for state in np.flatnonzero(weights.sum(axis=0) > 0):
        off = (outputs - about[state]) ** 2
        spread[state] = np.sqrt(weights[:, state] @ off / weights[:, state].sum())
    return spread


def answers_of(trace: Trace) -> np.ndarray:
    """Return the outputs (M, C) at the steps that have one, as a machine's states average them.

    A risk counts by its order alone, so that it is its rank among all of them, from 0 to 1; equal
    ones share theirs.
    """
    given = trace.outputs[trace.has_output].astype(np.float64)
    if trace.output != Output.RISK:
        return given
    from scipy.stats import rankdata  # here: it takes longer to load than most jobs need otherwise

    return np.asarray((rankdata(given, axis=0) - 0.5) / len(given))


def _average(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean (K, C) of values (M, C) under each column of weights (M, K), else 0."""
    total = weights.sum(axis=0)[:, None]
    sums = weights.T @ values
    return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)


def _normalise(counts: np.ndarray, fallback: np.ndarray) -> np.ndarray:
    """Return rows that sum to 1; a row of (almost) no counts becomes that of `fallback`."""
    total = counts.sum(-1, keepdims=True)
    rows = np.where(total > 0, counts, fallback)
    return rows / rows.sum(-1, keepdims=True)


def _sharpen(rows: np.ndarray, deterministic: bool) -> np.ndarray:
    return np.eye(rows.shape[-1])[rows.argmax(-1)] if deterministic else rows
