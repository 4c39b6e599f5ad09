"""The tables of a whole benchmark: scores of all networks, merged over seeds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.evaluate import EXPLAINED, FIT, RARE, RARE_JOIN, REFERENCES
from markovlens.faithfulness.hardness import CARRIES, HARD_SIZE
from markovlens.faithfulness.seeds import numbers_of
from markovlens.machine import BELIEF, STATE

RUN_KEYS = ["task", "model", "layer"]
CELL_KEYS = [*RUN_KEYS, "method", "mode", "score"]
COMPARISON_COLUMNS = [
    *RUN_KEYS, "method", "n_states", "n_states_low", "n_states_high", "selection", "mode", "score",
    "value", "low", "high", "error", "n_sequences", "n_seeds", "rare_classes", "carries",
    "n_states_hard", "gate", "status",
]  # fmt: skip
DIGEST_MODE = "closed"
DIGEST_FRONT = ("task", "network", "accuracy", "measure", "verdict")
DIGEST_NOTE = (
    "In square brackets the interval over sequences and seeds; K: states. A star: the machine "
    "carries a belief, K probabilities, and is no automaton of K states; that of its most likely "
    "moves has the states in round brackets."
)
METHODS_A_PART = 6
WORD_SCORES = ("word_error", "word_probability_mse")


def compare(scores: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return the comparison table: one row a score, seeds merged.

    Rows with selection `chosen` have each seed's own chosen number of states (`n_states` is the
    median, with the range beside it); rows with `fixed` have that number in every seed.

    Intervals are for seeds and sequences that were not run (`intervals.merge`). All networks of a
    task read the same test sequences: what these have in common does not average away over seeds.

    Args:
        scores: rows of `evaluate` with the columns task, model, layer, seed and gate added.
        level: coverage of the intervals.
    """
    swept = scores[~scores["method"].isin(REFERENCES)]
    parts = [
        _merge_all(scores[scores["chosen"]], CELL_KEYS, level=level),
        _merge_all(swept, [*CELL_KEYS, "n_states"], level=level),
    ]
    failures = scores[scores["score"] == FIT]
    for part, selection in zip(parts, ("chosen", "fixed"), strict=True):
        part["selection"] = selection
        part["status"] = _statuses(part, failures, selection)
    return pd.concat(parts, ignore_index=True)[COMPARISON_COLUMNS]


def _merge_all(rows: pd.DataFrame, keys: list[str], *, level: float) -> pd.DataFrame:
    """Return one row for each cell (rows equal in `keys`), in the order in which cells are met."""
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
    worked = ((rows["score"] != FIT) & rows["value"].notna()).to_numpy()
    merged["n_seeds"] = np.add.reduceat(worked, begin, dtype=int)
    counted = np.where(worked, rows["n_sequences"], 0)
    merged["n_sequences"] = np.maximum.reduceat(counted, begin)
    merged["n_missing"] = n_rows - merged["n_seeds"]
    reasons = pd.Series(rows["status"].where(~worked).to_numpy()).groupby(cell, sort=False).first()
    merged["reason"] = reasons.to_numpy()
    merged[CARRIES] = _carried_in_any(rows[CARRIES], begin)
    merged[HARD_SIZE] = _medians(rows[HARD_SIZE].to_numpy(np.float64), cell, begin)
    merged[RARE] = _rare_in_any(rows[RARE].to_numpy(), begin)
    numbers = numbers_of(rows[worked], cell[worked], len(merged), level=level)
    return pd.concat([merged, numbers], axis=1)


def _carried_in_any(carries: pd.Series, begin: np.ndarray) -> np.ndarray:
    """Return what each cell's machines carry: a belief if one does; None of what is no machine."""
    said = np.full(len(begin), None, dtype=object)
    for what in (STATE, BELIEF):  # the last to be found stays
        said[np.maximum.reduceat((carries == what).to_numpy(dtype=bool), begin)] = what
    return said


