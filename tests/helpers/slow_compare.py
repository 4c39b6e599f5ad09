"""The comparison table cell by cell: slow and plain, what the fast one must equal."""

from functools import partial

import numpy as np
import pandas as pd

from markovlens.faithfulness.compile import CELL_KEYS, COMPARISON_COLUMNS, RUN_KEYS
from markovlens.faithfulness.evaluate import FIT, REFERENCES
from markovlens.faithfulness.tally import interval


def slow_compare(scores, *, level, seed):
    merge = partial(_merge, failures=scores[scores["score"] == FIT], level=level, seed=seed)
    chosen = scores[scores["chosen"]].groupby(CELL_KEYS, sort=False)
    swept = scores[~scores["method"].isin(REFERENCES)]
    fixed = swept.groupby([*CELL_KEYS, "n_states"], sort=False)
    rows = [merge(cell, "chosen") for _, cell in chosen]
    rows += [merge(cell, "fixed") for _, cell in fixed]
    return pd.DataFrame(rows)[COMPARISON_COLUMNS]


def _merge(cell, selection, *, failures, level, seed):
    worked = cell[cell["score"] != FIT]
    sizes = cell["n_states"].sort_values()
    row = cell.iloc[0][CELL_KEYS].to_dict() | {
        "selection": selection,
        "n_states": int(sizes.iloc[len(sizes) // 2]),
        "n_states_low": int(sizes.min()),
        "n_states_high": int(sizes.max()),
        "n_seeds": len(worked),
        "n_sequences": 0 if worked.empty else int(worked["n_sequences"].max()),
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        "status": _status(cell.iloc[0], selection, failures, n_worked=len(worked)),
    }
    if worked.empty:
        return row | {"value": None, "low": None, "high": None}
    low, high = _two_way(worked["replicates"].tolist(), level, seed)
    return row | {"value": worked["value"].mean(), "low": low, "high": high}


def _status(row, selection, failures, *, n_worked):
    """Return `ok`, or how many seeds of this method have no number here, and why the first."""
    keys = [*RUN_KEYS, "method", "n_states" if selection == "fixed" else "chosen"]
    failed = failures[(failures[keys] == row[keys]).all(axis=1)]
    if failed.empty:
        return "ok"
    reason = failed["status"].iloc[0]
    return f"{len(failed)} of {len(failed) + n_worked} seeds {reason}"


def _two_way(replicates, level, seed):
    """Return the interval of the mean over drawn seeds, resample b being the same in all."""
    table = np.asarray(replicates, dtype=np.float64)  # (seeds, B)
    n_seeds, n_resamples = table.shape
    drawn = np.random.default_rng(seed).integers(n_seeds, size=(n_resamples, n_seeds))
    return interval(table[drawn, np.arange(n_resamples)[:, None]].mean(axis=1), level)
