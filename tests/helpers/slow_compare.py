"""The comparison table cell by cell: slow and plain, what the fast one must equal."""

from functools import partial

import numpy as np
import pandas as pd

from markovlens.faithfulness.scores.compile import CELL_KEYS as CELLS
from markovlens.faithfulness.scores.compile import (
    METHOD_KEYS,
    NO_MACHINE,
    SIZES,
)
from markovlens.faithfulness.scores.evaluate import FIT, OF_CHOICE, REFERENCES
from markovlens.faithfulness.scores.intervals import Spread, variance_function
from markovlens.faithfulness.scores.tally import interval
from markovlens.tables.scores import COMPARISON


def slow_compare(scores, *, level):
    made = scores[scores["score"] != FIT]
    of_choice = made["score"].isin(OF_CHOICE) | (made["mode"] == "lumped")
    swept = made[~made["method"].isin(REFERENCES) & ~of_choice]
    merge = partial(_merge, scores=scores, level=level)
    rows = [merge(cell, "chosen") for _, cell in made[made["chosen"]].groupby(CELLS, sort=False)]
    rows += [_nothing(fits, "chosen") for fits in _fits_without(made[made["chosen"]], scores, [])]
    rows += [merge(cell, "fixed") for _, cell in swept.groupby([*CELLS, "n_states"], sort=False)]
    rows += [_nothing(fits, "fixed") for fits in _fits_without(swept, scores, ["n_states"])]
    return pd.DataFrame(rows)[COMPARISON.names]


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
        "reason": _said(fits.drop_duplicates("seed"), n_seeds),
        "value": None, "low": None, "high": None, "error": None,
        "carries": None, "n_states_hard": pd.NA, "n_lumped": pd.NA, "rare_classes": None,
    }  # fmt: skip


def _merge(cell, selection, *, scores, level):
    worked = cell[cell["value"].notna()]
    sizes = cell["n_states"].sort_values()
    low, high, error = _interval(worked, level)
    return cell.iloc[0][CELLS].to_dict() | {
        "selection": selection,
        "n_states": int(sizes.iloc[len(sizes) // 2]),
        "n_states_low": int(sizes.min()),
        "n_states_high": int(sizes.max()),
        "n_seeds": len(worked),
        "n_sequences": int(worked["n_sequences"].max()),
        "carries": "belief" if "belief" in set(cell["carries"]) else _first(cell["carries"]),
        "n_states_hard": _upper_median(cell["n_states_hard"].dropna()),
        "n_lumped": _upper_median(cell["n_lumped"].dropna()) if selection == "chosen" else pd.NA,
        "rare_classes": _all_names(cell["rare_classes"]),
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        **_status(cell, worked, scores, [] if selection == "chosen" else ["n_states"]),
        "value": worked["value"].mean(), "low": low, "high": high, "error": error,
    }  # fmt: skip


def _status(cell, worked, scores, size):
    """Return `ok`, or how many seeds of this method have no number here, and why each."""
    mine = scores[(scores[METHOD_KEYS] == cell.iloc[0][METHOD_KEYS]).all(axis=1)]
    n_tried = mine["seed"].nunique()
    n_missing = n_tried - len(worked)
    if not n_missing:
        return {"n_missing": 0, "status": "ok", "reason": ""}
    failed = mine[mine["score"] == FIT]
    failed = failed[(failed[size] == cell.iloc[0][size]).all(axis=1)]
    rows = []
    for seed in mine["seed"].unique():
        if seed in set(worked["seed"]):
            continue
        nothing = pd.DataFrame({"status": ["skipped"], "reason": [NO_MACHINE]})
        known = (cell[cell["seed"] == seed], failed[failed["seed"] == seed], nothing)
        rows.append(next(one for one in known if len(one)).iloc[0])
    words = _said(pd.DataFrame(rows), n_tried)
    return {"n_missing": n_missing, "status": "partial", "reason": words}


def _said(missing, n_tried):
    """Return in words why seeds have no number, those of one reason together."""
    alike = missing.groupby(["status", "reason"], sort=False).size()
    return "; ".join(
        f"{n} of {n_tried} seeds {status}: {reason}" for (status, reason), n in alike.items()
    )


def _first(values):
    known = values.dropna()
    return known.iloc[0] if len(known) else None


def _upper_median(sizes):
    return pd.NA if sizes.empty else int(sizes.sort_values().iloc[len(sizes) // 2])


def _all_names(rare):
    names = dict.fromkeys(name for said in rare.dropna() for name in said.split("; "))
    return "; ".join(names) or None


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
