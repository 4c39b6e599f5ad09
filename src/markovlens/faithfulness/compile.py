"""The tables of a whole benchmark: scores of all networks, merged over seeds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.evaluate import FIT, OF_CHOICE, REFERENCES
from markovlens.status import Scope, Status, of_seeds

RUN_KEYS = ["task", "model", "layer"]
METHOD_KEYS = [*RUN_KEYS, "method"]
CELL_KEYS = [*METHOD_KEYS, "mode", "score"]
SIZES = ["n_states", "n_states_low", "n_states_high"]
COMPARISON_COLUMNS = [
    *METHOD_KEYS, *SIZES, "selection", "mode", "score", "value", "low", "high", "n_sequences",
    "n_seeds", "n_missing", "gate", "status", "reason",
]  # fmt: skip
DIGEST_MODE = "closed"
DIGEST_FRONT = ("task", "network", "accuracy", "unit", "verdict")
METHODS_A_PART = 6
NO_MACHINE = "there is no machine of this size, or the score means nothing for it"
CELLS_AT_A_TIME = 1000  # bounds the memory of the resamples
WORD_SCORES = ("word_error", "word_probability_mse")


def compare(scores: pd.DataFrame, *, level: float, seed: int) -> pd.DataFrame:
    """Return the comparison table: one row a score, seeds merged.

    Rows with selection `chosen` have each seed's own chosen number of states (`n_states` is the
    median, with the range beside it); rows with `fixed` have that number in every seed, and the
    scores that every size has: those of `OF_CHOICE` are under `chosen` alone. Within a selection
    no (task, model, layer, method, mode, score) and, if fixed, size has two rows. A method that no
    seed could fit has the one score `fit`, without a value, and under `chosen` without a size.

    Intervals come from a two-way bootstrap: seeds are drawn, and sequences are drawn once for all
    of them. All networks of a task read the same test sequences, so drawing anew within each seed
    would average away what the sequences have in common, and the interval would be too narrow.

    Args:
        scores: rows of `evaluate` with the columns task, model, layer, seed and gate added.
        level: coverage of the intervals.
        seed: of the resampling of seeds; the same draw for every row keeps rows paired.
    """
    fits, made = scores[scores["score"] == FIT], scores[scores["score"] != FIT]
    swept = made[~made["method"].isin(REFERENCES) & ~made["score"].isin(OF_CHOICE)]
    chosen = made[made["chosen"]]
    tried = scores.groupby(METHOD_KEYS, sort=False)["seed"].nunique().rename("n_tried")
    merge = partial(_merge_selection, tried=tried, level=level, seed=seed)
    parts = [
        merge(chosen, _without(fits, chosen, [*METHOD_KEYS, "seed"]), size=[]),
        merge(swept, fits, size=["n_states"]),
    ]
    # What no seed has a machine for has no size; those that were tried are under `fixed`.
    parts[0].loc[parts[0]["score"] == FIT, SIZES] = pd.NA
    for part, selection in zip(parts, ("chosen", "fixed"), strict=True):
        part["selection"] = selection
    return pd.concat(parts, ignore_index=True)[COMPARISON_COLUMNS]


def _merge_selection(
    rows: pd.DataFrame,
    lost: pd.DataFrame,
    *,
    size: list[str],
    tried: pd.Series,
    level: float,
    seed: int,
) -> pd.DataFrame:
    """Return the merged rows of one selection, each with how many seeds have no number, and why.

    Args:
        rows: of machines that there are.
        lost: fits of which there is no machine: rows of their own only where no seed has one.
        size: what beside the method's names makes a machine another one.
        tried: number of seeds in which each method was tried.
        level: coverage of the intervals.
        seed: of the resampling.
    """
    keys = [*METHOD_KEYS, *size]
    alone = _without(lost, rows, keys).drop_duplicates([*keys, "seed"])
    both = pd.concat([part for part in (rows, alone) if len(part)])
    merged = _merge_all(both, [*CELL_KEYS, *size], level=level, seed=seed)
    merged = merged.join(tried, on=METHOD_KEYS).astype(dict.fromkeys(SIZES, "Int64"))
    merged["n_missing"] = merged["n_tried"] - merged["n_seeds"]
    merged[["status", "reason"]] = _statuses(merged, lost, keys)
    return merged


def _without(rows: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows whose `keys` no other row has."""
    known = pd.MultiIndex.from_frame(others[keys])
    return rows[~pd.MultiIndex.from_frame(rows[keys]).isin(known)]


