"""States that have lost their data take over half of the fullest one."""

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import Source
from markovlens.hmm.parameters import Parameters, Prior

EMPTY_STATE_STEPS = 0.5
"""A state with fewer expected steps is empty."""

RESEEDS_PER_STATE = 2
"""Times a state may be re-seeded in one fit."""


def split_state(
    parameters: Parameters, source: int, target: int, packed: Source, rng: np.random.Generator
) -> Parameters:
    """Let the target take over half of the source; what the target was is lost."""
    chain = parameters.chain
    start, moves = chain.start.copy(), chain.transition.copy()
    start[:, source] += start[:, target]
    moves[:, :, source] += moves[:, :, target]
    moves[:, target] = moves[:, source]
    start[:, source] = start[:, target] = 0.5 * start[:, source]
    moves[:, :, source] = moves[:, :, target] = 0.5 * moves[:, :, source]
    emissions = parameters.emissions.split(source, target, packed, rng)
    return Parameters.of(Chain(start, moves), emissions)


def emptied_states(counts: NDArray, n_observed: float) -> NDArray[np.int64]:
    """States without data, when there is data for all."""
    enough = n_observed >= 2 * len(counts)
    return np.flatnonzero(counts < EMPTY_STATE_STEPS) if enough else np.empty(0, int)


def reseed(
    parameters: Parameters,
    empty: list[int],
    counts: NDArray,
    source: Source,
    *,
    prior: Prior,
    rng: np.random.Generator,
) -> Parameters:
    """The model after each emptied state has taken over half of the fullest one."""
    for state in empty:
        split = split_state(parameters, int(np.argmax(counts)), state, source, rng)
        chain = prior.chain.restricted(split.chain, parameters.chain)
        parameters = Parameters.of(chain, split.emissions)
    return parameters


def reseedable(counts: NDArray, reseeded: tuple[int, ...]) -> list[int]:
    """Emptied states that still may be re-seeded."""
    empty = emptied_states(counts, counts.sum())
    return [int(state) for state in empty if reseeded.count(int(state)) < RESEEDS_PER_STATE]
