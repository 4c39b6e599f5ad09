"""The table of a study: a row for each fit that was tried, kept or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from markovlens.abstractions.base import Fitted
from markovlens.status import Status
from markovlens.tables.fits import SWEEP_RUN


def sweep_table(
    fits: Mapping[int, Fitted],
    failures: Mapping[int, str],
    others: Mapping[int, str],
    chosen: int | None,
) -> pd.DataFrame:
    """Return one row a fit; `others` are budgets whose machine was not kept, with the reason.

    Where no machine was made or kept `n_states` is the budget that was asked for.
    """
    rows: list[dict[str, Any]] = []
    for size, fitted in fits.items():
        rows += fitted.rows or [{"n_states": size, "status": Status.OK, "reason": ""}]
    for status, reasons in ((Status.FAILED, failures), (Status.DUPLICATE, others)):
        rows += [
            {"n_states": size, "status": status, "reason": why} for size, why in reasons.items()
        ]
    table = pd.DataFrame(rows).reindex(columns=SWEEP_RUN.names)
    known = SWEEP_RUN.columns
    numbers = [each.name for each in known if each.nullable and each.kind.endswith("number")]
    sizes = ["n_lumped", "n_states_low", "n_states_high"]
    table = table.astype(dict.fromkeys(numbers, float) | dict.fromkeys(sizes, "Int64"))
    made = ~table["status"].isin([Status.FAILED, Status.DUPLICATE])
    table["chosen"] = (table["n_states"] == chosen) & made
    return table