def _merge_all(rows: pd.DataFrame, keys: list[str], *, level: float, seed: int) -> pd.DataFrame:
    """Return one row for each cell (rows equal in `keys`), in the order in which cells are met.

    `why` is status and reason of the first row without a value.
    """
    cell = rows.groupby(keys, sort=False).ngroup().to_numpy()
    rows = rows.iloc[np.argsort(cell, kind="stable")]
    cell = np.sort(cell)
    begin = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    merged = rows.iloc[begin][CELL_KEYS].reset_index(drop=True)
    sizes = rows["n_states"].to_numpy()
    sizes = sizes[np.lexsort((sizes, cell))]  # ascending within each cell
    n_rows = np.diff(np.r_[begin, len(rows)])
    merged["n_states"] = sizes[begin + n_rows // 2]
    merged["n_states_low"] = sizes[begin]
    merged["n_states_high"] = sizes[begin + n_rows - 1]
    passed = np.minimum.reduceat((rows["gate"] == "passed").to_numpy(), begin)
    merged["gate"] = np.where(passed, "passed", "under-trained")
    worked = rows["value"].notna().to_numpy()
    merged["n_seeds"] = np.add.reduceat(worked, begin, dtype=int)
    counted = np.where(worked, rows["n_sequences"], 0)
    merged["n_sequences"] = np.maximum.reduceat(counted, begin)
    why = pd.Series(list(zip(rows["status"], rows["reason"], strict=True))).where(~worked)
    merged["why"] = why.groupby(cell, sort=False).first().to_numpy()
    numbers = _numbers(rows[worked], cell[worked], len(merged), level=level, seed=seed)
    return pd.concat([merged, numbers], axis=1)


def _numbers(
    rows: pd.DataFrame, cell: np.ndarray, n_cells: int, *, level: float, seed: int
) -> pd.DataFrame:
    """Return value, low and high of each cell from its rows, which stand together."""
    out = np.full((n_cells, 3), np.nan)
    names, begin, n_seeds = np.unique(cell, return_index=True, return_counts=True)
    values = rows["value"].to_numpy(dtype=np.float64)
    replicates = rows["replicates"].to_numpy()
    for size in np.unique(n_seeds):
        same = np.flatnonzero(n_seeds == size)
        for some in np.array_split(same, -(-len(same) // CELLS_AT_A_TIME)):
            index = begin[some][:, None] + np.arange(size)
            table = np.array([np.stack(list(replicates[row])) for row in index], np.float64)
            out[names[some], 0] = values[index].mean(axis=1)
            out[names[some], 1:] = two_way_all(table, level, seed)
    return pd.DataFrame(out, columns=["value", "low", "high"])


def two_way(replicates: Sequence[Sequence[float]], level: float, seed: int) -> tuple[float, float]:
    """Return the interval of the mean over drawn seeds of replicates (seeds, B)."""
    low, high = two_way_all(np.asarray(replicates, dtype=np.float64)[None], level, seed)[0]
    return float(low), float(high)


def two_way_all(table: np.ndarray, level: float, seed: int) -> np.ndarray:
    """Return the intervals (M, 2) of the means over drawn seeds of replicates (M, seeds, B).

    Resample b is the same in all seeds and for all cells.
    """
    _, n_seeds, n_resamples = table.shape
    drawn = np.random.default_rng(seed).integers(n_seeds, size=(n_resamples, n_seeds))
    means = table[:, drawn, np.arange(n_resamples)[:, None]].mean(axis=2)
    tail = (1 - level) / 2
    return np.quantile(means, [tail, 1 - tail], axis=1).T


def _statuses(merged: pd.DataFrame, lost: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return status and reason of each row: how many of the seeds that were tried have no number.

    Args:
        merged: rows of `_merge_all` with `n_tried` and `n_missing` seeds.
        lost: fits of which there is no machine.
        keys: what a fit and a row must share for the fit to be why.
    """
    failed = lost.drop_duplicates(keys).set_index(keys)["reason"].to_dict()
    found = []
    for row in merged.to_dict("records"):
        reason = failed.get(tuple(row[key] for key in keys))
        other = (Status.SKIPPED, NO_MACHINE) if reason is None else (Status.FAILED, reason)
        found.append(of_seeds([row["why"] or other] * row["n_missing"], row["n_tried"]))
    return pd.DataFrame(found, index=merged.index)


def digest(comparison: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the table for reading: a row a network, closed-loop balanced fidelity of each method.

    The fidelity is per string where sequences end in a decision, else per step; beside it the
    number of states each method chose.

    Args:
        comparison: the table of `compare`.
        verdicts: the table of `verdict_table`, for a column of what the network is.
    """
    chosen = comparison[comparison["selection"] == "chosen"]
    said = {} if verdicts is None else _said(verdicts)
    rows = [
        _digest_row(run, said.get(place))
        for place, run in chosen.groupby(["task", "model"], sort=False)
    ]
    return pd.DataFrame(rows)


def in_parts(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the digest in tables of at most `METHODS_A_PART` methods, which fit on a page."""
    front = [name for name in DIGEST_FRONT if name in table.columns]
    methods = [name for name in table.columns if name not in front]
    begins = range(0, len(methods), METHODS_A_PART)
    return [table[[*front, *methods[begin : begin + METHODS_A_PART]]] for begin in begins]


def _said(verdicts: pd.DataFrame) -> dict[Hashable, str]:
    """Return in a few words what each (task, model) is, over its seeds."""
    seeds = verdicts[verdicts["scope"] == Scope.SEED]
    methods = seeds.groupby(["task", "model"], sort=False)["method"].unique().to_dict()
    return {
        (row.task, row.model): _in_words(row, methods[row.task, row.model])
        for row in verdicts[verdicts["scope"] == Scope.NETWORK].itertuples()
    }


def _in_words(row: Any, methods: Sequence[str]) -> str:
    """Return the verdict on a network, with the methods by whose machines its seeds have it."""
    if row.verdict != "finite-state":
        return "refused" if row.verdict.startswith("not") else "no machine"
    if pd.isna(row.n_states):
        return "finite, seeds differ"
    length = row.counterexample_length
    but = "" if pd.isna(length) else f", but not on a string of {length}"
    return f"{row.n_states} states ({', '.join(methods)}){but}"


def _digest_row(run: pd.DataFrame, verdict: str | None) -> dict[str, str]:
    task, model = run.iloc[0][["task", "model"]]
    unit = "string" if (run["score"] == "fidelity_string").any() else "step"
    network = run[(run["method"] == "network") & (run["score"] == f"accuracy_{unit}")].iloc[0]
    row = {
        "task": task,
        "network": f"{model}{'' if network['gate'] == 'passed' else ' (under-trained)'}",
        "accuracy": f"{network['value']:.3f}",
        "unit": unit,
    }
    if verdict is not None:
        row["verdict"] = verdict
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
