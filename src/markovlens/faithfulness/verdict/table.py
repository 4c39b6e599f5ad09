"""The verdicts and counterexamples of all networks as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from markovlens.files.runs import Run
from markovlens.files.whole import naming, read_json
from markovlens.spelling import count
from markovlens.status import Judgement, Scope, in_short, worst_of
from markovlens.tables.verdicts import COUNTEREXAMPLES, VERDICTS

PLACE = ["task", "model", "seed"]
FOUND = ("tests_to_disagreement", "counterexample_length", "counterexample")  # by falsification


def verdict_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return a row a seed (`scope` is `seed`), and after those of each (task, model) one of all.

    In that row (`scope` is `network`, no seed) stands the worst verdict of any seed, so that a
    (task, model) is finite-state if all its seeds are; `n_states`, `method` and `carries` are then
    those of the seeds where all agree, else empty, and the evidence names each. Its counterexample
    is the shortest of any seed.
    """
    rows = [_verdict_row(run) for run in runs]
    table: list[dict[str, Any]] = []
    for place in dict.fromkeys((run.task, run.model) for run in runs):
        mine = [row for row in rows if (row["task"], row["model"]) == place]
        table += [*mine, _merged(mine)]
    # Whole numbers beside empty cells stay whole numbers.
    whole = dict.fromkeys(VERDICTS.whole, "Int64")
    return pd.DataFrame(table).reindex(columns=VERDICTS.names).astype(whole)


def counterexample_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return a row for each network and method: what the falsifier found."""
    rows = []
    for run in runs:
        plain = read_json(run.verdict)
        with naming(run.verdict):
            rows += [_place(run) | record for record in plain["methods"]]
    return pd.DataFrame(rows).reindex(columns=COUNTEREXAMPLES.names).convert_dtypes()


def _place(run: Run) -> dict[str, Any]:
    return {"task": run.task, "model": run.model, "seed": run.seed}


def _verdict_row(run: Run) -> dict[str, Any]:
    plain = read_json(run.verdict)
    with naming(run.verdict):
        verdict = dict(plain["verdict"])
        tried = verdict.pop("falsification")
        row = _place(run) | {"scope": Scope.SEED} | verdict
        lacking = [name for name in VERDICTS.names if name not in row and name not in FOUND]
        if lacking:
            raise KeyError(", ".join(lacking))
    return row | {key: tried[key] for key in FOUND if key in tried}


def _merged(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    finite = [row for row in rows if row["verdict"] == Judgement.FINITE]
    agreed = ("n_states", "method", "carries") if len(finite) == len(rows) else ()
    said = ", ".join(_in_words(row) for row in rows)
    told = [row for row in rows if row.get("counterexample_length") is not None]
    shortest = min(told, key=lambda row: row["counterexample_length"], default={})
    return {
        "task": rows[0]["task"],
        "model": rows[0]["model"],
        "scope": Scope.NETWORK,
        "verdict": worst_of(row["verdict"] for row in rows),
        **{name: _common(rows, name) for name in agreed},
        **{name: shortest.get(name) for name in ("counterexample_length", "counterexample")},
        "evidence": f"{len(finite)} of {count(len(rows), 'seed')} finite-state: {said}",
    }


def _in_words(row: Mapping[str, Any]) -> str:
    if row["verdict"] != Judgement.FINITE:
        return in_short(row["verdict"])
    return f"{count(row['n_states'], 'state')} ({row['method']})"


def _common(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    """Return the value that all rows have, None where they differ."""
    values = {row[name] for row in rows}
    return values.pop() if len(values) == 1 else None
