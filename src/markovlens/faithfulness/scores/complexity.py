"""How much there is to a machine: its description length, its edges, and how settled its moves are.

The code, in bits, of what must be written down for someone who knows the code and the numbers of
symbols V and classes C to run the machine:

- the number of states K: Elias' gamma code, 2 floor(log2 K) + 1;
- a distribution over n: how many of its entries are more than half a step of `PRECISION` (log2 n),
  which ones (log2 of the number of choices), and all but one of their values (`PRECISION` bits
  each); a certain move costs which one it is alone;
- the readout of each state, over C; of labels, values and a risk `PRECISION` bits for each number;
- the moves: for each state one row to which every symbol defaults, the commonest, then how many
  (symbol, state) differ from it, which ones, and their rows. Symbols never seen in a state share
  the builder's rule for the unseen, so that these are not paid for again and again;
- the first states, by symbol, as the moves of one more state.

Rissanen, "Modeling by shortest data description", 1978; two-part code, Elias 1975.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from markovlens.arrays import distinct_rows
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, hits_and_steps
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import starts_of
from markovlens.trace import Trace

PRECISION = 6  # bits of a probability
NONE = -1  # no state
FEWEST_SEQUENCES = 20  # with fewer, a resample may hold none of them
LEAST = 2.0 ** -(PRECISION + 1)  # rounded to 0 at this precision


def description_bits(machine: Machine) -> float:
    """Return the length of a machine's description in bits, by the code of this module."""
    K = machine.n_states
    answers = PRECISION * machine.readout.size
    if machine.output == Output.DISTRIBUTION:
        answers = _row_bits(machine.readout).sum()
    bits = 2 * np.floor(np.log2(K)) + 1 + answers
    for moves in [machine.initial, *machine.transition.swapaxes(0, 1)]:  # (V, K) each
        bits += _moves_bits(moves)
    return float(bits)


def n_edges(machine: Machine) -> int:
    """Return the number of (state, symbol, next state) that were seen and have a probability."""
    return int(((machine.transition > LEAST) & machine.seen[..., None]).sum())


def move_scores(
    machine: Machine, state: np.ndarray, trace: Trace, bootstrap: Bootstrap
) -> dict[str, Score]:
    """Return `unseen_share`: steps at which the machine, run freely, applies an unseen rule.

    Both the state before and the symbol are then such that the builder never saw them together.
    The first step of a sequence has no state before it and does not count.

    Args:
        machine: the machine.
        state: int (N,), its most likely state at each step, from the inputs alone.
        trace: gives the symbols.
        bootstrap: over the sequences.
    """
    inner = _inner(trace)
    before = np.r_[0, state[:-1]]
    symbol = trace.inputs if machine.n_symbols > 1 else np.zeros_like(trace.inputs)
    unseen = ~machine.seen[symbol, before]
    return _share("unseen_share", unseen, inner, trace, bootstrap)


def determinism(decoded: np.ndarray, trace: Trace, bootstrap: Bootstrap) -> dict[str, Score]:
    """Return `determinism`: steps whose decoded state is the usual one after (state, symbol).

    The usual one is the commonest in all *other* sequences: counted on the same steps, rare pairs
    would be their own rule, and states at random would seem settled. States at random now score
    about 1 / K. Steps whose (state, symbol) no other sequence has do not count, as nothing says
    what is usual there; with fewer than `FEWEST_SEQUENCES` left there is no score. A resample of
    sequences leaves the usual states as they are, so the interval lacks the noise of these.

    Args:
        decoded: int (N,), states read off the activations.
        trace: gives the symbols.
        bootstrap: over the sequences.
    """
    inner = np.flatnonzero(_inner(trace))
    if not len(inner):
        return {}
    before = trace.inputs[inner].astype(np.int64) * (int(decoded.max()) + 1) + decoded[inner - 1]
    sequence = np.repeat(np.arange(len(trace)), trace.lengths)[inner]
    usual = _usual_elsewhere(before, decoded[inner], sequence)
    hits, known = np.zeros((2, trace.n_steps), dtype=bool)
    hits[inner] = usual == decoded[inner]
    known[inner] = usual != NONE
    return _share("determinism", hits, known, trace, bootstrap)


def _usual_elsewhere(before: np.ndarray, after: np.ndarray, sequence: np.ndarray) -> np.ndarray:
    """Return what most often comes after `before` in other sequences (M,), `NONE` if it is in none.

    Args:
        before, after: int (M,), what is met and what comes next, which is below K.
        sequence: int (M,), where.
    """
    pairs, pair = np.unique(before, return_inverse=True)
    # One row for each pair in each sequence: all counts of the pair without that sequence's own.
    cells, cell = np.unique(sequence * len(pairs) + pair, return_inverse=True)
    n_states = int(after.max()) + 1
    counts, own = (
        np.bincount(row * n_states + after, minlength=n * n_states).reshape(n, n_states)
        for row, n in ((pair, len(pairs)), (cell, len(cells)))
    )
    rest = counts[cells % len(pairs)] - own
    usual: np.ndarray = np.where(rest.any(axis=1), rest.argmax(axis=1), NONE)[cell]
    return usual


def _share(
    name: str, hits: np.ndarray, where: np.ndarray, trace: Trace, bootstrap: Bootstrap
) -> dict[str, Score]:
    groups = np.where(where, 0, -1)
    numerator, weight = hits_and_steps(hits, groups, trace.lengths, 1)
    if (weight > 0).sum() < FEWEST_SEQUENCES:
        return {}
    return {name: bootstrap.score(Tally(numerator, weight))}


def _inner(trace: Trace) -> np.ndarray:
    """Return bool (N,): steps that have a step before them."""
    inner = np.ones(trace.n_steps, dtype=bool)
    inner[starts_of(trace.lengths)] = False
    return inner


def _moves_bits(moves: np.ndarray) -> float:
    """Return the bits of the rows (V, K) of one state: a default row, then those that differ."""
    places, numbers = distinct_rows(moves)
    bits, count = _row_bits(moves[places]), np.bincount(numbers)
    default = count.argmax()
    n_listed = len(moves) - count[default]
    listed = (bits * count).sum() - bits[default] * count[default]
    return float(bits[default] + np.log2(len(moves)) + _choices(len(moves), n_listed) + listed)


def _row_bits(rows: np.ndarray) -> np.ndarray:
    """Return the bits (M,) of distributions (M, n)."""
    n = rows.shape[1]
    kept = np.maximum((rows > LEAST).sum(axis=1), 1)
    bits: np.ndarray = np.log2(n) + _choices(n, kept) + (kept - 1) * PRECISION
    return bits


def _choices(n: int, k: np.ndarray) -> np.ndarray:
    """Return log2 of the number of ways to choose k of n."""
    bits: np.ndarray = (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / np.log(2)
    return bits
