"""The comparison table cell by cell: slow and plain, what the fast one must equal."""

from functools import partial

import numpy as np
import pandas as pd

from markovlens.faithfulness.compile import CELL_KEYS as CELLS
from markovlens.faithfulness.compile import COMPARISON_COLUMNS, METHOD_KEYS, NO_MACHINE, SIZES
from markovlens.faithfulness.evaluate import FIT, OF_CHOICE, REFERENCES
from markovlens.faithfulness.tally import interval


def slow_compare(scores, *, level, seed):
    made = scores[scores["score"] != FIT]
    swept = made[~made["method"].isin(REFERENCES) & ~made["score"].isin(OF_CHOICE)]
    merge = partial(_merge, scores=scores, level=level, seed=seed)
    rows = [merge(cell, "chosen") for _, cell in made[made["chosen"]].groupby(CELLS, sort=False)]
    rows += [_nothing(fits, "chosen") for fits in _fits_without(made[made["chosen"]], scores, [])]
    rows += [merge(cell, "fixed") for _, cell in swept.groupby([*CELLS, "n_states"], sort=False)]
    rows += [_nothing(fits, "fixed") for fits in _fits_without(swept, scores, ["n_states"])]
    return pd.DataFrame(rows)[COMPARISON_COLUMNS]


def _fits_without(made, scores, size):
    """Yield the failed fits of each method (and size) that no seed has a machine of."""
    for _, fits in scores[scores["score"] == FIT].groupby([*METHOD_KEYS, *size], sort=False):
        keys = [*METHOD_KEYS, *size]
        if not (made[keys] == fits.iloc[0][keys]).all(axis=1).any():
            yield fits


def _nothing(fits, selection):
    n_seeds = fits["seed"].nunique()
    sizes = None if selection == "chosen" else fits["n_states"].iloc[0]
    return fits.iloc[0][CELLS].to_dict() | {
        **dict.fromkeys(SIZES, sizes),
        "selection": selection,
        "n_seeds": 0,
        "n_missing": n_seeds,
        "n_sequences": 0,
        "gate": "passed" if (fits["gate"] == "passed").all() else "under-trained",
        "status": "failed",
        "reason": f"{n_seeds} of {n_seeds} seeds failed: {fits['reason'].iloc[0]}",
        "value": None, "low": None, "high": None,
    }  # fmt: skip


def _merge(cell, selection, *, scores, level, seed):
    worked = cell[cell["value"].notna()]
    sizes = cell["n_states"].sort_values()
    low, high = _two_way(worked["replicates"].tolist(), level, seed)
    return cell.iloc[0][CELLS].to_dict() | {
        "selection": selection,
        "n_states": int(sizes.iloc[len(sizes) // 2]),
        "n_states_low": int(sizes.min()),
        "n_states_high": int(sizes.max()),
        "n_seeds": len(worked),
        "n_sequences": int(worked["n_sequences"].max()),
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        **_status(cell, worked, scores, [] if selection == "chosen" else ["n_states"]),
        "value": worked["value"].mean(), "low": low, "high": high,
    }  # fmt: skip


def _status(cell, worked, scores, size):
    """Return `ok`, or how many seeds of this method have no number here, and why the first."""
    mine = scores[(scores[METHOD_KEYS] == cell.iloc[0][METHOD_KEYS]).all(axis=1)]
    n_tried = mine["seed"].nunique()
    n_missing = n_tried - len(worked)
    if not n_missing:
        return {"n_missing": 0, "status": "ok", "reason": ""}
    skipped = cell[cell["value"].isna()]
    failed = mine[(mine["score"] == FIT) & ~mine["seed"].isin(worked["seed"])]
    failed = failed[(failed[size] == cell.iloc[0][size]).all(axis=1)]
    why = pd.Series(["skipped", NO_MACHINE])
    for rows in (failed, skipped):
        why = why if rows.empty else rows.iloc[0][["status", "reason"]]
    words = f"{n_missing} of {n_tried} seeds {why.iloc[0]}: {why.iloc[1]}"
    return {"n_missing": n_missing, "status": "partial", "reason": words}


def _two_way(replicates, level, seed):
    """Return the interval of the mean over drawn seeds, resample b being the same in all."""
    table = np.asarray(replicates, dtype=np.float64)  # (seeds, B)
    n_seeds, n_resamples = table.shape
    drawn = np.random.default_rng(seed).integers(n_seeds, size=(n_resamples, n_seeds))
    return interval(table[drawn, np.arange(n_resamples)[:, None]].mean(axis=1), level)
