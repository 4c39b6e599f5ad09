"""The tables of a whole benchmark: scores of all networks, merged over seeds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.evaluate import FIT, REFERENCES
from markovlens.faithfulness.tally import interval

RUN_KEYS = ["task", "model", "layer"]
CELL_KEYS = [*RUN_KEYS, "method", "mode", "score"]
COMPARISON_COLUMNS = [
    *RUN_KEYS, "method", "n_states", "n_states_low", "n_states_high", "selection", "mode", "score",
    "value", "low", "high", "n_sequences", "n_seeds", "gate", "status",
]  # fmt: skip
DIGEST_MODE = "closed"
WORD_SCORES = ("word_error", "word_probability_mse")


def compare(scores: pd.DataFrame, *, level: float, seed: int) -> pd.DataFrame:
    """Return the comparison table: one row a score, seeds merged.

    Rows with selection `chosen` have each seed's own chosen number of states (`n_states` is the
    median, with the range beside it); rows with `fixed` have that number in every seed.

    Intervals come from a two-way bootstrap: seeds are drawn, and sequences are drawn once for all
    of them. All networks of a task read the same test sequences, so drawing anew within each seed
    would average away what the sequences have in common, and the interval would be too narrow.

    Args:
        scores: rows of `evaluate` with the columns task, model, layer, seed and gate added.
        level: coverage of the intervals.
        seed: of the resampling of seeds; the same draw for every row keeps rows paired.
    """
    merge = partial(_merge, failures=scores[scores["score"] == FIT], level=level, seed=seed)
    chosen = scores[scores["chosen"]].groupby(CELL_KEYS, sort=False)
    swept = scores[~scores["method"].isin(REFERENCES)]
    fixed = swept.groupby([*CELL_KEYS, "n_states"], sort=False)
    rows = [merge(cell, "chosen") for _, cell in chosen]
    rows += [merge(cell, "fixed") for _, cell in fixed]
    return pd.DataFrame(rows)[COMPARISON_COLUMNS]


def _merge(
    cell: pd.DataFrame, selection: str, *, failures: pd.DataFrame, level: float, seed: int
) -> dict[Hashable, Any]:
    worked = cell[cell["score"] != FIT]
    sizes = cell["n_states"].sort_values()
    row: dict[Hashable, Any] = cell.iloc[0][CELL_KEYS].to_dict() | {
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


def _status(row: pd.Series, selection: str, failures: pd.DataFrame, *, n_worked: int) -> str:
    """Return `ok`, or how many seeds of this method have no number here, and why the first."""
    keys = [*RUN_KEYS, "method", "n_states" if selection == "fixed" else "chosen"]
    failed = failures[(failures[keys] == row[keys]).all(axis=1)]
    if failed.empty:
        return "ok"
    reason = failed["status"].iloc[0]
    return f"{len(failed)} of {len(failed) + n_worked} seeds {reason}"


def _two_way(replicates: Sequence[Sequence[float]], level: float, seed: int) -> tuple[float, float]:
    """Return the interval of the mean over drawn seeds, resample b being the same in all."""
    table = np.asarray(replicates, dtype=np.float64)  # (seeds, B)
    n_seeds, n_resamples = table.shape
    drawn = np.random.default_rng(seed).integers(n_seeds, size=(n_resamples, n_seeds))
    return interval(table[drawn, np.arange(n_resamples)[:, None]].mean(axis=1), level)


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
    for _, cell in run[run["score"] == FIT].iterrows():
        row.setdefault(cell["method"], "failed")
    return row


def _digest_cell(cell: pd.Series) -> str:
    low, high = cell["n_states_low"], cell["n_states_high"]
    states = f"{low}" if low == high else f"{low}-{high}"
    return f"{cell['value']:.3f} [{cell['low']:.3f}, {cell['high']:.3f}] K={states}"


def words_digest(comparison: pd.DataFrame) -> str:
    """Return, as markdown, the least error on words of each method and the states it takes.

    A row a network of the arena, each method in the column of its name; empty without the arena.
    The number of states is the one with the least error on the test words, as the competition's
    figures are, so that this is a bound on each method and no estimate of what it would choose.
    """
    wanted = comparison["score"].isin(WORD_SCORES) & (comparison["mode"] == DIGEST_MODE)
    cells = comparison[wanted & (comparison["selection"] == "fixed")].dropna(subset="value")
    if cells.empty:
        return ""
    rows = [_words_row(run) for _, run in cells.groupby(["task", "model"], sort=False)]
    return "Least error on whole words, at the number of states K:\n\n" + to_markdown(
        pd.DataFrame(rows)
    )


def _words_row(run: pd.DataFrame) -> dict[str, str]:
    row = {name: run.iloc[0][name] for name in ("task", "model", "score")}
    for method, cells in run.groupby("method", sort=False):
        best = cells.sort_values(["value", "n_states"]).iloc[0]
        row[str(method)] = f"{best['value']:.2g} K={best['n_states']}"
    return row


def to_markdown(table: pd.DataFrame) -> str:
    """Return a table as GitHub markdown, empty cells as a dash."""
    header = [str(name) for name in table.columns]
    lines = [header, ["---"] * len(header)]
    lines += [["–" if pd.isna(cell) else str(cell) for cell in row] for row in table.to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
