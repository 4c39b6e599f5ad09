"""The restarts of one size: starting points, growing from smaller fits, dropping the weak."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from markovlens.hmm.em import Fit, run_em, unfitted
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed
from markovlens.hmm.parameters import Parameters, Prior
from markovlens.hmm.resizing import grown, pruned
from markovlens.hmm.starts import OWN, SHARED, WHITENED
from markovlens.hmm.stepwise import run_stepwise
from markovlens.hmm.ties import best_first
from markovlens.status import Status

GROWN, PRUNED = -1, -2
"""Restart numbers of the fits made from the best smaller and from the best larger one."""

RANDOM = "random"
STARTS = {GROWN: "grown", PRUNED: "pruned"}
"""What the table of a sweep calls these starts; the others are `RANDOM` and have a number."""

CUTS = MappingProxyType({2: 1.0, 5: 0.5, 15: 0.5})
"""Full passes after which weak restarts are dropped, and the share of them that may stay."""

TRIED_PASSES, TRIED_MERGES = 2, 4
"""Full passes before a fit made from another meets its rivals, and merges tried at first."""

OVERGROWN, OVERGROWN_PASSES = 8, 20
"""States beyond the largest size from which it is pruned, and full passes with them."""

GIVEN_UP = (Status.DROPPED, Status.FAILED)

LEAST_TILES = 8
"""Stepwise epochs are run on data of at least so many tiles."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What stays the same over a sweep."""

    packed: Packed
    restarts: int
    keep_all: bool
    warm_starts: bool
    stepwise_epochs: int
    seed: int
    options: Mapping[str, Any]
    valid: tuple | None
    shared_unit: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One fit on its way."""

    restart: int
    start: Parameters
    fit: Fit

    @property
    def objective(self) -> float:
        """Objective reached, nats."""
        return self.fit.history[-1]

    @property
    def finished(self) -> bool:
        """Whether more passes would change nothing."""
        return self.fit.status in (Status.OK, Status.FAILED)

    @property
    def out(self) -> bool:
        """Whether the fit was dropped or failed."""
        return self.fit.status in GIVEN_UP


Fitting = Callable[[Plan, str, Sequence[int], Callable[[int], None]], dict[int, list[Candidate]]]
"""Fits all sizes of one covariance type, candidates best first; calls back after each size."""


def fit_sizes(
    plan: Plan, kind: str, sizes: Sequence[int], shown: Callable[[int], None]
) -> dict[int, list[Candidate]]:
    """Candidates of every size, best first: upwards by growing, then downwards by pruning.

    The way down begins with more states than any size has: what fits with too many states find is
    often better than what fits of their own size do.
    """
    fitted: dict[int, list[Candidate]] = {}
    for done, size in enumerate(sizes, start=1):
        rivals = begin_size(plan, kind, size)
        if plan.warm_starts and done > 1:
            rivals = with_grown(plan, kind, rivals, fitted[sizes[done - 2]][0])
        fitted[size] = finish_size(plan, kind, rivals)
        logger.info("%s K=%d: %s", kind, size, fitted[size][0].fit.status)
        shown(done)
    if plan.warm_starts and len(sizes) > 1:
        larger = overgrown(plan, kind, fitted[sizes[-1]][0])
        spare = larger.fit.n_spent  # of a size that is not asked for: the next one counts it
        for size in reversed(sizes):
            rivals = with_pruned(plan, kind, fitted[size], larger, spare=spare)
            fitted[size] = finish_size(plan, kind, rivals)
            larger, spare = fitted[size][0], 0
    return fitted


def fit_size(plan: Plan, kind: str, size: int) -> list[Candidate]:
    """All restarts of one size and covariance type, best first, dropped ones last."""
    return finish_size(plan, kind, begin_size(plan, kind, size))


def begin_size(plan: Plan, kind: str, size: int) -> list[Candidate]:
    """All restarts of one size before their first full pass."""
    model = new_model(plan, kind, size)
    prior = model.prior_for(plan.packed)
    candidates = []
    for number in range(plan.restarts):
        rng = np.random.default_rng([plan.seed, size, number + 2, len(kind)])
        start = starting_point(plan, model, prior, rng, metric=metric_of(plan, number))
        candidates.append(Candidate(number, start, unfitted(start)))
    return candidates


def raced(plan: Plan, kind: str, candidates: list[Candidate]) -> list[Candidate]:
    """Candidates after the last of the cuts, best first, of which the weak are dropped."""
    model = new_model(plan, kind, candidates[0].start.chain.n_states)
    prior = model.prior_for(plan.packed)
    for passes, kept in CUTS.items():
        candidates = ranked(plan, [advance(plan, model, prior, c, passes) for c in candidates])
        if not plan.keep_all:
            candidates = without_weak(candidates, kept)
    return candidates


def overgrown(plan: Plan, kind: str, best: Candidate) -> Candidate:
    """A fit with more states than any that is asked for, from which the largest is pruned."""
    size = best.fit.parameters.chain.n_states + OVERGROWN
    model = new_model(plan, kind, size)
    rng = np.random.default_rng([plan.seed, size, GROWN + 2, len(kind)])
    start = grown(best.fit.parameters, size, plan.packed, rng)
    candidate = Candidate(GROWN, start, unfitted(start))
    return advance(plan, model, model.prior_for(plan.packed), candidate, OVERGROWN_PASSES)


def with_pruned(
    plan: Plan, kind: str, rivals: list[Candidate], larger: Candidate, *, spare: int
) -> list[Candidate]:
    """The candidates of one size and the best fit made by merging states of a larger one."""
    if larger.out:
        return rivals
    size = rivals[0].start.chain.n_states
    starts = pruned(larger.fit.parameters, size, larger.fit.counts, tries=TRIED_MERGES)
    found = best_of(plan, kind, PRUNED, starts)
    fit = replace(found.fit, spare=found.fit.spare + spare)
    return ranked(plan, [*rivals, replace(found, fit=fit)])


def with_grown(
    plan: Plan, kind: str, rivals: list[Candidate], smaller: Candidate
) -> list[Candidate]:
    """The candidates of one size and the fit made by splitting states of a smaller one."""
    if smaller.out:
        return rivals
    size = rivals[0].start.chain.n_states
    rng = np.random.default_rng([plan.seed, size, GROWN + 2, len(kind)])
    start = grown(smaller.fit.parameters, size, plan.packed, rng)
    return [*rivals, Candidate(GROWN, start, unfitted(start))]


def best_of(plan: Plan, kind: str, number: int, starts: Sequence[Parameters]) -> Candidate:
    """The best after a few passes of fits from several starts; it counts the passes of them all."""
    model = new_model(plan, kind, starts[0].chain.n_states)
    prior = model.prior_for(plan.packed)
    begun = [Candidate(number, start, unfitted(start)) for start in starts]
    tried = ranked(plan, [advance(plan, model, prior, each, TRIED_PASSES) for each in begun])
    spare = sum(each.fit.n_spent for each in tried[1:])
    return replace(tried[0], fit=replace(tried[0].fit, spare=spare))


def without_weak(candidates: list[Candidate], kept: float) -> list[Candidate]:
    """Candidates, best first, of which those far behind are dropped unless finished.

    Those are far behind that are beyond the share that is kept, or not `promising`.
    """
    places = math.ceil(kept * sum(not candidate.out for candidate in candidates))
    lead = candidates[0].objective
    out = []
    for place, each in enumerate(candidates):
        weak = place >= places or not (place == 0 or promising(each, lead))
        out.append(_dropped(each) if weak and not (each.finished or each.out) else each)
    return sorted(out, key=lambda each: each.out)


def finish_size(plan: Plan, kind: str, rivals: list[Candidate]) -> list[Candidate]:
    """Candidates of one size, best first, after those that may still lead are run to their end."""
    model = new_model(plan, kind, rivals[0].start.chain.n_states)
    prior = model.prior_for(plan.packed)
    done: list[Candidate] = []
    for candidate in raced(plan, kind, rivals):
        lead = max((each.objective for each in done), default=-np.inf)
        if candidate.out or candidate.finished or plan.keep_all or promising(candidate, lead):
            done.append(advance(plan, model, prior, candidate, model.n_iter, leaps=True))
        else:
            done.append(_dropped(candidate))
    return ranked(plan, done)


def promising(candidate: Candidate, lead: float) -> bool:
    """Whether a fit may still take the lead, judged by its last gains.

    EM gains in a geometric series once it is near an optimum; twice what that promises counts.
    """
    gains = np.diff(candidate.fit.history[-3:])
    if len(gains) < 2 or gains[0] <= 0.0 or gains[1] >= gains[0]:
        return True
    rate = gains[1] / gains[0]
    return candidate.objective + 2.0 * gains[1] * rate / (1.0 - rate) > lead


def ranked(plan: Plan, candidates: list[Candidate]) -> list[Candidate]:
    """Candidates by falling objective, those that are out last."""
    found = best_first(candidates, lambda each: each.objective, plan.packed.n_steps)
    return sorted(found, key=lambda each: each.out)


def metric_of(plan: Plan, number: int) -> str:
    """The metric in which a restart seeks its clusters: they take turns."""
    if plan.shared_unit:
        return (SHARED, WHITENED, SHARED, OWN)[number % 4]
    return (OWN, OWN, OWN, WHITENED)[number % 4]


def new_model(plan: Plan, kind: str, size: int) -> GaussianHMM:
    """An estimator with the sweep's options."""
    return GaussianHMM(size, kind, **plan.options)


