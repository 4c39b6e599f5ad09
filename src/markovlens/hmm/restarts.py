"""The restarts of one size: starting points, growing from smaller fits, dropping the weak."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from markovlens.hmm.em import Fit, Parameters, Prior, run_em, unfitted
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed
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

CUTS = tuple(int(c) for c in __import__("os").environ.get("CUTS","5").split(","))
"""Full passes after which the weaker half of the restarts is dropped."""

import os
LEAPS=bool(int(os.environ.get("LEAPS","1")))
TRIES=int(os.environ.get("TRIES","3"))
TRIED_PASSES = int(os.environ.get("TRIEDP","2"))
"""Full passes after which a pruned fit is compared with its rivals."""

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

    On the way up fits only begin. On the way down, where the pruned ones come in, the best of each
    size are run to their end: most of what leads on the way up is overtaken by then.
    """
    begun: dict[int, list[Candidate]] = {}
    smaller = None
    for done, size in enumerate(sizes, start=1):
        begun[size] = begin_size(plan, kind, size, smaller)
        smaller = begun[size][0].fit.parameters
        shown(done)
    fitted: dict[int, list[Candidate]] = {}
    larger = overgrown(plan, kind, begun[sizes[-1]][0]) if plan.warm_starts else None
    for size in reversed(sizes):
        fitted[size] = finish_size(plan, kind, begun[size], larger)
        larger = fitted[size][0] if plan.warm_starts else None
        logger.info("%s K=%d: %s", kind, size, fitted[size][0].fit.status)
    return fitted


def fit_size(plan: Plan, kind: str, size: int, smaller: Parameters | None) -> list[Candidate]:
    """All restarts of one size and covariance type, best first, dropped ones last."""
    return finish_size(plan, kind, begin_size(plan, kind, size, smaller), None)


def begin_size(plan: Plan, kind: str, size: int, smaller: Parameters | None) -> list[Candidate]:
    """All restarts of one size after a few passes, best first, of which the weak are dropped."""
    model = new_model(plan, kind, size)
    prior = model.prior_for(plan.packed)
    numbers = list(range(plan.restarts))
    if plan.warm_starts and smaller is not None:
        numbers.append(GROWN)
    candidates = []
    for number in numbers:
        rng = np.random.default_rng([plan.seed, size, number + 2, len(kind)])
        grow = smaller if number == GROWN else None
        metric = metric_of(plan, number)
        start = starting_point(plan, model, prior, rng, metric=metric, smaller=grow)
        candidates.append(Candidate(number, start, unfitted(start)))
    for passes in (model.n_iter,) if plan.keep_all else CUTS:
        candidates = ranked(plan, [advance(plan, model, prior, c, passes) for c in candidates])
        if not plan.keep_all:
            candidates = without_weak(candidates)
    return candidates


def overgrown(plan: Plan, kind: str, best: Candidate) -> Candidate:
    """A fit with more states than any that is asked for, from which the largest is pruned."""
    import os
    size = best.fit.parameters.chain.n_states + int(os.environ.get("OVER", "3"))
    model = new_model(plan, kind, size)
    rng = np.random.default_rng([plan.seed, size, GROWN + 2, len(kind)])
    start = grown(best.fit.parameters, size, plan.packed, rng)
    candidate = Candidate(GROWN, start, unfitted(start))
    return advance(plan, model, model.prior_for(plan.packed), candidate, int(os.environ.get("OVERP","10")))


def without_weak(candidates: list[Candidate]) -> list[Candidate]:
    """Candidates, best first, of which those in the weaker half are dropped unless finished."""
    alive = sum(not candidate.out for candidate in candidates)
    first, weak = candidates[: -(-alive // 2)], candidates[-(-alive // 2) :]
    kept = [c if c.finished or c.out else _dropped(c) for c in weak]
    return first + sorted(kept, key=lambda each: each.out)


def finish_size(
    plan: Plan, kind: str, begun: list[Candidate], larger: Candidate | None
) -> list[Candidate]:
    """Candidates of one size, best first, after the best of them are run to their end.

    If a larger fit is given, one made by merging its states is among them.
    """
    model = new_model(plan, kind, begun[0].fit.parameters.chain.n_states)
    prior = model.prior_for(plan.packed)
    rivals = begun
    if larger is not None and not larger.out:
        starts = pruned(larger.fit.parameters, model.n_components, larger.fit.counts, tries=TRIES)
        rivals = ranked(plan, [*begun, best_of(plan, model, prior, PRUNED, starts)])
    done: list[Candidate] = []
    for candidate in rivals:
        lead = max((each.objective for each in done), default=-np.inf)
        if candidate.out or candidate.finished or plan.keep_all or promising(candidate, lead):
            done.append(advance(plan, model, prior, candidate, model.n_iter, leaps=LEAPS))
        else:
            done.append(_dropped(candidate))
    return ranked(plan, done)


def best_of(
    plan: Plan, model: GaussianHMM, prior: Prior, number: int, starts: Sequence[Parameters]
) -> Candidate:
    """The best after a few passes of fits from several starts; it counts the passes of them all."""
    begun = [Candidate(number, start, unfitted(start)) for start in starts]
    tried = ranked(plan, [advance(plan, model, prior, each, TRIED_PASSES) for each in begun])
    best, *others = tried
    spare = best.fit.spare + sum(each.fit.n_passes + each.fit.spare for each in others)
    return replace(best, fit=replace(best.fit, spare=spare))


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
