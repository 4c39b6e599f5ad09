"""Criteria for the number of states, side by side, and the fit that each of them chooses.

With L the log-likelihood (nats), d the free parameters, n the observed steps:

- `bic` = -2 L + d log n (Schwarz, "Estimating the dimension of a model", 1978);
- `aic` = -2 L + 2 d (Akaike, "A new look at the statistical model identification", 1974);
- `icl` is BIC with the joint log-probability of data and best path in the place of L (Biernacki,
  Celeux & Govaert, "Assessing a mixture model for clustering with the integrated completed
  likelihood", 2000);
- `bic_ess`, `slope` and `eml` are below; `heldout` is the log-likelihood of other data, and
  `heldout_1se` takes the fewest states within one standard error of its best.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_choice
from markovlens.errors import ConfigError
from markovlens.hmm.gaussians import DEFAULT_FLOOR
from markovlens.hmm.packing import Packed, Tile, unit_variances
from markovlens.hmm.ties import first_best
from markovlens.status import LEAST_SLOPE_SIZES, Criterion, Status

if TYPE_CHECKING:
    import pandas as pd

CRITERIA = tuple(each.value for each in Criterion)
"""What may choose the best fit: `eml` and the held-out ones are better higher, the others lower."""

COLUMNS_OF = {"eml": "eml", "heldout": "heldout", "heldout_1se": "heldout"}
"""Columns of the criteria that are better higher; those of the others have their names."""

ERRORS_OF = {"eml": "eml_error", "heldout_1se": "heldout_error"}
"""Columns of the standard errors within which the fewest states are taken."""

LEAST_POINTS = 3
"""Sizes of the smallest set of large models through which a slope is laid."""


def information(log_likelihood: float, n_parameters: int, n_observed: int) -> dict[str, float]:
    """BIC and AIC of a fit."""
    return {
        "bic": -2.0 * log_likelihood + n_parameters * float(np.log(n_observed)),
        "aic": -2.0 * log_likelihood + 2.0 * n_parameters,
    }


def standard_error(scores: NDArray) -> float:
    """Of the mean of scores (n,) of independent sequences; 0 of a single one."""
    return float(scores.std(ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0


def mean_by_step(sums: NDArray, steps: NDArray) -> tuple[float, float]:
    """Mean over all steps of sums (S,) over sequences of `steps` (S,), and its standard error.

    Sequences are drawn and not steps: the error is that of a ratio of two sums (Cochran, "Sampling
    techniques", 1977, eq. 6.13); NaN of a single sequence, which does not show it.
    """
    mean = float(sums.sum() / steps.sum())
    if len(sums) < 2:
        return mean, float("nan")
    off = (sums - mean * steps).std(ddof=1)
    return mean, float(off * np.sqrt(len(sums)) / steps.sum())


def compared(table: pd.DataFrame, *, n_observed: float, n_effective: float) -> pd.DataFrame:
    """The table of a sweep with the criteria that look at more than one fit.

    `bic_ess` = -2 (m / n) L + d log m, with m = `n_effective` of the n steps: what sampling theory
    does with observations that repeat, which is to let each count m / n times in the likelihood
    and in the penalty (Lumley & Scott, "AIC and BIC for modeling with complex survey data", 2015).
    `slope` = -2 L + 2 (2 kappa) d, with `slope_of` each covariance for kappa.

    `eml` is the mean log marginal likelihood of the fits of one covariance and size that were
    neither dropped nor failed, each approximated by -BIC / 2 (Kass & Raftery, "Bayes factors",
    1995), and `eml_error` its standard error. It is after keypoint-MoSeq's score of an ensemble of
    restarts (Weinreb et al., "Keypoint-MoSeq: parsing behavior by linking point tracking to pose
    dynamics", 2024), which averages over the latent data that other restarts drew; here all see
    the same data. Restarts that were dropped are no part of it: `keep_all` runs them to their end.

    Args:
        table: `covariance, n_states, n_parameters, log_likelihood, bic, status`.
        n_observed: n, steps that are not missing.
        n_effective: m, see `effective_steps`.
    """
    table, share = table.copy(), n_effective / n_observed
    finished = table["status"].isin([Status.OK, Status.NOT_CONVERGED])
    deviance, dimension = -2.0 * table["log_likelihood"], table["n_parameters"]
    table["bic_ess"] = share * deviance + dimension * np.log(n_effective)
    alike = [table["covariance"], table["n_states"]]
    evidence = (-0.5 * table["bic"]).where(finished).groupby(alike)
    table["eml"] = evidence.transform("mean").where(finished)
    table["eml_error"] = evidence.transform("sem").where(finished)
    table["slope"] = np.nan
    for _, rows in table.groupby("covariance"):
        known = rows[finished[rows.index]].sort_values("log_likelihood")
        best = known.groupby("n_parameters")["log_likelihood"].max()
        penalty = 2.0 * slope_of(best.index.to_numpy(float), best.to_numpy(float))
        table.loc[rows.index, "slope"] = (deviance + 2.0 * penalty * dimension)[rows.index]
    return table


def slope_of(dimensions: NDArray, log_likelihoods: NDArray) -> float:
    """Nats that a parameter of a model that is too large still buys, the kappa of 2 kappa d.

    Slope heuristic (Birge & Massart, "Minimal penalties for Gaussian model selection", 2007): of
    models too large to have any bias the log-likelihood rises in proportion to their dimension,
    and twice that slope is the penalty. Which models are too large the data say, by data-driven
    slope estimation (Baudry, Maugis & Michel, "Slope heuristics: overview and implementation",
    2012): slopes are laid through the j largest models, by Theil and Sen's median over pairs, for
    every j from `LEAST_POINTS` to all; that of the longest run of j that choose one and the same
    model counts, of equally long runs the one of larger models. NaN of fewer models than
    `LEAST_SLOPE_SIZES`.

    Args:
        dimensions: (M,), free parameters, rising.
        log_likelihoods: (M,), the best of each, nats.
    """
    if len(dimensions) < LEAST_SLOPE_SIZES:
        return np.nan
    begins = range(len(dimensions) - LEAST_POINTS, -1, -1)
    slopes = [median_slope(dimensions[i:], log_likelihoods[i:]) for i in begins]
    kappas = np.maximum(slopes, 0.0)
    penalised = log_likelihoods - 2.0 * kappas[:, None] * dimensions
    runs = list(_runs(penalised.argmax(axis=1)))
    longest = max(runs, key=len)
    return float(kappas[longest[len(longest) // 2]])


def median_slope(x: NDArray, y: NDArray) -> float:
    """Median of the slopes between all pairs of points (M,) whose x differ (Theil 1950, Sen 1968).

    As `scipy.stats.theilslopes`, which takes 0.6 s to load: as long as all the rest of a sweep's
    imports.
    """
    right, left = np.greater.outer(x, x).nonzero()
    return float(np.median((y[right] - y[left]) / (x[right] - x[left])))


def _runs(values: NDArray) -> Iterator[NDArray[np.int64]]:
    """Positions of each run of equal values, in order."""
    yield from np.split(np.arange(len(values)), np.flatnonzero(np.diff(values)) + 1)


def effective_steps(packed: Packed) -> int:
    """Steps of the data that differ, at most as many as were observed.

    A network without noise that has read the same is in the same state again, and what repeats
    says nothing new. A step repeats another one if all that was seen and read up to it is the
    same. States are the same where no Gaussian can tell them apart: in one cell of a grid whose
    side is the least deviation that the default floor under covariances leaves each feature. So
    repeating all sequences adds no step, and noise above the floor makes all differ. Steps that
    resemble the ones before them are not discounted: transitions are the model's own account of
    that. Missing steps are not counted.
    """
    side = np.sqrt(DEFAULT_FLOOR * unit_variances(packed))
    keys = np.random.default_rng(0).integers(2**62, size=packed.n_features + 2) | 1
    found = [_histories(tile, side, keys) for tile in packed.tiles]
    return len(np.unique(np.concatenate(found)))


def _histories(tile: Tile, side: NDArray, keys: NDArray) -> NDArray[np.int64]:
    """A number of each observed step, which only equal histories share: a hash that wraps around.

    Args:
        tile: n columns.
        side: (D,), of a cell.
        keys: (D + 2,), odd numbers by which cells, symbols and what came before are multiplied.
    """
    here = np.rint(tile.x.T / side).astype(np.int64) @ keys[:-2] + tile.symbols * keys[-2]
    here[tile.missing] = 0
    before = np.zeros(np.diff(tile.offsets).max(), dtype=np.int64)
    for first, stop in pairwise(tile.offsets):
        here[first:stop] += before[: stop - first] * keys[-1] + 1
        before = here[first:stop]
    return np.delete(here, tile.missing)


def check_criterion(criterion: str, *, has_valid: bool, n_sizes: int = LEAST_SLOPE_SIZES) -> None:
    """Raise unless the criterion is known and has the data and the sizes it needs."""
    check_choice("criterion", criterion, CRITERIA)
    if criterion.startswith("heldout") and not has_valid:
        raise ConfigError(
            f"criterion {criterion!r} expects held-out data, got none; pass "
            "valid=(X, lengths, inputs)",
            page="nothing-there",
        )
    if criterion == "slope" and n_sizes < LEAST_SLOPE_SIZES:
        raise ConfigError(
            f"criterion 'slope' expects at least {LEAST_SLOPE_SIZES} numbers of states, got "
            f"{n_sizes}; try more, or choose by bic",
            page="too-few",
        )


def losses(table: pd.DataFrame, criterion: str) -> NDArray[np.float64]:
    """What a criterion says of each row, lower is better; inf of fits dropped, failed, unknown.

    Raises:
        ValueError: no fit is left.
    """
    out = table["status"].isin([Status.DROPPED, Status.FAILED]).to_numpy(bool)
    if out.all():
        raise ValueError(
            f"expected a fit that did not fail, got {table['reason'].unique().tolist()}; look at "
            "the data, or raise min_covar"
        )
    sign = -1.0 if criterion in COLUMNS_OF else 1.0
    values = sign * table[COLUMNS_OF.get(criterion, criterion)].to_numpy(float)
    values = np.where(out | np.isnan(values), np.inf, values)
    if np.isinf(values).all():
        check_criterion(criterion, has_valid=False, n_sizes=0)
    return values


def levelled(table: pd.DataFrame, criterion: str) -> NDArray[np.float64]:
    """The same with all that is within an error of the best made equal, so that size decides."""
    values = losses(table, criterion)
    return np.maximum(values, values.min() + _error(table, criterion, int(values.argmin())))


def _error(table: pd.DataFrame, criterion: str, row: int) -> float:
    """Standard error of a row's value; 0 for criteria without one and where it is unknown."""
    column = ERRORS_OF.get(criterion)
    return 0.0 if column is None else float(np.nan_to_num(table[column].iloc[row]))


def choose(table: pd.DataFrame, criterion: str, *, n_steps: int) -> int:
    """Position of the chosen row of a table that `compared` made."""
    values = losses(table, criterion)
    best = first_best(-values, 1 if criterion.startswith("heldout") else n_steps)
    if criterion not in ERRORS_OF:
        return best
    error = _error(table, criterion, best)
    return one_standard_error(table["n_states"].to_numpy(), -values, error=error)


def one_standard_error(sizes: ArrayLike, values: NDArray, *, error: float) -> int:
    """Position of the smallest fit whose value is within one standard error of the best.

    Breiman et al., "Classification and regression trees", 1984, section 3.4.3. Among fits with as
    few states the best one counts.

    Args:
        sizes: (M,), numbers of states.
        values: (M,), higher is better.
        error: standard error of the best value.
    """
    near = values >= values.max() - error
    fewest = near & (np.asarray(sizes) == np.asarray(sizes)[near].min())
    return int(np.where(fewest, values, -np.inf).argmax())