def starting_point(
    plan: Plan,
    model: GaussianHMM,
    prior: Prior,
    rng: np.random.Generator,
    *,
    metric: str,
) -> Parameters:
    """Where a restart begins its full passes."""
    start = model.start_for(plan.packed, prior, rng, metric=metric)
    if plan.stepwise_epochs == 0 or len(plan.packed.tiles) < LEAST_TILES:
        return start
    epochs, threads = plan.stepwise_epochs, model.n_threads
    return run_stepwise(plan.packed, start, prior, epochs=epochs, rng=rng, n_threads=threads)


def advance(
    plan: Plan,
    model: GaussianHMM,
    prior: Prior,
    candidate: Candidate,
    until: int,
    *,
    leaps: bool = False,
) -> Candidate:
    """The candidate after as many full passes in all, or fewer if it converges or fails."""
    before, until = candidate.fit, min(until, model.n_iter)
    if candidate.finished or candidate.out:
        return candidate
    if before.begun and before.n_passes >= until:
        return candidate
    settings = replace(model.settings(), n_iter=until, leaps=leaps)
    rng = np.random.default_rng([plan.seed, before.n_passes, candidate.restart + 2])
    begun = before if before.begun else None
    try:
        fit = run_em(plan.packed, before.parameters, prior, settings, rng=rng, begun=begun)
    except np.linalg.LinAlgError as error:
        fit = replace(before, status=Status.FAILED, cause=str(error))
    return replace(candidate, fit=fit)


def _dropped(candidate: Candidate) -> Candidate:
    """The candidate marked as dropped."""
    return replace(candidate, fit=replace(candidate.fit, status=Status.DROPPED))
