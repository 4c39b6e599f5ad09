"""The last passes of a size's fits over the data themselves, with leaps where EM goes slowly.

Near its end each pass of EM gains about the same share of what the pass before has gained. Three
objectives in a row tell that share, and with it what is still to be gained and how far along its
last move a fit is to end (Aitken's method; McLachlan & Krishnan 2008, section 4.8). A leap that
does not gain is taken back, so that objectives never fall. All begins where EM has converged on a
draft, so that leaps save passes on the way to a fit's end, and do not look for other fits.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.chains import SharedChain, normalise_rows
from markovlens.hmm.em import Parameters, Prior
from markovlens.hmm.gaussians import Gaussians, floored
from markovlens.hmm.lattices import Chain
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.restarts import (
    Candidate,
    Plan,
    new_model,
    over_all,
    passed,
    ranked,
    reopened,
)
from markovlens.status import Status

LEFT = 0.03
"""What a fit may still have to gain at its end, over the gain of a pass that ends other fits."""

FARTHEST = 30.0
"""Last moves that a leap goes at most."""

LEAST_ROOT = 0.1
"""A leap lowers the root of a probability to this share at most, as EM never leaves a zero."""


def settled(plan: Plan, kind: str, candidates: list[Candidate]) -> list[Candidate]:
    """Candidates of the draft, best first, over the data themselves.

    The best one is fitted to its end, within the passes allowed in all; those dropped stay as they
    are, all others are scored as they are.
    """
    model = new_model(plan, kind, candidates[0].start.chain.n_states)
    prior = model.prior_for(plan.packed)
    best, *others = candidates
    found = [each if each.out else over_all(plan, model, prior, each) for each in others]
    return ranked(plan, [best if best.out else polished(plan, model, prior, best), *found])


def polished(plan: Plan, model: GaussianHMM, prior: Prior, candidate: Candidate) -> Candidate:
    """A candidate of the draft at the end of EM over the data themselves."""
    settings = model.settings()
    least = LEFT * settings.least_gain(plan.packed.n_steps)

    def after(n_passes: int, each: Candidate) -> Candidate:
        only = replace(settings, tol=-np.inf, n_iter=n_passes)
        return passed(plan, only, prior, each)

    now = reopened(over_all(plan, model, prior, candidate))
    while not now.out and now.fit.n_passes + 2 <= model.n_iter:
        between = after(1, now)
        found = after(1, between)
        share = share_kept(now.objective, between.objective, found.objective)
        gained, now = found.objective - between.objective, found
        if not now.out and gained * share <= least * (1.0 - share):
            return replace(now, fit=replace(now.fit, status=Status.OK))
        if not now.out and share < largest_share():
            now = best_of(now, after(0, leapt(between, now, share, prior)))
    return now


def largest_share() -> float:
    """Share at which a leap goes farthest."""
    return (FARTHEST / (1.0 + FARTHEST)) ** 2


def share_kept(first: float, second: float, third: float) -> float:
    """Share of the gain of one pass that the next one gains, from objectives; 0 of no gain."""
    if second <= first or third <= second:
        return 0.0
    return min((third - second) / (second - first), largest_share())


def best_of(stays: Candidate, leaps: Candidate) -> Candidate:
    """The candidate that leaps, or the one that stays unless the other is better."""
    return stays if leaps.out or leaps.objective < stays.objective else leaps


def leapt(before: Candidate, after: Candidate, share: float, prior: Prior) -> Candidate:
    """The candidate where its moves end if objectives gain such a share, and moves so its root."""
    root = float(np.sqrt(share))
    ahead = moved_on(before.fit.parameters, after.fit.parameters, root / (1.0 - root), prior)
    return replace(after, fit=replace(after.fit, parameters=ahead, statistics=None))


def moved_on(before: Parameters, after: Parameters, times: float, prior: Prior) -> Parameters:
    """Parameters after as many more moves like that from `before` to `after`.

    Roots of probabilities move, logarithms of variances, means, and covariance matrices.
    """

    def chances(old: NDArray, new: NDArray) -> NDArray[np.float64]:
        roots = np.sqrt(new)
        ahead = np.maximum(roots + times * (roots - np.sqrt(old)), LEAST_ROOT * roots)
        return normalise_rows(ahead**2, new)

    (old, both, then), (new, shared, now) = (
        (each.chain, each.shared, each.emissions) for each in (before, after)
    )
    chain = Chain(chances(old.start, new.start), chances(old.transition, new.transition))
    start, moves = chances(both.start, shared.start), chances(both.transition, shared.transition)
    emissions = _moved_gaussians(then, now, times, prior.emissions.floor)
    return Parameters(chain, SharedChain(start, moves), emissions)


def _moved_gaussians(before: Any, after: Any, times: float, floor: NDArray) -> Gaussians:
    """The same of Gaussians, with variances at or above the floor (D,)."""
    means = after.means + times * (after.means - before.means)
    old, new = before.covariances, after.covariances
    if after.kind in ("tied", "full"):
        matrices = (new + times * (new - old)).reshape(-1, len(floor), len(floor))
        return Gaussians(after.kind, means, floored(matrices, floor).reshape(new.shape))
    least = floor.mean() if after.kind == "spherical" else floor
    return Gaussians(after.kind, means, np.maximum(new * (new / old) ** times, least))
