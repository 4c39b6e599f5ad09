"""Does separability tell how well a network is trained? Rank correlations along training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from markovlens.faithfulness.claims.claims import t_interval
from markovlens.faithfulness.claims.ranges import ONE, within
from markovlens.seq2seq.separability import MEASURES
from markovlens.status import Scope

FEWEST_CHECKPOINTS = 4
RUN = ["task", "model"]


def rank_correlation(values: np.ndarray, losses: np.ndarray) -> float:
    """Return Spearman's correlation of (n,) and (n,); NaN with too few or constant numbers."""
    known = np.isfinite(values) & np.isfinite(losses)
    values, losses = values[known], losses[known]
    if len(values) < FEWEST_CHECKPOINTS or np.ptp(values) == 0 or np.ptp(losses) == 0:
        return np.nan
    return float(stats.spearmanr(values, losses).statistic)


def beyond_time(values: np.ndarray, losses: np.ndarray, steps: np.ndarray) -> float:
    """Return the rank correlation of (n,) and (n,) given the training step (n,): a partial one.

    Whatever only grows with time follows the loss, which falls with time; that is no sign of being
    trained well. NaN where the step explains one of them wholly.
    """
    both = rank_correlation(values, losses)
    one, other = rank_correlation(values, steps), rank_correlation(losses, steps)
    left = (1 - one**2) * (1 - other**2)
    return float((both - one * other) / np.sqrt(left)) if left > 1e-12 else np.nan


def optimality_table(progress: pd.DataFrame) -> pd.DataFrame:
    """Return, for each network and measure, its correlation with the test loss over checkpoints.

    One row a seed (`scope` is `seed`), and one (`network`) of the mean with Student's interval over
    seeds; negative: the better separable, the smaller the loss. `beyond_time` is the same given
    the step.

    Args:
        progress: rows of `progress_row` with task, model and seed.
    """
    rows: list[dict[str, Any]] = []
    for key, network in progress.groupby(RUN, sort=False):
        place = dict(zip(RUN, key, strict=True))
        rows += [place | row for row in _of_network(network)]
    return pd.DataFrame(rows).astype({"seed": "Int64"}) if rows else pd.DataFrame(rows)


def _of_network(network: pd.DataFrame) -> Iterator[dict[str, Any]]:
    losses_of = {seed: run.sort_values("step") for seed, run in network.groupby("seed")}
    for measure in MEASURES:
        found = []
        for seed, run in losses_of.items():
            values, losses = run[measure].to_numpy(float), run["test_loss"].to_numpy(float)
            found.append(
                {
                    "measure": measure,
                    "scope": Scope.SEED,
                    "seed": seed,
                    "correlation": rank_correlation(values, losses),
                    "beyond_time": beyond_time(values, losses, run["step"].to_numpy(float)),
                    "n_checkpoints": len(run),
                }
            )
        yield from found
        yield _merged(measure, found)


def _merged(measure: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"measure": measure, "scope": Scope.NETWORK, "seed": None}
    for name in ("correlation", "beyond_time"):
        values = np.array([each[name] for each in found])
        values = values[np.isfinite(values)]
        low, high = within(t_interval(values), ONE)
        row |= {
            name: float(values.mean()) if len(values) else np.nan,
            f"{name}_low": low,
            f"{name}_high": high,
        }
    return row | {"n_checkpoints": found[0]["n_checkpoints"], "n_seeds": len(found)}
