"""The input-driven Gaussian HMM of hidden states, which is a machine as it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.abstractions.base import Fitted, Options
from markovlens.abstractions.counting import count_moves, mean_output, visited
from markovlens.abstractions.hmm import fit_sweep
from markovlens.hmm import GaussianHMM
from markovlens.machine import Machine
from markovlens.trace import Trace


def fit(
    trace: Trace,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    valid: Trace | None = None,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the best input-driven HMM of each size from one sweep.

    The matrix of the symbol read at a step carries the state there; symbols that are rare are
    drawn to the matrix that all symbols share.
    """
    return fit_sweep(trace, n_states, rng, valid, options, make=_as_it_stands, driven=True)


def _as_it_stands(trace: Trace, belief: np.ndarray, model: GaussianHMM) -> Machine:
    counts, _ = count_moves(trace, belief, n_symbols=len(trace.symbols))
    return Machine(
        model.startprob_,
        model.transmat_,
        mean_output(trace, belief),
        trace.symbols,
        trace.classes,
        visited(counts),
    )
