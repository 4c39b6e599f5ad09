"""Expectation-maximisation in steps of one tile, which is how restarts begin."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from markovlens.hmm.em import Parameters, Prior, expect_all, maximise
from markovlens.hmm.packing import Packed, Source


def run_stepwise(
    source: Source,
    parameters: Parameters,
    prior: Prior,
    *,
    epochs: int,
    rng: np.random.Generator,
    decay: float = 0.6,
    params: str = "stmc",
    n_threads: int = 1,
) -> Parameters:
    """Parameters after epochs of stepwise EM, one tile a step (Liang & Klein 2009, eq. 5).

    Running statistics s become (1 - g) s + g s_tile with g = (step + 2) ** -decay. Their ratio to
    the running number of steps is what counts, so that tiles weigh by their size: with decays in
    (1/2, 1] the limit is a fixed point of `run_em`, and one tile with decay 0 is `run_em` itself.
    Fast at first, without guarantee: finish with `run_em`.
    """
    running, step = None, 0
    for _ in range(epochs):
        for batch in batches(source, rng):
            statistics = expect_all(parameters, batch, n_threads)
            gain = (step + 2.0) ** -decay
            step += 1
            if running is not None:
                statistics = running * (1.0 - gain) + statistics * gain
            running = statistics
            scaled = running * (source.n_steps / running.n_steps)
            parameters = maximise(parameters, scaled, source, prior, params=params)
    return parameters


def batches(source: Source, rng: np.random.Generator) -> Iterable[Packed]:
    """The tiles of each part in random order, as data sets of their own."""
    for part in source.parts():
        for index in rng.permutation(len(part.tiles)):
            yield replace(part, tiles=(part.tiles[index],))
