"""What it costs a machine to be made in fewer coordinates, or of less, on held-out sequences."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.closeness import closeness
from markovlens.arguments import check_kind, check_seed, with_known_arguments
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

N_RESAMPLES = 1000


@with_known_arguments
def loss_between(few: Machine, many: Machine, test: Trace, *, seed: int = 0) -> Score:
    """Return how much less a machine agrees with the network than another, at most `high`.

    What is lost on a sequence counts, and what is won on another is not set against it, so that it
    is no less than the difference of the mean agreements. Sequences that all agree do not prove
    that all others would: the interval never closes at 0.

    Args:
        few: made in few coordinates, or approximately, such as `Dimensions.study.best`.
        many: made in many, or of everything, such as `Dimensions.reference.best`.
        test: held-out sequences with the network's outputs, on which nothing was chosen.
        seed: of the bootstrap over sequences.

    Raises:
        DataError: no machine or no trace.
        ConfigError: a seed that is none.
    """
    for name, machine in {"few": few, "many": many}.items():
        check_kind(name, machine, Machine, advice="of a study, `study(...).best` is one")
    check_kind("test", test, Trace, advice="`markovlens.record` makes one of a network")
    check_seed(seed)
    lost = np.clip(closeness(many, test) - closeness(few, test), 0, 1)[:, None]
    rng = np.random.default_rng(seed)
    bootstrap = Bootstrap.draw(len(test), n_resamples=N_RESAMPLES, rng=rng)
    return bootstrap.score(Tally(lost, np.ones_like(lost)))
