"""All sizes of one covariance type: upwards by growing, downwards by pruning, and upwards again."""

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from markovlens.hmm.halving import halved, with_halves
from markovlens.hmm.restarts import (
    CUTS,
    GROWN,
    Candidate,
    Plan,
    challenged,
    drafted,
    fit_pruned,
    fit_size,
    new_model,
    raced,
    unfitted,
)
from markovlens.hmm.settling import settled

SPLITS, SPLIT_LEGS = 2, (1, CUTS[0])
"""Splits tried at a size in doubt, and the full passes after which the weaker half is dropped."""

logger = logging.getLogger(__name__)


def fit_sizes(
    plan: Plan, kind: str, sizes: Sequence[int], shown: Callable[[int], None]
) -> dict[int, list[Candidate]]:
    """Candidates of every size, best first: upwards by growing, then downwards by pruning.

    Where there is a draft all that is done on it, upwards once more by the splits that gain most,
    and over the data themselves at the end.
    """
    fitted: dict[int, list[Candidate]] = {}
    draft, smaller = drafted(plan), None
    for done, size in enumerate(sizes, start=1):
        fitted[size] = fit_size(draft, kind, size, smaller)
        smaller = fitted[size][0].fit.parameters
        logger.info("%s K=%d: %s", kind, size, fitted[size][0].fit.status)
        shown(done)
    if plan.warm_starts:
        for larger, size in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
            if not fitted[larger][0].out:
                fitted[size] = fit_pruned(draft, kind, fitted[larger][0], fitted[size])
    if plan.draft is None:
        return fitted
    if plan.warm_starts:
        fitted = regrown(draft, kind, fitted)
    return {size: settled(plan, kind, found) for size, found in fitted.items()}


def regrown(
    plan: Plan, kind: str, fitted: Mapping[int, list[Candidate]]
) -> dict[int, list[Candidate]]:
    """Candidates of every size after those in doubt were grown again, upwards.

    A size is in doubt where its best fit lies below the line between those of its neighbours, since
    each state more should gain less; where nothing larger tells; and above one that has gained.
    """
    found, sizes, gained = dict(fitted), list(fitted), False
    for below, size in zip(sizes[:-1], sizes[1:], strict=True):
        before = found[size][0].objective
        if not found[below][0].out and (gained or in_doubt(found, size)):
            found[size] = fit_regrown(plan, kind, found[below][0], found[size])
        gained = found[size][0].objective > before
    return found


def in_doubt(fitted: Mapping[int, list[Candidate]], size: int) -> bool:
    """Whether the size's best objective is below the line between its neighbours', or the last."""
    sizes = np.array(list(fitted))
    place = int(np.flatnonzero(sizes == size)[0])
    near = sizes[place - 1 : place + 2]
    gains = np.diff([fitted[each][0].objective for each in near]) / np.diff(near)
    return len(gains) < 2 or bool(gains[0] < gains[1])


def fit_regrown(
    plan: Plan, kind: str, smaller: Candidate, rivals: list[Candidate]
) -> list[Candidate]:
    """The rivals of one size and fits made by the most promising splits of a smaller one."""
    parameters, size = smaller.fit.parameters, rivals[0].start.chain.n_states
    model, n_states = new_model(plan, kind, size), parameters.chain.n_states
    both = new_model(plan, kind, 2 * n_states).prior_for(plan.packed)
    halves, gains = halved(parameters, plan.packed, both, params=model.params)
    order, more = np.argsort(-gains, kind="stable"), size - n_states
    chosen = (order[first : first + more] for first in range(SPLITS))
    starts = [with_halves(parameters, halves, each) for each in chosen if len(each) == more]
    begun = [Candidate(GROWN, start, unfitted(start)) for start in starts]
    prior = model.prior_for(plan.packed)
    alive, dropped = raced(plan, model, prior, begun, SPLIT_LEGS)
    for candidate in alive:
        rivals = challenged(plan, model, prior, candidate, rivals)
    return [*rivals, *dropped]
