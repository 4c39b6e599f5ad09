"""The restarts of one size: starting points, growing from smaller fits, dropping the weak."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from markovlens.hmm.em import Fit, Parameters, Prior, run_em
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, unit_variances
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

CUTS = (5, 15)
"""Full passes after which the weaker half of the restarts is dropped."""

GIVEN_UP = (Status.DROPPED, Status.FAILED)

LEAST_TILES = 8
"""Data of fewer tiles are so small that neither stepwise epochs nor drafts are worth it."""

LARGEST_DRAFTED = 1e20
"""Variance above which, and below one over which, squares are not left to float32."""

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
    draft: Packed | None = None
    """The data in float32, on which fits run until they have converged there; None: not at all."""


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
    """Candidates of every size, best first: upwards by growing, then downwards by pruning."""
    fitted: dict[int, list[Candidate]] = {}
    smaller = None
    for done, size in enumerate(sizes, start=1):
        fitted[size] = fit_size(plan, kind, size, smaller)
        smaller = fitted[size][0].fit.parameters
        logger.info("%s K=%d: %s", kind, size, fitted[size][0].fit.status)
        shown(done)
    if plan.warm_starts:
        for larger, size in zip(sizes[:0:-1], sizes[-2::-1], strict=True):
            if not fitted[larger][0].out:
                fitted[size] = fit_pruned(plan, kind, fitted[larger][0], fitted[size])
    return fitted


def fit_size(plan: Plan, kind: str, size: int, smaller: Parameters | None) -> list[Candidate]:
    """All restarts of one size and covariance type, best first, dropped ones last."""
    model = new_model(plan, kind, size)
    prior = model.prior_for(plan.packed)
    numbers = list(range(plan.restarts))
    if plan.warm_starts and smaller is not None:
        numbers.append(GROWN)
    first, *later = (model.n_iter,) if plan.keep_all else (*CUTS, model.n_iter)
    draft = drafted(plan)
    alive = []
    for number in numbers:
        rng = np.random.default_rng([plan.seed, size, number + 2, len(kind)])
        grow = smaller if number == GROWN else None
        metric = metric_of(plan, number)
        start = starting_point(draft, model, prior, rng, metric=metric, smaller=grow)
        candidate = Candidate(number, start, unfitted(start))
        alive.append(advance(draft, model, prior, candidate, first))
    dropped: list[Candidate] = []
    for after in later:
        alive = ranked(plan, alive)
        weak = [c for c in alive[-(-len(alive) // 2) :] if not c.finished]
        dropped += [_dropped(candidate) for candidate in weak]
        alive = [candidate for candidate in alive if candidate not in weak]
        alive = [advance(draft, model, prior, candidate, after) for candidate in alive]
    return ranked(plan, [completed(plan, model, prior, each) for each in alive]) + dropped


def fit_pruned(
    plan: Plan, kind: str, larger: Candidate, rivals: list[Candidate]
) -> list[Candidate]:
    """The rivals of one size and the fit made by merging states of a larger one, best first.

    It is dropped after the first few passes unless it beats them.
    """
    model, draft = new_model(plan, kind, rivals[0].fit.parameters.chain.n_states), drafted(plan)
    prior = model.prior_for(plan.packed)
    start = pruned(larger.fit.parameters, model.n_components, larger.fit.counts)
    candidate = advance(draft, model, prior, Candidate(PRUNED, start, unfitted(start)), CUTS[0])
    if candidate.objective <= rivals[0].objective and not (plan.keep_all or candidate.finished):
        return [*rivals, _dropped(candidate)]
    candidate = advance(draft, model, prior, candidate, model.n_iter)
    return ranked(plan, [*rivals, completed(plan, model, prior, candidate)])


def drafted(plan: Plan) -> Plan:
    """The plan on its draft of the data, if there is one."""
    return plan if plan.draft is None else replace(plan, packed=plan.draft)


def draft_of(packed: Packed, options: Mapping[str, Any]) -> Packed | None:
    """The data in float32, or None where a draft saves no time or could lead astray.

    With the default floor a state's deviation is at least a thirtieth of the feature's, which
    float32 tells apart; a floor of the user's may be lower, and squares of some units overflow.
    """
    sizes = unit_variances(packed)
    few = packed.dtype == np.float32 or len(packed.tiles) < LEAST_TILES
    fine = options.get("min_covar") is not None or options.get("device") is not None
    if few or fine or sizes.min() < 1.0 / LARGEST_DRAFTED or sizes.max() > LARGEST_DRAFTED:
        return None
    tiles = (replace(tile, x=tile.x.astype(np.float32)) for tile in packed.tiles)
    return replace(packed, tiles=tuple(tiles))


def completed(plan: Plan, model: GaussianHMM, prior: Prior, candidate: Candidate) -> Candidate:
    """A candidate of the draft after its last passes, over the data themselves.

    These are as many as it takes to converge there, too, one at least, within those allowed in all.
    """
    fit = candidate.fit
    if plan.draft is None or fit.status == Status.FAILED:
        return candidate
    begun = replace(fit, status=Status.NOT_CONVERGED, statistics=None)
    again = replace(candidate, fit=begun)
    return _run(plan, model, prior, again, max(model.n_iter - fit.n_passes, 0))


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
    smaller: Parameters | None,
) -> Parameters:
    """Where a restart begins its full passes."""
    if smaller is not None:
        return grown(smaller, model.n_components, plan.packed, rng)
    start = model.start_for(plan.packed, prior, rng, metric=metric)
    if plan.stepwise_epochs == 0 or len(plan.packed.tiles) < LEAST_TILES:
        return start
    epochs, threads = plan.stepwise_epochs, model.n_threads
    return run_stepwise(plan.packed, start, prior, epochs=epochs, rng=rng, n_threads=threads)


def unfitted(start: Parameters) -> Fit:
    """The empty history of a fit that has not begun."""
    none = (-np.inf,)
    return Fit(start, -np.inf, none, none, np.empty(0), (), Status.NOT_CONVERGED)


def advance(
    plan: Plan, model: GaussianHMM, prior: Prior, candidate: Candidate, until: int
) -> Candidate:
    """The candidate after as many full passes in all, or fewer if it converges or fails."""
    before = candidate.fit
    until = min(until, model.n_iter)
    if candidate.finished:
        return candidate
    if before.begun and before.n_passes >= until:
        return candidate
    return _run(plan, model, prior, candidate, until - before.n_passes)


def _run(
    plan: Plan, model: GaussianHMM, prior: Prior, candidate: Candidate, n_passes: int
) -> Candidate:
    """The candidate after so many more full passes, or fewer if it converges or fails."""
    before, settings = candidate.fit, replace(model.settings(), n_iter=n_passes)
    rng = np.random.default_rng([plan.seed, before.n_passes, candidate.restart + 2])
    try:
        fit = run_em(
            plan.packed, before.parameters, prior, settings, rng=rng, known=before.statistics
        )
    except np.linalg.LinAlgError as error:
        failed = replace(before, status=Status.FAILED, cause=str(error))
        return replace(candidate, fit=failed)
    joined = replace(
        fit,
        history=before.history[:-1] + fit.history,
        likelihoods=before.likelihoods[:-1] + fit.likelihoods,
        reseeded=before.reseeded + fit.reseeded,
    )
    return replace(candidate, fit=joined)


def _dropped(candidate: Candidate) -> Candidate:
    """The candidate marked as dropped."""
    return replace(candidate, fit=replace(candidate.fit, status=Status.DROPPED))
