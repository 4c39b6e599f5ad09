"""The input-driven Gaussian HMM of hidden states, which is a machine as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import partial

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.counting import count_moves, mean_output, visited
from markovlens.abstractions.hmm import fit_sweep
from markovlens.hmm import GaussianHMM
from markovlens.machine import Machine
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
    drawn to the matrix that all symbols share, and those never read have just that one.
    """
    coding = code_symbols(evidence.train)
    make = partial(_as_it_stands, coding=coding)
    return fit_sweep(evidence, n_states, rng, options, make=make, coding=coding)


def code_symbols(trace: Trace) -> np.ndarray:
    """Return a number (V,) for each symbol: its own if it was read, one for all that were not.

    A vocabulary has thousands of words of which a sample reads some; matrices for the others would
    only cost time.
    """
    seen = np.unique(trace.inputs)
    coding = np.full(len(trace.symbols), len(seen))
    coding[seen] = np.arange(len(seen))
    return coding


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
