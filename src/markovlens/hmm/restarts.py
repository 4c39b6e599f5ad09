"""The restarts of one size: starting points, growing from smaller fits, dropping the weak."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from markovlens.hmm.em import Fit, Parameters, Prior, Settings, run_em
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, one_tile_in, unit_variances
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

PART = 3
"""One tile in so many is what the restarts of a draft race on."""

LARGEST_DRAFTED = 1e20
"""Variance above which, and below one over which, squares are not left to float32."""


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
    """The data in float32, on which sizes are fitted first; None: not at all."""


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


def fit_size(plan: Plan, kind: str, size: int, smaller: Parameters | None) -> list[Candidate]:
    """All restarts of one size and covariance type, best first, dropped ones last."""
    model = new_model(plan, kind, size)
    prior = model.prior_for(plan.packed)
    numbers = list(range(plan.restarts))
    if plan.warm_starts and smaller is not None:
        numbers.append(GROWN)
    begun = []
    for number in numbers:
        rng = np.random.default_rng([plan.seed, size, number + 2, len(kind)])
        grow = smaller if number == GROWN else None
        metric = metric_of(plan, number)
        start = starting_point(plan, model, prior, rng, metric=metric, smaller=grow)
        begun.append(Candidate(number, start, unfitted(start)))
    if plan.draft is not None:
        return raced_on_part(plan, model, prior, begun)
    alive, dropped = raced(plan, model, prior, begun, (*CUTS, model.n_iter))
    return [*alive, *dropped]


def raced_on_part(
    plan: Plan, model: GaussianHMM, prior: Prior, begun: Sequence[Candidate]
) -> list[Candidate]:
    """Candidates of a draft, best first, which race on a part of it: only the best one goes on.

    All are scored by all of the draft, so that what is said of those that were dropped is, too.
    """
    part = replace(plan, packed=one_tile_in(PART, plan.packed))
    alive, dropped = raced(part, model, prior, begun, CUTS)
    alive, dropped = (
        [over_all(plan, model, prior, without_history(c)) for c in side]
        for side in (alive, dropped)
    )
    alive = ranked(plan, alive)
    n_kept = len(alive) if plan.keep_all else 1
    weak = [each if each.out else given_up(each) for each in alive[n_kept:]]
    kept = [advance(plan, model, prior, reopened(c), model.n_iter) for c in alive[:n_kept]]
    return [*ranked(plan, kept), *weak, *dropped]


def raced(
    plan: Plan,
    model: GaussianHMM,
    prior: Prior,
    candidates: Sequence[Candidate],
    legs: Sequence[int],
) -> tuple[list[Candidate], list[Candidate]]:
    """Those that stay, best first, after as many full passes as the last leg, and those dropped.

    After each leg but the last the weaker half is dropped, except of a plan that keeps all.
    """
    first, *later = legs[-1:] if plan.keep_all else legs
    alive = [advance(plan, model, prior, candidate, first) for candidate in candidates]
    dropped: list[Candidate] = []
    for after in later:
        alive = ranked(plan, alive)
        weak = [c for c in alive[-(-len(alive) // 2) :] if not c.finished]
        dropped += [given_up(candidate) for candidate in weak]
        alive = [candidate for candidate in alive if candidate not in weak]
        alive = [advance(plan, model, prior, candidate, after) for candidate in alive]
    return ranked(plan, alive), dropped


def fit_pruned(
    plan: Plan, kind: str, larger: Candidate, rivals: list[Candidate]
) -> list[Candidate]:
    """The rivals of one size and the fit made by merging states of a larger one, best first.

    It is dropped after the first few passes unless it beats them.
    """
    model = new_model(plan, kind, rivals[0].fit.parameters.chain.n_states)
    prior = model.prior_for(plan.packed)
    start = pruned(larger.fit.parameters, model.n_components, larger.fit.counts)
    candidate = advance(plan, model, prior, Candidate(PRUNED, start, unfitted(start)), CUTS[0])
    return challenged(plan, model, prior, candidate, rivals)


def challenged(
    plan: Plan, model: GaussianHMM, prior: Prior, candidate: Candidate, rivals: list[Candidate]
) -> list[Candidate]:
    """The rivals and a candidate, best first, which is dropped where it stands unless it leads."""
    if candidate.objective <= rivals[0].objective and not (plan.keep_all or candidate.finished):
        return [*rivals, given_up(candidate)]
    return ranked(plan, [*rivals, advance(plan, model, prior, candidate, model.n_iter)])


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


def over_all(plan: Plan, model: GaussianHMM, prior: Prior, candidate: Candidate) -> Candidate:
    """A candidate fitted to other data, as it stands, with what it reaches over the plan's."""
    fit = candidate.fit
    if fit.status == Status.FAILED:
        return candidate
    begun = replace(fit, status=Status.NOT_CONVERGED, statistics=None)
    settings = replace(model.settings(), n_iter=0)
    found = passed(plan, settings, prior, replace(candidate, fit=begun))
    failed = found.fit.status == Status.FAILED
    return found if failed else replace(found, fit=replace(found.fit, status=fit.status))


def without_history(candidate: Candidate) -> Candidate:
    """A candidate whose objectives were those of a part of the data; its passes still count."""
    fit = candidate.fit
    nothing = replace(unfitted(fit.parameters), status=fit.status, reseeded=fit.reseeded)
    begun = replace(nothing, earlier=fit.n_passes, cause=fit.cause)
    return replace(candidate, fit=begun)


def reopened(candidate: Candidate) -> Candidate:
    """A candidate that goes on though it has converged on other data, unless it is out."""
    open_again = replace(candidate.fit, status=Status.NOT_CONVERGED)
    return candidate if candidate.out else replace(candidate, fit=open_again)


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
    settings = replace(model.settings(), n_iter=until - before.n_passes)
    return passed(plan, settings, prior, candidate)


def passed(plan: Plan, settings: Settings, prior: Prior, candidate: Candidate) -> Candidate:
    """The candidate after the passes of the settings, fewer if it converges or fails."""
    before = candidate.fit
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
        earlier=before.earlier,
    )
    return replace(candidate, fit=joined)


def given_up(candidate: Candidate) -> Candidate:
    """The candidate marked as dropped."""
    return replace(candidate, fit=replace(candidate.fit, status=Status.DROPPED))
