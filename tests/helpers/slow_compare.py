"""The comparison table cell by cell: slow and plain, what the fast one must equal."""

from functools import partial

import numpy as np
import pandas as pd

from markovlens.faithfulness.compile import CELL_KEYS, COMPARISON_COLUMNS, RUN_KEYS
from markovlens.faithfulness.evaluate import FIT, REFERENCES
from markovlens.faithfulness.intervals import Spread, variance_function
from markovlens.faithfulness.tally import interval


def slow_compare(scores, *, level):
    merge = partial(_merge, failures=scores[scores["score"] == FIT], level=level)
    chosen = scores[scores["chosen"]].groupby(CELL_KEYS, sort=False)
    swept = scores[~scores["method"].isin(REFERENCES)]
    fixed = swept.groupby([*CELL_KEYS, "n_states"], sort=False)
    rows = [merge(cell, "chosen") for _, cell in chosen]
    rows += [merge(cell, "fixed") for _, cell in fixed]
    return pd.DataFrame(rows)[COMPARISON_COLUMNS]


def _merge(cell, selection, *, failures, level):
    worked = cell[cell["score"] != FIT]
    sizes = cell["n_states"].sort_values()
    row = cell.iloc[0][CELL_KEYS].to_dict() | {
        "selection": selection,
        "n_states": int(sizes.iloc[len(sizes) // 2]),
        "n_states_low": int(sizes.min()),
        "n_states_high": int(sizes.max()),
        "n_seeds": len(worked),
        "n_sequences": 0 if worked.empty else int(worked["n_sequences"].max()),
        "carries": "belief" if "belief" in set(cell["carries"]) else _first(cell["carries"]),
        "n_states_hard": _upper_median(cell["n_states_hard"].dropna()),
        "rare_classes": _all_names(cell["rare_classes"]),
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        "status": _status(cell.iloc[0], selection, failures, n_worked=len(worked)),
    }
    if worked.empty:
        return row | dict.fromkeys(("value", "low", "high", "error"))
    low, high, error = _interval(worked, level)
    return row | {"value": worked["value"].mean(), "low": low, "high": high, "error": error}


def _first(values):
    known = values.dropna()
    return known.iloc[0] if len(known) else None


def _upper_median(sizes):
    return pd.NA if sizes.empty else int(sizes.sort_values().iloc[len(sizes) // 2])


def _all_names(rare):
    names = dict.fromkeys(name for said in rare.dropna() for name in said.split("; "))
    return "; ".join(names) or None


def _status(row, selection, failures, *, n_worked):
    """Return `ok`, or how many seeds of this method have no number here, and why the first."""
    keys = [*RUN_KEYS, "method", "n_states" if selection == "fixed" else "chosen"]
    failed = failures[(failures[keys] == row[keys]).all(axis=1)]
    if failed.empty:
        return "ok"
    reason = failed["status"].iloc[0]
    return f"{len(failed)} of {len(failed) + n_worked} seeds {reason}"


def _interval(cell, level):
    """Return the interval by components of variance, one seed after the other.

    Score = mean + seed + sequences + both: the seeds' mean varies by the seeds' own part, by the
    sequences' part and by the part of both, and values of seeds differ by the first and the last.
    """
    values = cell["value"].to_numpy(float)
    resamples = np.stack([np.asarray(each, float) for each in cell["replicates"]])
    n_seeds, scale = len(values), cell["scale"].iloc[0]
    both = sum(np.var(each - resamples.mean(axis=0)) for each in resamples)
    between = 0.0
    if n_seeds > 1:
        between = max(np.var(values, ddof=1) - both / (n_seeds - 1), 0) / n_seeds
    alone = np.mean([np.var(each) for each in resamples])
    part = np.var(resamples.mean(axis=0)) / alone if alone > 0 else 1.0
    within = part * cell["spread"].mean()
    unit = variance_function(values.mean(), scale)
    between = between / unit if unit > 0 else 0.0
    freedom = np.inf
    if within + between > 0:
        doubt = within**2 / cell["freedom"].mean() + between**2 / max(n_seeds - 1, 1)
        freedom = (within + between) ** 2 / doubt
    error = np.sqrt((within + between) * unit)
    return *interval(values.mean(), Spread(scale, within + between, freedom), level), error
