"""All fixed points and cycles of a rectified network of one's own, and whether they are all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from torch import nn

from markovlens.arguments import check_seed, check_whole, with_known_arguments
from markovlens.arrays import as_array, check_numbers
from markovlens.dynamics.rectified import Cycle, Rectified, Stability
from markovlens.dynamics.region_proof import prove
from markovlens.dynamics.region_search import (
    Searched,
    is_consistent,
    keep,
    search,
    visited_regions,
)
from markovlens.errors import ConfigError, DataError
from markovlens.keyed import with_keys

N_STARTS, N_STEPS = 50, 20  # paths whose regions are tried first where none are given
NODES = 20_000  # of branch and bound, for each answer
LARGEST = 100  # decimal places that k steps may add to an activity before numbers overflow
COLUMNS = (
    "period", "stability", "modulus", "active", "norm", "many", "eigenvalues", "regions",
)  # fmt: skip


@with_keys(
    cycles="cycles", n_regions="periods", complete="periods", within="periods", many="periods"
)
@dataclass(frozen=True, slots=True, repr=False)
class RegionSearch:
    """Fixed points and cycles that were found, and how sure it is that there are no others.

    Attributes:
        cycles: those of period 1, the fixed points, then of 2, 3, ...
        n_regions: by period, regions (or sequences of them) that were solved for.
        complete: by period, whether these are all: every region was solved for, or all others
            were excluded by branch and bound.
        within: the largest activity for which others were excluded; infinite where every region
            was solved for, None where nothing was proven.
        many: by period, whether some region holds infinitely many. Of these one at most is among
            `cycles` (with `many`), none where it was a shorter cycle; `complete` is then False.
    """

    cycles: tuple[Cycle, ...]
    n_regions: dict[int, int]
    complete: dict[int, bool]
    within: dict[int, float | None]
    many: dict[int, bool]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each: period, stability, modulus, active, norm, many, eigenvalues, regions.

        `modulus` is of the largest eigenvalue, `active` counts the units active at each point,
        `norm` is of the first point, `many` says that it is one of infinitely many. `eigenvalues`
        are all, complex, largest first; `regions` is a string of 0 and 1 for each point, unit by
        unit, 1 where it is active.
        """
        rows = [
            {
                "period": cycle.period,
                "stability": str(cycle.stability),
                "modulus": float(np.abs(cycle.eigenvalues).max()),
                "active": cycle.active.sum(axis=1).tolist(),
                "norm": float(np.linalg.norm(cycle.points[0])),
                "many": cycle.many,
                "eigenvalues": cycle.eigenvalues.tolist(),
                "regions": ["".join("01"[unit] for unit in one) for one in cycle.active.tolist()],
            }
            for cycle in self.cycles
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def __repr__(self) -> str:
        """Return, for each period, how many were found and whether these are all."""
        lines = [self._line(period) for period in self.n_regions]
        return "\n".join(["RegionSearch", *lines])

    def _line(self, period: int) -> str:
        found = [cycle.stability for cycle in self.cycles if cycle.period == period]
        kinds = ", ".join(f"{found.count(kind)} {kind}" for kind in Stability if kind in found)
        n_regions, within = self.n_regions[period], self.within[period]
        said = f"all found within {n_regions} regions of many"
        if self.many[period]:
            said = f"in some of {n_regions} regions infinitely many, of which one is given at most"
        elif within is not None:
            said = "all there are" if np.isinf(within) else f"all with activities up to {within:g}"
        return f"  period {period}: {len(found)} ({kinds or 'none'}), {said}"


@with_known_arguments
def fixed_points_of_relu(
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    cycles: int = 1,
    budget: int = 10_000,
    within: float | None = None,
    starts: ArrayLike | None = None,
    seed: int = 0,
) -> RegionSearch:
    """Return the fixed points and cycles of h -> relu(W h + b), found region by region.

    Which units are active decides everything: in a linear region (one such set) the map is affine,
    so that a cycle through given regions is the solution of one linear system, which either lies
    in these regions or does not. Where the regions are no more than the budget, each is solved for.
    Elsewhere the search goes from the regions that paths visit, and from random ones, to those in
    which the solutions would lie (SCYFI; Eisenmann et al. 2023, "Bifurcations and loss jumps in RNN
    training"). With `within` branch and bound then looks for all others with no larger activity,
    which takes seconds for 20 units and does not end for many more.

    Of a torch `nn.RNN(nonlinearity="relu")` the weight is `weight_hh_l0`, the bias is
    `bias_hh_l0 + bias_ih_l0 + weight_ih_l0 @ x` under an input x that stays. A piecewise linear
    z -> W relu(z) + b has the same cycles, at z = W h + b.

    Args:
        weight: W, (H, H), row i into unit i.
        bias: b, (H,); 0 where None.
        cycles: the longest period k that is sought.
        budget: sequences of regions that are solved for, for each period.
        within: largest activity up to which others are to be excluded; None for no proof.
        starts: (B, H), states from which paths are followed; random ones where None.
        seed: of random states and regions.

    Returns:
        What was found. A fixed point on the boundary between regions has no one Jacobian: its
        stability is `edge`. Regions whose system has many solutions give one cycle of period k, if
        one is found that is no shorter one, and that period is never `complete`.

    Raises:
        DataError: arrays of other shapes or kinds, or numbers that are not finite.
        ConfigError: a count below 1, or `within` that is no positive number.
    """
    check_seed(seed)
    _check_asked(cycles, within)
    check_whole("budget", budget, least=1)
    network, rng = _checked_growth(_network(weight, bias), cycles), np.random.default_rng(seed)
    visited = _visited(network, starts, rng)
    found = [
        _of_period(network, visited, period, budget=budget, within=within, rng=rng)
        for period in range(1, cycles + 1)
    ]
    return RegionSearch(
        tuple(cycle for one, _ in found for cycle in one.cycles),
        {period + 1: one.n_regions for period, (one, _) in enumerate(found)},
        {period + 1: reach is not None for period, (_, reach) in enumerate(found)},
        {period + 1: reach for period, (_, reach) in enumerate(found)},
        {period + 1: one.many for period, (one, _) in enumerate(found)},
    )


def _of_period(
    network: Rectified,
    visited: np.ndarray,
    period: int,
    *,
    budget: int,
    within: float | None,
    rng: np.random.Generator,
) -> tuple[Searched, float | None]:
    """Return what was found, and up to which activity it is proven to be all."""
    regions = visited_regions(network, visited, period=period)
    found = search(network, regions, period=period, budget=budget, rng=rng)
    if found.every or found.many or within is None:
        return found, np.inf if found.every and not found.many else None
    known = [cycle.active for cycle in found.cycles]
    proof = prove(network, known, period=period, within=within, nodes=NODES)
    many = False
    for active in proof.regions:
        for guess in network.cycle_in(active):
            if is_consistent(guess, active):
                many |= guess.many
                keep(network, network.cycle_of(guess), found.cycles)
    return replace(found, many=many), within if proof.complete and not many else None


def _check_asked(cycles: Any, within: Any) -> None:
    """Raise unless the longest cycle and the largest activity are what they should be."""
    if isinstance(cycles, Iterable):
        raise ConfigError(
            f"cycles: expected one number, the longest cycle that is sought, got {cycles!r}; "
            "cycles=2 is for fixed points and cycles of two",
            page="out-of-range",
        )
    check_whole("cycles", cycles, least=1)
    number = isinstance(within, Real) and not isinstance(within, bool)
    if within is not None and not (number and np.isfinite(within) and within > 0):
        raise ConfigError(
            "within: expected a positive number, the largest activity up to which all others are "
            f"to be excluded, or None for no proof, got {within!r}",
            page="out-of-range",
        )


def _network(weight: Any, bias: ArrayLike | None) -> Rectified:
    if isinstance(weight, nn.Module):
        layer = "" if hasattr(weight, "weight_hh") else "_l0"
        raise DataError(
            f"weight: expected W, (H, H), got the network, a {type(weight).__name__}; give its "
            f"arrays, as in fixed_points_of_relu(rnn.weight_hh{layer}, rnn.bias_hh{layer} + "
            f"rnn.bias_ih{layer} + rnn.weight_ih{layer} @ x) under an input x that stays",
            page="wrong-kind",
        )
    matrix = check_numbers("weight", as_array("weight", weight)).astype(np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise DataError(f"weight: expected (H, H), got {matrix.shape}", page="wrong-shape")
    beside = np.zeros(len(matrix)) if bias is None else _row("bias", bias, len(matrix))
    if not (np.isfinite(matrix).all() and np.isfinite(beside).all()):
        raise DataError("expected finite weights and biases, got others", page="not-finite")
    return Rectified(matrix, beside)


def _checked_growth(network: Rectified, cycles: int) -> Rectified:
    gain = np.maximum(np.abs(network.weight).sum(axis=1).max(), 1.0)
    places = cycles * np.log10(gain) + np.log10(max(float(np.abs(network.bias).max()), 1.0))
    if places > LARGEST:
        raise DataError(
            f"expected weights and biases that {cycles} steps make no larger than 1e+{LARGEST}, "
            f"got up to 1e+{places:.0f}; ask for shorter cycles, or divide the biases by a number",
            page="not-finite",
        )
    return network


def _row(name: str, values: ArrayLike, n_units: int) -> np.ndarray:
    row = check_numbers(name, as_array(name, values)).astype(np.float64)
    if row.shape != (n_units,):
        raise DataError(f"{name}: expected ({n_units},), got {row.shape}", page="wrong-shape")
    return row


def _visited(network: Rectified, starts: ArrayLike | None, rng: np.random.Generator) -> np.ndarray:
    """Return states (S, H) on paths from the starts, or from random ones."""
    if starts is None:
        size = max(float(np.abs(network.bias).max()), 1.0)
        now = size * rng.standard_normal((N_STARTS, network.n_units))
    else:
        now = check_numbers("starts", as_array("starts", starts)).astype(np.float64)
        if now.ndim != 2 or now.shape[1] != network.n_units:
            said = f"starts: expected (B, {network.n_units}), got {now.shape}"
            raise DataError(said, page="wrong-shape")
    path = [now]
    with np.errstate(over="ignore", invalid="ignore"):  # a path that grows has regions all the same
        for _ in range(N_STEPS):
            path.append(network.step(path[-1]))
    states = np.concatenate(path)
    return states[np.isfinite(states).all(axis=1)]
