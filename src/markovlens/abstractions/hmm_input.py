"""The input-driven Gaussian HMM of hidden states, which is a machine as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.clusters import weighted_classes
from markovlens.abstractions.counting import count_moves, mean_output, output_spread, visited
from markovlens.abstractions.hmm import fit_sweep
from markovlens.hmm import GaussianHMM
from markovlens.machines.machine import Machine
from markovlens.sequences import starts_of
from markovlens.trace import Trace

POLISH = 5


def fit(
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the best input-driven HMM of each size from one sweep.

    The matrix of the symbol read at a step carries the state there; symbols that are rare are
    drawn to the matrix that all symbols share, and those never read have just that one. In a large
    alphabet symbols that move the network alike share a matrix, see `code_symbols`.
    """
    coding = code_symbols(evidence.train, n_classes=options.input_classes, rng=rng)
    make = partial(_as_it_stands, coding=coding)
    return fit_sweep(evidence, n_states, rng, options, make=make, coding=coding)


def code_symbols(trace: Trace, *, n_classes: int, rng: np.random.Generator) -> np.ndarray:
    """Return a number (V,) for each symbol that was read, and one more for all that were not.

    Up to `n_classes` symbols have a number, and so a matrix, of their own. Of a larger alphabet,
    symbols share one if they move the network alike: k-means on the mean move of the hidden state,
    weighted by how often they were read. A vocabulary has thousands of words, of which a sample
    shows each a few times; matrices for all of them would be noise, and BIC would pay for them.
    """
    seen, counts = np.unique(trace.inputs, return_counts=True)
    codes = np.arange(len(seen))
    if len(seen) > n_classes:
        codes = weighted_classes(_mean_moves(trace)[seen], counts, n_classes, rng)
    coding = np.full(len(trace.symbols), codes.max() + 1)
    coding[seen] = codes
    return coding


def _mean_moves(trace: Trace) -> np.ndarray:
    """Return the mean change (V, D) of the state when a symbol is read, from 0 at a first step."""
    before = np.roll(trace.states, 1, axis=0)
    before[starts_of(trace.lengths)] = 0
    reads = csr_array(
        (np.ones(trace.n_steps), (trace.inputs, np.arange(trace.n_steps))),
        shape=(len(trace.symbols), trace.n_steps),
    )
    moves: np.ndarray = reads @ (trace.states - before)
    return moves / np.maximum(reads.sum(axis=1), 1)[:, None]


def _as_it_stands(
    trace: Trace, belief: np.ndarray, model: GaussianHMM, *, coding: np.ndarray
) -> Machine:
    counts, _ = count_moves(trace, belief, n_symbols=len(trace.symbols))
    chain = _unshrunk(model, trace, coding)
    return Machine(
        chain.startprob_[coding],
        chain.transmat_[coding],
        mean_output(trace, belief),
        trace.symbols,
        trace.classes,
        visited(counts),
        output=trace.output,
        spread=output_spread(trace, belief),
    )


def _unshrunk(model: GaussianHMM, trace: Trace, coding: np.ndarray) -> GaussianHMM:
    """Return the model with its chain fitted on, no longer drawn to the shared one.

    The draw keeps rows of rare symbols safe while states are found, but it leaks: one pseudo-step
    in a row of ten visits is a tenth of a chance to leave the right state. Rows that no step
    visited stay what they are, the shared one's.
    """
    free = deepcopy(model)
    free.set_params(input_strength=0.0, params="st", init_params="", n_iter=POLISH)
    return free.fit(trace.states, trace.lengths, coding[trace.inputs])
