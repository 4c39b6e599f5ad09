"""Fits of many sizes, covariance types and restarts to data packed once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_kind, check_sizes, check_whole
from markovlens.hmm import posteriors
from markovlens.hmm.em import Fit, engine_of
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, pack
from markovlens.hmm.restarts import (
    RANDOM,
    STARTS,
    Candidate,
    Fitting,
    Plan,
    fit_sizes,
    new_model,
)
from markovlens.hmm.selection import (
    StatesInterval,
    StatesStability,
    agreement_of,
    bootstrap_states,
    check_criterion,
    choose,
    information,
    refit_resamples,
)

COLUMNS = (
    "covariance", "transitions", "n_states", "start", "restart", "log_likelihood", "bic", "aic",
    "icl", "heldout", "iterations", "status", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every fit of a sweep, and the chosen one."""

    table: pd.DataFrame
    """One fit a row: `covariance, transitions, n_states, start` (`random`, `grown` from the best
    smaller fit, `pruned` from the best larger), `restart` (number of a random start, else NaN),
    `log_likelihood` (nats), `bic, aic, icl` (lower is better), `heldout` (nats a step; NaN without
    held-out data), `iterations` (full passes, with those of refused leaps, of other merges tried
    and, at the largest size, of the larger fit that was pruned), `status` (see `markovlens.status`)
    and `reason`. Of dropped fits the values are those when they were dropped."""
    best: GaussianHMM
    criterion: str
    models: dict[tuple[str, int], tuple[GaussianHMM, ...]]
    """By (covariance, K) the fits that were neither dropped nor failed, best first."""
    packed: Packed = field(repr=False)

    def interval(self, *, rng: np.random.Generator, n_bootstraps: int = 50) -> StatesInterval:
        """Bootstrap interval for the number of states, at the chosen covariance type."""
        kind = self.best.covariance_type
        models = [found[0] for (shape, _), found in self.models.items() if shape == kind]
        return bootstrap_states(models, self.packed, rng=rng, n_bootstraps=n_bootstraps)

    def stability(self, *, rng: np.random.Generator, n_bootstraps: int = 20) -> StatesStability:
        """How alike the states are that fits of the chosen type and size find in the data.

        Restarts are those that were neither dropped nor failed: use `keep_all` to compare all.
        """
        best = self.best
        fits = [m.parameters() for m in self.models[best.covariance_type, best.n_components]]
        again = refit_resamples(best, self.packed, rng=rng, n_bootstraps=n_bootstraps)
        threads = best.n_threads
        over_restarts = agreement_of(fits, self.packed, threads)
        over_resamples = agreement_of(again, self.packed, threads)
        return StatesStability(over_restarts, over_resamples, len(fits), n_bootstraps)


@dataclass(frozen=True, slots=True)
class Scored:
    """A fit with its row of the table."""

    model: GaussianHMM
    row: dict[str, Any]
    heldout: NDArray | None  # (n_sequences,) held-out score of each sequence, nats a step


