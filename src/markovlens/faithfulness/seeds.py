"""Scores of single networks merged over the seeds they were trained from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.compile import two_way

SIZES = ("n_states_low", "n_states_high")  # of a method's own choice in each seed
BESIDE = ("control", "control_high", "random")  # averaged like the value where a table has them


def merge_seeds(
    rows: pd.DataFrame, keys: Sequence[str], *, level: float, seed: int
) -> pd.DataFrame:
    """Return one row for each combination of `keys`, in the order in which they are met.

    `value` and what stands beside it are means over seeds; the interval is that of the two-way
    bootstrap (see `compile.two_way`). Rows whose value is missing count in `n_missing` only.

    Args:
        rows: with `keys`, seed, value, replicates and n_windows; n_states if there are any.
        keys: what is kept apart.
        level: coverage of the intervals.
        seed: of the resampling of seeds.
    """
    cells = rows.groupby(list(keys), sort=False, dropna=False)
    merged = [dict(zip(keys, key, strict=True)) | _merged(cell, level, seed) for key, cell in cells]
    table = pd.DataFrame(merged)
    return table.astype({name: "Int64" for name in SIZES if name in table})


def _merged(cell: pd.DataFrame, level: float, seed: int) -> dict[str, Any]:
    known = cell[cell["value"].notna()]
    row: dict[str, Any] = {"value": np.nan, "low": np.nan, "high": np.nan}
    if len(known):
        replicates = [list(each) for each in known["replicates"]]
        low, high = two_way(replicates, level, seed)
        row = {"value": float(known["value"].mean()), "low": low, "high": high}
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
