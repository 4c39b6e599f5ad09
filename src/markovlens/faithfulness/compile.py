"""The tables of a whole benchmark: scores of all networks, merged over seeds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.evaluate import REFERENCES
from markovlens.faithfulness.tally import interval

RUN_KEYS = ["task", "model", "layer"]
CELL_KEYS = [*RUN_KEYS, "method", "mode", "score"]
COMPARISON_COLUMNS = [
    *RUN_KEYS, "method", "n_states", "n_states_low", "n_states_high", "selection", "mode", "score",
    "value", "low", "high", "n_sequences", "n_seeds", "gate", "status",
]  # fmt: skip
DIGEST_MODE = "closed"


def compare(scores: pd.DataFrame, *, level: float, seed: int) -> pd.DataFrame:
    """Return the comparison table: one row a score, seeds merged.

    Rows with selection `chosen` have each seed's own chosen number of states (`n_states` is the
    median, with the range beside it); rows with `fixed` have that number in every seed. Intervals
    come from a two-level bootstrap: seeds, then sequences within each drawn seed.

    Args:
        scores: rows of `evaluate` with the columns task, model, layer, seed and gate added.
        level: coverage of the intervals.
        seed: of the resampling of seeds; the same draw for every row keeps rows paired.
    """
    chosen = scores[scores["chosen"]].groupby(CELL_KEYS, sort=False)
    swept = scores[~scores["method"].isin(REFERENCES)]
    fixed = swept.groupby([*CELL_KEYS, "n_states"], sort=False)
    rows = [_merge(cell, "chosen", level, seed) for _, cell in chosen]
    rows += [_merge(cell, "fixed", level, seed) for _, cell in fixed]
    return pd.DataFrame(rows)[COMPARISON_COLUMNS]


def _merge(cell: pd.DataFrame, selection: str, level: float, seed: int) -> dict[Hashable, Any]:
    worked = cell[cell["status"] == "ok"]
    sizes = cell["n_states"]
    row: dict[Hashable, Any] = cell.iloc[0][CELL_KEYS].to_dict() | {
        "selection": selection,
        "n_states": int(sizes.median()),
        "n_states_low": int(sizes.min()),
        "n_states_high": int(sizes.max()),
        "n_seeds": len(worked),
        "n_sequences": int(worked["n_sequences"].sum()),
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        "status": _status(cell),
    }
    if worked.empty:
        return row | {"value": None, "low": None, "high": None}
    low, high = _two_level(worked["replicates"].tolist(), level, seed)
    return row | {"value": worked["value"].mean(), "low": low, "high": high}


def _two_level(
    replicates: Sequence[Sequence[float]], level: float, seed: int
) -> tuple[float, float]:
    """Return the interval of the mean over seeds, drawing seeds and then a resample of each."""
    table = np.asarray(replicates, dtype=np.float64)  # (seeds, B)
    n_seeds, n_resamples = table.shape
    rng = np.random.default_rng(seed)
    drawn = rng.integers(n_seeds, size=(n_resamples, n_seeds))
    resample = rng.integers(n_resamples, size=(n_resamples, n_seeds))
    return interval(table[drawn, resample].mean(axis=1), level)


def _status(cell: pd.DataFrame) -> str:
    failed = cell.loc[cell["status"] != "ok", "status"]
    if failed.empty:
        return "ok"
    return (
        failed.iloc[0]
        if len(failed) == len(cell)
        else f"{len(failed)} of {len(cell)} {failed.iloc[0]}"
    )


def digest(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the table for reading: a row a network, closed-loop balanced fidelity of each method.

    The fidelity is per string where sequences end in a decision, else per step; beside it the
    number of states each method chose.
    """
    chosen = comparison[comparison["selection"] == "chosen"]
    rows = [_digest_row(run) for _, run in chosen.groupby(["task", "model"], sort=False)]
    return pd.DataFrame(rows)


def _digest_row(run: pd.DataFrame) -> dict[str, str]:
    task, model = run.iloc[0][["task", "model"]]
    unit = "string" if (run["score"] == "fidelity_string").any() else "step"
    network = run[(run["method"] == "network") & (run["score"] == f"accuracy_{unit}")].iloc[0]
    row = {
        "task": task,
        "network": f"{model}{'' if network['gate'] == 'passed' else ' (under-trained)'}",
        "accuracy": f"{network['value']:.3f}",
        "unit": unit,
    }
    wanted = run[(run["mode"] == DIGEST_MODE) & (run["score"] == f"balanced_fidelity_{unit}")]
    for _, cell in wanted.iterrows():
        row[cell["method"]] = _digest_cell(cell)
    for _, cell in run[run["score"] == "fit"].iterrows():
        row[cell["method"]] = "failed"
    return row


def _digest_cell(cell: pd.Series) -> str:
    low, high = cell["n_states_low"], cell["n_states_high"]
    states = f"{low}" if low == high else f"{low}-{high}"
    return f"{cell['value']:.3f} [{cell['low']:.3f}, {cell['high']:.3f}] K={states}"


def to_markdown(table: pd.DataFrame) -> str:
    """Return a table as GitHub markdown, empty cells as a dash."""
    header = [str(name) for name in table.columns]
    lines = [header, ["---"] * len(header)]
    lines += [["–" if pd.isna(cell) else str(cell) for cell in row] for row in table.to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