def sweep(
    X: ArrayLike,
    lengths: ArrayLike | None = None,
    *,
    n_states: Sequence[int],
    restarts: int,
    rng: np.random.Generator,
    covariance_types: Sequence[str] = ("full",),
    criterion: str = "bic",
    inputs: ArrayLike | None = None,
    valid: tuple | None = None,
    keep_all: bool = False,
    warm_starts: bool = True,
    stepwise_epochs: int = 1,
    shared_unit: bool = False,
    progress: Callable[[int, int], None] | None = None,
    fitting: Fitting = fit_sizes,
    **options: Any,
) -> Sweep:
    """All sizes times restarts times covariance types on X (N, D), and the best by a criterion.

    `criterion` is bic, aic, icl, heldout or heldout_1se; the last two need `valid`, a tuple (X,
    lengths, inputs). With inputs the transitions are input-driven. Restarts begin at clusters,
    run `stepwise_epochs` of stepwise EM, then full passes; what cannot catch up is dropped after 2,
    and the weaker half after 5 and 15, unless `keep_all`. With `warm_starts` each size is also
    grown from the best smaller fit by splitting its widest states, and pruned from the best larger
    one by merging its closest; the largest from one with more states yet. The last passes leap
    (see `hmm.leaps`). Full covariances are the default because BIC with diagonal ones buys states
    to imitate correlations. States are numbered by `GaussianHMM.canonical`, so that other seeds
    that find the same states give them the same numbers. Another `fitting` may take the place of
    restarts and EM; all else is as without. Other options go to `GaussianHMM`.

    Nothing depends on the units of single features. Where all are in one, as hidden units are, say
    `shared_unit`: every other restart then begins with what spreads most in it; likelihood decides.
    """
    n_states = _checked(n_states, restarts, rng)
    check_criterion(criterion, has_valid=valid is not None)
    options = {"transitions": "shared" if inputs is None else "input", **options}
    dtype, n_symbols = options.get("dtype", "float64"), options.get("n_symbols")
    packed = pack(X, lengths, inputs, dtype=dtype, n_symbols=n_symbols)
    seed = int(rng.integers(2**63))
    plan = Plan(
        packed, restarts, keep_all, warm_starts, stepwise_epochs, seed, options, valid, shared_unit
    )
    sizes = sorted(set(n_states))
    scored: list[Scored] = []
    for number, kind in enumerate(covariance_types):

        def shown(done: int, before: int = number) -> None:
            if progress is not None:
                progress(before * len(sizes) + done, len(covariance_types) * len(sizes))

        fitted = fitting(plan, kind, sizes, shown)
        scored += [score_candidate(plan, kind, each) for size in sizes for each in fitted[size]]
    table = pd.DataFrame([each.row for each in scored], columns=list(COLUMNS))
    heldout = [each.heldout for each in scored]
    best = scored[choose(table, criterion, heldout, n_steps=packed.n_steps)].model
    return Sweep(table, best, criterion, survivors(scored), packed)


def _checked(n_states: Any, restarts: Any, rng: Any) -> tuple[int, ...]:
    """Return the numbers of states after checking what would else fail far from here."""
    check_whole("restarts", restarts, least=1)
    check_kind("rng", rng, np.random.Generator, advice="`numpy.random.default_rng(0)` makes one")
    return check_sizes("n_states", n_states)


def score_candidate(plan: Plan, kind: str, candidate: Candidate) -> Scored:
    """The model of a candidate and its row of the table."""
    fit = candidate.fit
    model = new_model(plan, kind, fit.parameters.chain.n_states).learn(fit, candidate.start)
    criteria = information(fit.log_likelihood, model.n_parameters(), plan.packed.n_observed)
    row = {
        "covariance": kind,
        "transitions": model.transitions,
        "n_states": model.n_components,
        "start": STARTS.get(candidate.restart, RANDOM),
        "restart": np.nan if candidate.restart in STARTS else candidate.restart,
        "log_likelihood": fit.log_likelihood,
        **criteria,
        "icl": np.nan,
        "heldout": np.nan,
        "iterations": fit.n_spent,
        "status": fit.status,
        "reason": fit.reason,
    }
    if candidate.out:
        return Scored(model, row, None)
    row["icl"] = _icl(plan, model, fit)
    model = model.canonical()
    if plan.valid is None:
        return Scored(model, row, None)
    by_sequence, row["heldout"] = _heldout_scores(plan.valid, model)
    return Scored(model, row, by_sequence)


def survivors(scored: Sequence[Scored]) -> dict[tuple[str, int], tuple[GaussianHMM, ...]]:
    """Models that were neither dropped nor failed, by covariance type and size, best first."""
    out: dict[tuple[str, int], tuple[GaussianHMM, ...]] = {}
    for each in scored:
        if not np.isnan(each.row["icl"]):
            key = (each.model.covariance_type, each.model.n_components)
            out[key] = (*out.get(key, ()), each.model)
    return out


def _icl(plan: Plan, model: GaussianHMM, fit: Fit) -> float:
    """BIC of the best path."""
    engine = engine_of(fit.parameters, plan.packed, model.n_threads)
    joint = posteriors.most_likely(plan.packed, engine)[1].sum()
    return information(float(joint), model.n_parameters(), plan.packed.n_observed)["bic"]


def _heldout_scores(valid: tuple, model: GaussianHMM) -> tuple[NDArray, float]:
    """Scores of the held-out sequences, each in nats a step, and of all their steps."""
    X, lengths, inputs = (*valid, None, None)[:3]
    scores = model.score_sequences(X, lengths, inputs)
    steps = np.asarray([len(np.asarray(X))] if lengths is None else lengths)
    return scores / steps, float(scores.sum() / steps.sum())
