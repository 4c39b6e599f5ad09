"""The verdicts and counterexamples of all networks as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from markovlens.faithfulness.verdict import FINITE
from markovlens.files import naming, read_json
from markovlens.runs import Run

MERGED = "merged"
PLACE = ["task", "model", "seed"]
VERDICT_COLUMNS = [
    *PLACE, "verdict", "n_states", "budget", "method", "carries", "fidelity", "fidelity_low",
    "fidelity_high", "fidelity_long", "fidelity_long_low", "fidelity_long_high",
    "tests_to_disagreement", "counterexample_length", "counterexample", "evidence",
]  # fmt: skip
COUNTEREXAMPLE_COLUMNS = [
    *PLACE, "method", "n_states", "status", "n_tests", "n_queries", "tests_to_disagreement",
    "first_random", "first_mutation", "first_coverage", "rate_random", "rate_mutation",
    "rate_coverage", "counterexample_length", "counterexample", "epsilon",
]  # fmt: skip


def verdict_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return a row a network (seed), and after those of each (task, model) the `merged` one.

    Merged, a (task, model) is finite-state if all its seeds are; `n_states` is then their number of
    states where all agree, else empty, and the evidence names the counts.
    """
    rows = [_verdict_row(run) for run in runs]
    table: list[dict[str, Any]] = []
    for place in dict.fromkeys((run.task, run.model) for run in runs):
        mine = [row for row in rows if (row["task"], row["model"]) == place]
        table += [*mine, _merged(mine)]
    # Whole numbers beside empty cells stay whole numbers.
    whole = ["n_states", "budget", "tests_to_disagreement", "counterexample_length"]
    return (
        pd.DataFrame(table).reindex(columns=VERDICT_COLUMNS).astype(dict.fromkeys(whole, "Int64"))
    )


def counterexample_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return a row for each network and method: what the falsifier found."""
    rows = []
    for run in runs:
        plain = read_json(run.verdict)
        with naming(run.verdict):
            rows += [_place(run) | record for record in plain["methods"]]
    return pd.DataFrame(rows).reindex(columns=COUNTEREXAMPLE_COLUMNS).convert_dtypes()


def _place(run: Run) -> dict[str, Any]:
    return {"task": run.task, "model": run.model, "seed": str(run.seed)}


def _verdict_row(run: Run) -> dict[str, Any]:
    plain = read_json(run.verdict)
    with naming(run.verdict):
        verdict = dict(plain["verdict"])
        tried = verdict.pop("falsification")
    found = {key: tried.get(key) for key in VERDICT_COLUMNS if key in tried}
    return _place(run) | verdict | found


def _merged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    counts = [row["n_states"] for row in rows]
    finite = [row["verdict"] == FINITE for row in rows]
    worst = next((row for row in rows if row["verdict"] != FINITE), rows[0])
    said = ", ".join("refused" if count is None else f"{count} states" for count in counts)
    return {
        "task": rows[0]["task"],
        "model": rows[0]["model"],
        "seed": MERGED,
        "verdict": worst["verdict"],
        "n_states": counts[0] if all(finite) and len(set(counts)) == 1 else None,
        "evidence": f"{sum(finite)} of {len(rows)} seeds finite-state: {said}",
    }
