"""What a method of the registry gives on evidence, or why it gives nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from markovlens.abstractions import DECIDING, METHODS
from markovlens.abstractions.base import Evidence, Fitted, Method, Options
from markovlens.abstractions.closeness import agreements
from markovlens.errors import DataError, reason_of
from markovlens.outputs import check_decides
from markovlens.seeding import integer, seed_for

Results = dict[int, Fitted | str]
DRAWN = ("kmeans", "lisor_k", "lisor_x", "overcluster", "decisions")  # of clusters, no likelihood


def results_of(
    method: str,
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
    fit: Method | None = None,
) -> Results:
    """Return what a method gives for each number of states, or why there is nothing.

    Methods in `DRAWN` do so `options.draws` times, from starts and, where there is one, a coreset
    of each time's own. Of each number of states the machine that agrees most with the network on
    validation sequences is kept: clusters of the least distances need not be those that tell apart
    what a network goes on from.
    """
    fit = fit or METHODS[method]
    if method in DECIDING:
        try:
            check_decides(evidence.train.output)
        except DataError as error:
            return dict.fromkeys(n_states, reason_of(error))
    # On more threads BLAS sums in another order, and small products take longer.
    with threadpool_limits(1, user_api="blas"):
        draws = [
            fit(each, n_states=n_states, rng=rng, options=options)
            for each in _drawn(evidence, options.draws if method in DRAWN else 1)
        ]
    return draws[0] if len(draws) == 1 else _closest(draws, evidence)


def _drawn(evidence: Evidence, n_draws: int) -> list[Evidence]:
    """Return the evidence, and the same with seeds of its own for each further draw."""
    seeds = [integer(seed_for(evidence.seed, "draw", draw)) for draw in range(1, n_draws)]
    return [evidence, *(replace(evidence, seed=seed, _made={}) for seed in seeds)]


def _closest(draws: Sequence[Mapping[int, Fitted | str]], evidence: Evidence) -> Results:
    """Return of each number of states the fit that agrees most; the first of equals."""

    def agreement(result: Fitted | str) -> float:
        if isinstance(result, str):
            return -np.inf
        return float(agreements(result.machine, evidence.validation).mean())

    return {size: max((each[size] for each in draws), key=agreement) for size in draws[0]}


def sizes_in_words(sizes: Iterable[int], failures: Mapping[int, str], chosen: int | None) -> str:
    """Return the sizes, which was chosen, and a line for each reason why others failed."""
    shown = ", ".join(map(str, sizes)) or "none"
    failed = "".join(f"\n  {sizes} failed: {why}" for why, sizes in by_reason(failures).items())
    return f"sizes {shown}, chosen {chosen}{failed}"


def by_reason(failures: Mapping[int, str]) -> dict[str, str]:
    """Return for each reason the numbers of states that failed for it, `2, 3, 4`."""
    return {
        reason: ", ".join(str(size) for size, why in failures.items() if why == reason)
        for reason in dict.fromkeys(failures.values())
    }
