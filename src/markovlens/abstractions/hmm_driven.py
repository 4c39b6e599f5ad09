"""The Gaussian HMM of hidden states whose moves and whose activations follow the input row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.abstractions import hmm_soft
from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.hmm.driving import BOTH


def fit(
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the HMM of each size as `hmm_soft` does, of which rows drive the emissions too.

    x_t ~ N(m_k + A_k u_t, C_k): what a network keeps of the row it has just read is no state of its
    own, so that fewer states are needed where activations follow the input (hidden Markov
    regression, Fridman 1994). On inputs alone the machine runs by its softmax, as that of
    `hmm_soft`; emissions tell the state of activations.
    """
    return hmm_soft.fits("hmm_driven", BOTH, evidence, n_states=n_states, rng=rng, options=options)