def _medians(sizes: np.ndarray, cell: np.ndarray, begin: np.ndarray) -> pd.Series:
    """Return the upper median of each cell's known sizes, as `n_states` is of all."""
    known = np.add.reduceat(np.isfinite(sizes), begin, dtype=int)
    ascending = sizes[np.lexsort((sizes, cell))]  # what is not known comes last
    found = ascending[begin + known // 2]
    return pd.Series(np.where(known > 0, found, np.nan)).astype("Int64")


def _rare_in_any(rare: np.ndarray, begin: np.ndarray) -> list[str | None]:
    """Return for each cell the classes that are rare in one of its rows, which stand together."""
    if pd.isna(rare).all():
        return [None] * len(begin)
    said = np.where(pd.isna(rare), "", rare)
    cells = np.split(said, begin[1:])
    names = [dict.fromkeys(RARE_JOIN.join(cell).split(RARE_JOIN)) for cell in cells]
    return [RARE_JOIN.join(filter(None, one)) or None for one in names]


def _statuses(merged: pd.DataFrame, failures: pd.DataFrame, selection: str) -> list[str]:
    """Return `ok`, or how many seeds of a method have no number here, and why the first."""
    keys = [*RUN_KEYS, "method", "n_states" if selection == "fixed" else "chosen"]
    failed: dict[Hashable, list[str]] = {}
    for *place, status in failures[[*keys, "status"]].itertuples(index=False, name=None):
        failed.setdefault(tuple(place), []).append(status)
    cells = merged.assign(chosen=True)[[*keys, "score", "n_seeds", "n_missing", "reason"]]
    statuses = []
    for *place, score, n_seeds, n_missing, reason in cells.itertuples(index=False, name=None):
        whys = failed.get(tuple(place), [])
        if n_missing and score != FIT:
            whys = [reason] * n_missing
        n_all = len(whys) + n_seeds
        statuses.append(f"{len(whys)} of {n_all} seeds {whys[0]}" if whys else "ok")
    return statuses


def digest(comparison: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the table for reading: a row a network, closed-loop fidelity of each method.

    The `measure` is the explained divergence of networks that predict what comes next, else the
    balanced agreement, per string where sequences end in a decision. Beside it the number of states
    each method chose, with a star where its machine carries a belief (`DIGEST_NOTE`).

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
    merged = verdicts[verdicts["seed"] == "merged"]
    places = zip(merged["task"], merged["model"], strict=True)
    return dict(zip(places, map(_in_words, merged.itertuples()), strict=True))


def _in_words(row: Any) -> str:
    if row.verdict != "finite-state":
        return "refused" if row.verdict.startswith("not") else "no machine"
    return "finite, seeds differ" if pd.isna(row.n_states) else f"{row.n_states} states"


def _digest_row(run: pd.DataFrame, verdict: str | None) -> dict[str, str]:
    task, model = run.iloc[0][["task", "model"]]
    unit = "string" if (run["score"] == "fidelity_string").any() else "step"
    predicts = (run["score"] == EXPLAINED).any()
    score = EXPLAINED if predicts else f"balanced_fidelity_{unit}"
    network = run[(run["method"] == "network") & (run["score"] == f"accuracy_{unit}")].iloc[0]
    row = {
        "task": task,
        "network": f"{model}{'' if network['gate'] == 'passed' else ' (under-trained)'}",
        "accuracy": f"{network['value']:.3f}",
        "measure": "explained divergence" if predicts else f"balanced agreement per {unit}",
    }
    if verdict is not None:
        row["verdict"] = verdict
    wanted = run[(run["mode"] == DIGEST_MODE) & (run["score"] == score)]
    for _, cell in wanted.iterrows():
        row[cell["method"]] = _digest_cell(cell)
    for _, cell in run[run["score"] == FIT].iterrows():
        row.setdefault(cell["method"], "failed")
    return row


def _digest_cell(cell: pd.Series) -> str:
    low, high = cell["n_states_low"], cell["n_states_high"]
    states = f"{low}" if low == high else f"{low}-{high}"
    if cell[CARRIES] == BELIEF:
        hard = cell[HARD_SIZE]
        states += "*" if pd.isna(hard) else f"* ({hard})"
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
