"""How much of the exact belief over a source's states stands in a network, its modes, its HMM.

For sources whose beliefs fill a continuum (mess3 of Shai et al. 2024), where no small number of
states can be the whole truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from markovlens.dynamics.floors import of_score
from markovlens.dynamics.measures import Estimate, Numbers, Place, tidy
from markovlens.embedding.pod import embed, pod
from markovlens.faithfulness.scores.bayes import belief_r2
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.hmm import GaussianHMM, sweep
from markovlens.tasks.base import Source
from markovlens.trace import Trace

ANALYSIS = "beliefs"
N_MODES = (1, 2, 3)
N_COMPONENTS = 4


def belief_table(
    source: Source,
    train: Trace,
    test: Trace,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    bootstrap: Bootstrap,
    restarts: int = 2,
) -> pd.DataFrame:
    """Return R² of linear maps to the source's exact beliefs, fitted on `train`, given for `test`.

    Measured from the hidden state (`network`), from its strongest POD modes, from the filtered
    posterior of an HMM of each size (`posterior`) and from its likeliest state alone (`state`).
    The floor (`shuffled`) reads the hidden states of the sequence before.

    Args:
        source: writes the symbols that the network reads; gives the exact beliefs.
        train, test: of the network, with the symbols as inputs.
        n_states: sizes of the HMMs.
        rng: of the fits.
        bootstrap: resamples of the test sequences.
        restarts: of each size.
    """
    basis = pod(train.states, n_components=N_COMPONENTS)
    seen, unseen = embed(train, basis), embed(test, basis)
    found = sweep(
        seen.states,
        seen.lengths,
        n_states=n_states,
        restarts=restarts,
        rng=rng,
        shared_unit=True,
    )
    measured = partial(_measured, source, bootstrap)
    rows: Numbers = {("belief_r2", "network"): measured(_states, train, test)}
    for modes in N_MODES:
        first = partial(_states, n_modes=modes)
        rows["belief_r2", Place("components", rank=modes)] = measured(first, seen, unseen)
    for (_, size), (model, *_rest) in found.models.items():
        for where, read in (("posterior", _posterior), ("state", _one_hot)):
            place = Place(where, n_states=size)
            rows["belief_r2", place] = measured(partial(read, model), seen, unseen)
    others = replace(test, states=np.roll(test.states, test.lengths[0], axis=0))
    rows["belief_r2", "shuffled"] = measured(_states, train, others)
    return tidy(ANALYSIS, rows)


def _measured(
    source: Source,
    bootstrap: Bootstrap,
    read: Callable[[Trace], np.ndarray],
    train: Trace,
    test: Trace,
) -> Estimate:
    """Return R² of the exact beliefs from what `read` makes of the traces."""
    features = [replace(trace, states=read(trace)) for trace in (train, test)]
    return of_score(belief_r2(source, features[0], features[1], bootstrap))


def _states(trace: Trace, n_modes: int | None = None) -> np.ndarray:
    return trace.states[:, :n_modes]


def _posterior(model: GaussianHMM, trace: Trace) -> np.ndarray:
    return np.asarray(model.filter(trace.states, trace.lengths))


def _one_hot(model: GaussianHMM, trace: Trace) -> np.ndarray:
    return np.eye(model.n_components)[_posterior(model, trace).argmax(axis=1)]
