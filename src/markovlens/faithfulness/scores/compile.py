"""The table of a whole benchmark: scores of all networks, merged over seeds."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from markovlens.faithfulness.scores.evaluate import (
    FIT,
    LUMPED,
    OF_CHOICE,
    RARE,
    RARE_JOIN,
    REFERENCES,
)
from markovlens.faithfulness.scores.hardness import CARRIES, HARD_SIZE, N_LUMPED
from markovlens.faithfulness.scores.seeds import numbers_of
from markovlens.machines.machine import BELIEF, STATE
from markovlens.status import Status, of_seeds
from markovlens.tables.scores import COMPARISON

RUN_KEYS = ["task", "model", "layer"]
METHOD_KEYS = [*RUN_KEYS, "method"]
CELL_KEYS = [*METHOD_KEYS, "mode", "score"]
SIZES = ["n_states", "n_states_low", "n_states_high"]
Why = tuple[str, str]  # status and reason
NO_MACHINE = "there is no machine of this size, or the score means nothing for it"


def compare(scores: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return the comparison table: one row a score, seeds merged.

    Rows with selection `chosen` have each seed's own chosen number of states (`n_states` is the
    median, with the range beside it); rows with `fixed` have that number in every seed, and the
    scores that every size has: those of `OF_CHOICE` and of lumped machines are under `chosen`
    alone. Within a selection no (task, model, layer, method, mode, score) and, if fixed, size has
    two rows. A method that no seed could fit has the one score `fit`, without a value, and under
    `chosen` without a size.

    Intervals are for seeds and sequences that were not run (`intervals.merge`). All networks of a
    task read the same test sequences: what these have in common does not average away over seeds.

    Args:
        scores: rows of `evaluate` with the columns task, model, layer, seed and gate added.
        level: coverage of the intervals.
    """
    fits, made = scores[scores["score"] == FIT], scores[scores["score"] != FIT]
    of_choice = made["score"].isin(OF_CHOICE) | (made["mode"] == LUMPED)
    swept = made[~made["method"].isin(REFERENCES) & ~of_choice]
    chosen = made[made["chosen"]]
    tried = scores.groupby(METHOD_KEYS, sort=False)["seed"].unique().rename("tried")
    merge = partial(_merge_selection, tried=tried, level=level)
    parts = [
        merge(chosen, _without(fits, chosen, [*METHOD_KEYS, "seed"]), size=[]),
        merge(swept, fits, size=["n_states"]),
    ]
    # What no seed has a machine for has no size; those that were tried are under `fixed`.
    parts[0].loc[parts[0]["score"] == FIT, SIZES] = pd.NA
    parts[1].loc[:, N_LUMPED] = pd.NA  # only chosen machines are lumped
    for part, selection in zip(parts, ("chosen", "fixed"), strict=True):
        part["selection"] = selection
    return pd.concat(parts, ignore_index=True)[COMPARISON.names]


def merge_chosen(rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return scores of chosen machines that no fixed size has, seeds merged, without their nature.

    Args:
        rows: as for `compare`; of machines that there are.
        level: coverage of the intervals.
    """
    rows = rows.assign(**{CARRIES: None, HARD_SIZE: np.nan, N_LUMPED: np.nan})
    tried = rows.groupby(METHOD_KEYS, sort=False)["seed"].unique().rename("tried")
    return _merge_selection(rows, rows[:0], size=[], tried=tried, level=level)


def _merge_selection(
    rows: pd.DataFrame, lost: pd.DataFrame, *, size: list[str], tried: pd.Series, level: float
) -> pd.DataFrame:
    """Return the merged rows of one selection, each with how many seeds have no number, and why.

    Args:
        rows: of machines that there are.
        lost: fits of which there is no machine: rows of their own only where no seed has one.
        size: what beside the method's names makes a machine another one.
        tried: seeds in which each method was tried.
        level: coverage of the intervals.
    """
    keys = [*METHOD_KEYS, *size]
    alone = _without(lost, rows, keys).drop_duplicates([*keys, "seed"])
    both = pd.concat([part for part in (rows, alone) if len(part)])
    merged = _merge_all(both, [*CELL_KEYS, *size], level=level)
    merged = merged.join(tried, on=METHOD_KEYS).astype(dict.fromkeys(SIZES, "Int64"))
    merged["n_missing"] = merged["tried"].map(len) - merged["n_seeds"]
    merged[["status", "reason"]] = _statuses(merged, lost, keys)
    merged["reason"] = [
        "; ".join(filter(None, each))
        for each in zip(merged["reason"], merged["notes"], strict=True)
    ]
    return merged


def _without(rows: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the rows whose `keys` no other row has."""
    known = pd.MultiIndex.from_frame(others[keys])
    return rows[~pd.MultiIndex.from_frame(rows[keys]).isin(known)]


def _merge_all(rows: pd.DataFrame, keys: list[str], *, level: float) -> pd.DataFrame:
    """Return one row for each cell (rows equal in `keys`), in the order in which cells are met.

    `whys` has a key for each seed: status and reason of its row, None of one with a value.
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
    merged["whys"] = _whys(rows, worked, cell, len(merged))
    merged["notes"] = _notes(rows, worked, begin)
    merged[CARRIES] = _carried_in_any(rows[CARRIES], begin)
    for size in (HARD_SIZE, N_LUMPED):
        merged[size] = _medians(rows[size].to_numpy(np.float64), cell, begin)
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


def _notes(rows: pd.DataFrame, worked: np.ndarray, begin: np.ndarray) -> list[str]:
    """Return for each cell what was left out of its scores, whose rows stand together."""
    told = rows["reason"].where(worked, "").fillna("").to_numpy()
    if not told.any():
        return [""] * len(begin)
    return ["; ".join(filter(None, dict.fromkeys(each))) for each in np.split(told, begin[1:])]


def _whys(rows: pd.DataFrame, worked: np.ndarray, cell: np.ndarray, n_cells: int) -> pd.Series:
    """Return for each cell why a seed has no number, None where it has one, by seed."""
    found: list[dict[int, Why | None]] = [{} for _ in range(n_cells)]
    told = zip(rows["status"], rows["reason"], strict=True)
    for index, seed, has_value, why in zip(cell, rows["seed"], worked, told, strict=True):
        found[index][seed] = None if has_value else why
    return pd.Series(found, dtype=object)


def _statuses(merged: pd.DataFrame, lost: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return status and reason of each row: how many of the seeds that were tried have no number.

    Args:
        merged: rows of `_merge_all` with the seeds that were `tried`.
        lost: fits of which there is no machine.
        keys: what a fit and a row must share for the fit to be why.
    """
    failed = lost.drop_duplicates([*keys, "seed"]).set_index([*keys, "seed"])["reason"].to_dict()
    found = []
    for row in merged.to_dict("records"):
        place = tuple(row[key] for key in keys)
        whys = (row["whys"].get(seed, _of_fit(failed.get((*place, seed)))) for seed in row["tried"])
        found.append(of_seeds([why for why in whys if why is not None], len(row["tried"])))
    return pd.DataFrame(found, index=merged.index)


def _of_fit(reason: str | None) -> Why:
    """Return why a seed has no row: its fit failed, or there was nothing to score."""
    return (Status.SKIPPED, NO_MACHINE) if reason is None else (Status.FAILED, reason)
