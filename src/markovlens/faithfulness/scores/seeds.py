"""Scores of single networks merged over the seeds they were trained from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.scores.intervals import Seeds, merge

SIZES = ("n_states_low", "n_states_high")  # of a method's own choice in each seed
BESIDE = ("control", "control_high", "random")  # averaged like the value where a table has them
NUMBERS = ["value", "low", "high", "error"]
CELLS_AT_A_TIME = 1000  # bounds the memory of the resamples


def numbers_of(rows: pd.DataFrame, cell: np.ndarray, n_cells: int, *, level: float) -> pd.DataFrame:
    """Return value, interval and standard error of each cell from its seeds; NaN without any.

    Args:
        rows: with the columns of `Score.columns`, those of a cell together.
        cell: int (rows,), the cell of each, ascending.
        n_cells: how many there are.
        level: coverage of the intervals.
    """
    out = np.full((n_cells, len(NUMBERS)), np.nan)
    names, begin, n_seeds = np.unique(cell, return_index=True, return_counts=True)
    scale = rows["scale"].to_numpy()[begin]
    for size, name in dict.fromkeys(zip(n_seeds.tolist(), scale.tolist(), strict=True)):
        same = np.flatnonzero((n_seeds == size) & (scale == name))
        for some in np.array_split(same, -(-len(same) // CELLS_AT_A_TIME)):
            index = begin[some][:, None] + np.arange(size)
            seeds = _seeds(rows, index)
            out[names[some], 0] = seeds.values.mean(axis=1)
            out[names[some], 1:] = merge(seeds, scale=name, level=level)
    return pd.DataFrame(out, columns=NUMBERS)


def _seeds(rows: pd.DataFrame, index: np.ndarray) -> Seeds:
    """Return the scores in the rows at `index` (M, n)."""
    replicates = rows["replicates"].to_numpy()
    numbers = (rows[name].to_numpy(np.float64)[index] for name in ("value", "spread", "freedom"))
    values, spread, freedom = numbers
    table = np.array([np.stack(list(replicates[row])) for row in index], np.float64)
    return Seeds(values, table, spread, freedom)


def numbers_in(rows: pd.DataFrame, *, level: float) -> dict[str, float]:
    """Return value, low and high of one cell, see `numbers_of`."""
    found = numbers_of(rows, np.zeros(len(rows), dtype=int), 1, level=level)
    return {name: float(found[name].iloc[0]) for name in ("value", "low", "high")}


def merge_seeds(rows: pd.DataFrame, keys: Sequence[str], *, level: float) -> pd.DataFrame:
    """Return one row for each combination of `keys`, in the order in which they are met.

    `value` and what stands beside it are means over seeds; the interval is for seeds and sequences
    not seen (see `intervals.merge`). Rows whose value is missing count in `n_missing` only.

    Args:
        rows: with `keys`, seed, the columns of `Score.columns` and n_windows; n_states if there
            are any.
        keys: what is kept apart.
        level: coverage of the intervals.
    """
    cells = rows.groupby(list(keys), sort=False, dropna=False)
    merged = [dict(zip(keys, key, strict=True)) | _merged(cell, level) for key, cell in cells]
    table = pd.DataFrame(merged)
    return table.astype({name: "Int64" for name in SIZES if name in table})


def _merged(cell: pd.DataFrame, level: float) -> dict[str, Any]:
    known = cell[cell["value"].notna()]
    row: dict[str, Any] = dict(numbers_in(known, level=level))
    row |= {name: float(known[name].mean()) for name in BESIDE if name in cell}
    if "n_states" in cell:
        sizes = known["n_states"].dropna()
        row |= {
            "n_states_low": int(sizes.min()) if len(sizes) else pd.NA,
            "n_states_high": int(sizes.max()) if len(sizes) else pd.NA,
        }
    return row | {
        "n_windows": int(cell["n_windows"].max()),
        "n_seeds": len(known),
        "n_missing": len(cell) - len(known),
    }
