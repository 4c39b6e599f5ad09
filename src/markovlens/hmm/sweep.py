"""Fits of many sizes, covariance types and restarts to data packed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from markovlens.arguments import check_kind, check_sizes, check_whole, with_known_arguments
from markovlens.hmm.checks import check_held_out
from markovlens.hmm.criteria import check_criterion, choose, compared, effective_steps
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, pack
from markovlens.hmm.restarts import Fitting, Plan, draft_of
from markovlens.hmm.scoring import Scored, score_candidate, survivors
from markovlens.hmm.selection import (
    StatesInterval,
    StatesStability,
    agreement_of,
    bootstrap_states,
    refit_resamples,
)
from markovlens.hmm.sizes import fit_sizes
from markovlens.keyed import with_keys

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "covariance", "transitions", "n_states", "start", "restart", "n_parameters", "log_likelihood",
    "bic", "aic", "icl", "bic_ess", "slope", "eml", "eml_error", "heldout", "heldout_error",
    "iterations", "status", "reason",
)  # fmt: skip


@with_keys(models="pairs (covariance type, number of states)")
@dataclass(frozen=True, slots=True, repr=False)
class Sweep:
    """Every fit of a sweep, and the chosen one."""

    table: pd.DataFrame
    """One fit a row: `covariance, transitions, n_states, start` (`random`, `grown` from the best
    smaller fit, `pruned` from the best larger), `restart` (number of a random start, else NaN),
    `n_parameters` (free ones), `log_likelihood` (nats), the criteria `bic, aic, icl, bic_ess,
    slope` (lower is better; NaN of slope with too few sizes), `eml` (nats) and `heldout` (nats a
    step; NaN without held-out data), both higher is better, each with its `..._error`,
    `iterations` (passes, also those over a part of many data), `status` (see `markovlens.status`),
    `reason`. Of dropped fits the values are those when they were dropped; they have no `icl` and no
    `eml`."""
    best: GaussianHMM
    criterion: str
    models: dict[tuple[str, int], tuple[GaussianHMM, ...]]
    """By (covariance, K) the fits that were neither dropped nor failed, best first."""
    packed: Packed

    def __repr__(self) -> str:
        """Return the chosen size and shape, by what, and what became of all fits."""
        best, fates = self.best, self.table["status"].value_counts(sort=False)
        counts = ", ".join(f"{count} {status}" for status, count in fates.items())
        return (
            f"Sweep: {best.n_components} states ({best.covariance_type}) by {self.criterion}, of "
            f"{len(self.table)} fits: {counts}"
        )

    def interval(self, *, rng: np.random.Generator, n_bootstraps: int = 50) -> StatesInterval:
        """Bootstrap interval for the number of states, at the chosen covariance type.

        Raises:
            ConfigError: the sweep's criterion is not bic or aic, which resamples can be asked for.
            DataError: there is a single sequence, of which all resamples are alike.
        """
        kind = self.best.covariance_type
        models = [found[0] for (shape, _), found in self.models.items() if shape == kind]
        return bootstrap_states(
            models, self.packed, rng=rng, n_bootstraps=n_bootstraps, criterion=self.criterion
        )

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


@with_known_arguments
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

    `criterion`, see `markovlens.hmm.criteria`, is one of bic, aic, icl, bic_ess, slope, eml,
    heldout or heldout_1se; the last two need `valid`, a tuple (X, lengths, inputs), and slope five
    sizes. With inputs the transitions are input-driven. Restarts begin at clusters, run
    `stepwise_epochs` of stepwise EM, then full passes; the weaker half is dropped after 5 and
    after 15 passes unless `keep_all`. With `warm_starts` each size is also grown from the best
    smaller fit by splitting its widest states, and pruned from the best larger one by merging its
    closest. Full covariances are the default because BIC with diagonal ones buys states to imitate
    correlations. States are numbered by `GaussianHMM.canonical`, so that other seeds that find the
    same states give them the same numbers. Another `fitting` may take the place of restarts and
    EM. Of many data (`restarts.draft_of`) restarts race on a third, the best goes on over all in
    float32, sizes in doubt grow again, float64 comes last. Other options go to `GaussianHMM`.

    Nothing depends on the units of single features. Where all are in one, as hidden units are, say
    `shared_unit`: every other restart then begins with what spreads most in it; likelihood decides.
    """
    n_states = _checked(n_states, restarts, rng)
    check_whole("stepwise_epochs", stepwise_epochs, least=0)
    sizes = sorted(set(n_states))
    check_criterion(criterion, has_valid=valid is not None, n_sizes=len(sizes))
    options = {"transitions": "shared" if inputs is None else "input", **options}
    dtype, n_symbols = options.get("dtype", "float64"), options.get("n_symbols")
    packed = pack(X, lengths, inputs, dtype=dtype, n_symbols=n_symbols)
    check_held_out(valid, packed.n_features)
    plan = Plan(
        packed, restarts, keep_all, warm_starts, stepwise_epochs, int(rng.integers(2**63)), options,
        valid, shared_unit, draft_of(packed, options),
    )  # fmt: skip
    scored: list[Scored] = []
    for number, kind in enumerate(covariance_types):

        def shown(done: int, before: int = number) -> None:
            if progress is not None:
                progress(before * len(sizes) + done, len(covariance_types) * len(sizes))

        fitted = fitting(plan, kind, sizes, shown)
        scored += [score_candidate(plan, kind, each) for size in sizes for each in fitted[size]]
    table = _table(scored, packed)
    best = scored[choose(table, criterion, n_steps=packed.n_steps)].model
    return Sweep(table, best, criterion, survivors(scored), packed)


def _checked(n_states: Any, restarts: Any, rng: Any) -> tuple[int, ...]:
    """Return the numbers of states after checking what would else fail far from here."""
    check_whole("restarts", restarts, least=1)
    check_kind("rng", rng, np.random.Generator, advice="`numpy.random.default_rng(0)` makes one")
    return check_sizes("n_states", n_states)


def _table(scored: Sequence[Scored], packed: Packed) -> pd.DataFrame:
    """The rows of all fits, with the criteria that look at more than one."""
    import pandas as pd

    rows = pd.DataFrame([each.row for each in scored])
    counts = {"n_observed": packed.n_observed, "n_effective": effective_steps(packed)}
    return compared(rows, **counts)[list(COLUMNS)]
