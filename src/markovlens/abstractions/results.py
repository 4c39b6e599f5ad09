"""What a method of the registry gives on evidence, or why it gives nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from markovlens.abstractions import DECIDING, METHODS
from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.errors import DataError, reason_of
from markovlens.outputs import check_decides


def results_of(
    method: str,
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return what a method gives for each number of states, or why there is nothing."""
    fit = METHODS[method]
    if method in DECIDING:
        try:
            check_decides(evidence.train.output)
        except DataError as error:
            return dict.fromkeys(n_states, reason_of(error))
    # On more threads BLAS sums in another order, and small products take longer.
    with threadpool_limits(1, user_api="blas"):
        results: dict[int, Fitted | str] = fit(
            evidence, n_states=n_states, rng=rng, options=options
        )
    return results
