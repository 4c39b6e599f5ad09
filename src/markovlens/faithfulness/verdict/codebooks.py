"""The table of the codebooks by which networks that read rows are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.codebooks.storage import codebook_from_dict
from markovlens.faithfulness.scores.exactness import CONSISTENCY
from markovlens.files.runs import Run
from markovlens.files.whole import naming, read_json, read_table
from markovlens.tables.fits import CODEBOOKS

BETWEEN = "; "  # rules of one codebook, and the shares of their rows


def codebook_table(runs: Sequence[Run], methods: Sequence[str]) -> pd.DataFrame:
    """Return a row for each network that reads rows and each codebook that was tried on it.

    All methods read a network by the same codebook, so that the files of one of them have it.
    """
    rows = [row for run in runs for row in _rows_of(run, methods[0])]
    whole = dict.fromkeys(CODEBOOKS.whole, "Int64")
    return pd.DataFrame(rows).reindex(columns=CODEBOOKS.names).astype(whole)


def _rows_of(run: Run, method: str) -> Iterator[dict[str, Any]]:
    path = Path(run.study(method), "machines.json")
    plain = read_json(path)
    with naming(path):
        place = {"task": run.task, "model": run.model, "layer": run.layer, "seed": run.seed}
        for tried in plain.get("codebooks", ()):
            row = place | tried
            if tried["chosen"]:
                row["rules"] = BETWEEN.join(codebook_from_dict(plain["codebook"]).names)
                row |= _asked(run)
            yield row


def _asked(run: Run) -> dict[str, Any]:
    """Return what the network was asked about the codes; nothing where it makes no decisions."""
    codes = read_json(run.verdict)["verdict"].get("codes", ())
    probes = read_table(run.probes)
    score = probes[probes["score"] == CONSISTENCY]
    found: dict[str, Any] = {}
    if codes:
        found["shares"] = BETWEEN.join(f"{code['share']:.3f}" for code in codes)
    if len(score):
        names = {"value": CONSISTENCY, "low": "consistency_low", "high": "consistency_high"}
        found |= {names[key]: score.iloc[0][key] for key in names}
    return found
