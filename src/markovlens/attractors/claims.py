"""The claims on networks whose dynamics are published: what they rest on, what HMMs see of it.

Sussillo & Barak 2013, "Opening the black box" (flip-flop); Mante et al. 2013, "Context-dependent
computation by recurrent dynamics in prefrontal cortex". That the states of a hidden Markov model
are attractors is what this project's method takes for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, decide, measured

SYSTEM = "S4"
NETWORK = ("task", "model", "seed")
N_MEMORIES = 8

WORDS = {  # by claim: the statement, and what its effect is
    "flip_flop_has_eight_fixed_points": (
        "A network that holds three bits has a stable fixed point for each of the eight memories",
        "1 where the search finds eight stable fixed points without input, and their answers are "
        "the eight memories; -1 elsewhere",
    ),
    "hmm_states_are_attractors": (
        "The states of a hidden Markov model are the attractors of its network",
        "adjusted Rand index of the states of the HMM, at the number it chooses, with the stable "
        "fixed point that each state comes to without input, less the same index with those of "
        "other sequences",
    ),
    "hmm_counts_attractors": (
        "A hidden Markov model chooses as many states as its network has attractors",
        "1 where the HMM of a network of flip_flop chooses 8 states, -1 elsewhere",
    ),
    "context_selects_by_slow_direction": (
        "A network that decides by context lets in evidence by the direction of its slow mode",
        "|cosine| of the selection vector (left eigenvector of the slowest mode) with what the "
        "evidence that counts does to the state, less that of the other evidence; mean over slow "
        "points of both contexts",
    ),
}
