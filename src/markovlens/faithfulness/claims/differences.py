"""Which differences between methods are shown: paired resamples, t over seeds, Holm, effects."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from markovlens.faithfulness.scores.evaluate import EXPLAINED, FLOORS, REFERENCES
from markovlens.outputs import MEASURE_OF
from markovlens.tables.scores import DIFFERENCES

MODES = {
    "balanced_fidelity": "closed",
    EXPLAINED: "closed",  # of networks that predict what comes next
    **dict.fromkeys(MEASURE_OF.values(), "closed"),  # of those that answer with anything else
    "divergence": "closed",
    "iia": "swap",
    "swap_explained": "swap",  # of networks that answer with values or a risk
}
LOWER_IS_BETTER = ("divergence",)
TINY = 1e-7  # replicates are kept in single precision
LARGEST_EFFECT = 10.0  # standard deviations; beyond, all sequences say the same
METHOD, FLOOR = "method", "floor"  # what a method is compared with
NOT_SHOWN = "no difference shown"
UNTOLD = {"low": np.nan, "high": np.nan, "p": 1.0}  # of several seeds only one has both


def find_differences(scores: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return a row for each two methods on each network and score, `difference` being a - b.

    Each method stands with the size it chose. Its resamples are of the same sequences as the other
    method's, so they are subtracted one by one.

    With several seeds, `p` (two-sided) and the interval are of the mean over seeds that were not
    run, from a t distribution with `n_seeds` - 1 degrees of freedom: resampling three seeds gives
    too small an error, and a normal distribution does not know how badly three seeds tell it. The
    squared standard error is the variance of the differences over seeds, over `n_seeds`, plus that
    of their mean over resampled sequences. What sequences do to one seed and not to another is in
    both parts, and the degrees of freedom are those of the seeds even where sequences vary more:
    both err towards showing nothing, and three seeds seldom survive a large family. With one seed
    only sequences are resampled: `p` is about this network only, with `n_sequences` - 1 degrees.
    Where a network has several seeds and both methods have a machine on one of them alone, nothing
    tells how the others would differ: there is no interval, and p is 1.

    Where the difference is the same in every resample and seed the standard error is 0, and p is
    0, or 1 if there is none. `against` says whether the other is a `method` or a `floor`: to beat
    a floor is no result, so that floors are counted apart, and not compared with each other.
    Holm's correction runs over all rows of one score and one of these: each is a family of its own,
    and nothing is claimed of all together. `effect` is the difference in units of its standard
    deviation over sequences (Cohen's d of the pairs); it is empty beyond `LARGEST_EFFECT`, where
    sequences hardly differ in it and the ratio would tell of rounding.

    A method is called better only if `p_holm` < 1 - level *and* every seed has the same sign.

    Args:
        scores: rows of all runs, with the columns task, model and seed.
        level: 1 - the family-wise error within a score, and coverage of the intervals.
    """
    n_run = scores.groupby(["task", "model"])["seed"].nunique()  # whatever they have scores of
    rows = [
        row
        for (task, model, name, mode), cell in _cells(scores)
        if mode == MODES[_stem(name)]
        for row in _pairs(
            {"task": task, "model": model, "score": name}, cell,
            level=level, n_run=n_run[task, model],
        )
    ]  # fmt: skip
    if not rows:
        return pd.DataFrame(columns=DIFFERENCES.names)
    table = pd.DataFrame(rows)
    table["p_holm"] = table.groupby(["score", "against"], sort=False)["p"].transform(holm)
    table["verdict"] = _verdicts(table, 1 - level)
    return table[DIFFERENCES.names]


def holm(p: pd.Series) -> pd.Series:
    """Return p values adjusted by Holm's step-down method (1979), in the order given."""
    order = np.argsort(p.to_numpy(), kind="stable")
    factors = np.arange(len(p), 0, -1)
    stepped = np.maximum.accumulate(p.to_numpy()[order] * factors)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1)
    return pd.Series(adjusted, index=p.index)


def _stem(score: str) -> str:
    return score.removesuffix("_string").removesuffix("_step")


def _cells(scores: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Yield the chosen rows of each (task, model, score, mode), in each task's own unit."""
    kept = scores[scores["chosen"] & scores["value"].notna()]
    kept = kept[~kept["method"].isin(REFERENCES) & kept["score"].map(_stem).isin(list(MODES))]
    by_string = set(kept.loc[kept["score"] == "balanced_fidelity_string", "task"])
    coarser = (kept["score"] == "balanced_fidelity_step") & kept["task"].isin(list(by_string))
    yield from kept[~coarser].groupby(["task", "model", "score", "mode"], sort=False)


def _pairs(
    place: dict[str, Hashable], cell: pd.DataFrame, *, level: float, n_run: int
) -> Iterator[dict[str, Any]]:
    methods = {str(name): rows.set_index("seed") for name, rows in cell.groupby("method")}
    for a, b in combinations(dict.fromkeys(cell["method"]), 2):
        common = methods[a].index.intersection(methods[b].index)
        if not len(common) or {a, b} <= set(FLOORS):
            continue
        one, other = methods[a].loc[common], methods[b].loc[common]
        differences = (one["value"] - other["value"]).to_numpy(dtype=float)
        replicates = np.stack(list(one["replicates"])) - np.stack(list(other["replicates"]))
        n_sequences = int(one["n_sequences"].min())
        numbers = _compare(differences, replicates.astype(float), n_sequences, level)
        if len(common) == 1 < n_run:
            numbers |= UNTOLD
        against = METHOD if {a, b}.isdisjoint(FLOORS) else FLOOR
        yield {**place, "against": against, "method_a": a, "method_b": b, **numbers}


def _compare(
    differences: np.ndarray, replicates: np.ndarray, n_sequences: int, level: float
) -> dict[str, Any]:
    """Return the statistics of differences (seeds,) with their replicates (seeds, B)."""
    n_seeds = len(differences)
    difference = float(differences.mean())
    spread = float(replicates.mean(axis=0).std(ddof=1))  # of the sequences
    over_seeds = float(differences.var(ddof=1)) / n_seeds if n_seeds > 1 else 0.0
    error = sqrt(spread**2 + over_seeds)
    freedom = max(1, (n_seeds if n_seeds > 1 else n_sequences) - 1)
    margin = float(stdtrit(freedom, (1 + level) / 2)) * error
    return {
        "difference": difference,
        "low": difference - margin,
        "high": difference + margin,
        "p": _p_value(difference, error, freedom),
        "effect": _effect(difference, spread * sqrt(n_sequences)),
        "n_seeds": n_seeds,
        "n_sequences": n_sequences,
        "same_sign": bool((differences > 0).all() or (differences < 0).all()),
    }


def _effect(difference: float, deviation: float) -> float | None:
    """Return the difference in standard deviations, None where it is no measure of anything."""
    return difference / deviation if deviation * LARGEST_EFFECT > abs(difference) else None


def _p_value(difference: float, error: float, freedom: int) -> float:
    if error <= TINY:
        return float(abs(difference) <= TINY)
    return 2 * float(stdtr(freedom, -abs(difference) / error))


def _verdicts(table: pd.DataFrame, alpha: float) -> list[str]:
    lower = table["score"].map(_stem).isin(list(LOWER_IS_BETTER))
    a_better = (table["difference"] > 0) != lower
    better = np.where(a_better, table["method_a"], table["method_b"])
    real = (table["p_holm"] < alpha) & table["same_sign"]
    pairs = zip(better, real, strict=True)
    return [f"{name} better" if sure else NOT_SHOWN for name, sure in pairs]
