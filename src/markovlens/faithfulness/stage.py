"""The faithfulness stage on the files of one run, and of all runs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.activations.store import load_trace
from markovlens.faithfulness.claims.claims import claims_table, lisor_claims
from markovlens.faithfulness.claims.clusters import clusters_needed
from markovlens.faithfulness.claims.differences import find_differences
from markovlens.faithfulness.claims.moves import both_asked, moves_claims
from markovlens.faithfulness.scores.compile import compare, merge_chosen
from markovlens.faithfulness.scores.digest import (
    DIGEST_NOTE,
    digest,
    in_parts,
    to_markdown,
    words_digest,
)
from markovlens.faithfulness.scores.evaluate import LUMPED, Scoring, evaluate
from markovlens.faithfulness.scores.hardness import CARRIES, HARD_SIZE, N_LUMPED
from markovlens.faithfulness.scores.sizes import size_table
from markovlens.faithfulness.scores.tally import FOR_MERGING
from markovlens.faithfulness.verdict.codebooks import codebook_table
from markovlens.faithfulness.verdict.table import counterexample_table, verdict_table
from markovlens.files.runs import Run
from markovlens.files.whole import naming, read_json, read_table, replacing
from markovlens.outputs import ACCURACY, MEASURE_OF
from markovlens.seeding import integer, seed_for
from markovlens.tables.claims import CLAIMS
from markovlens.tables.counterfactuals import COUNTERFACTUALS
from markovlens.tables.fits import CODEBOOKS, SWEEP
from markovlens.tables.networks import CLUSTERS, NETWORKS
from markovlens.tables.scores import ALL_SCORES, COMPARISON, DIFFERENCES, SCORES
from markovlens.tables.sizes import SIZES
from markovlens.tables.verdicts import COUNTEREXAMPLES, VERDICTS
from markovlens.tables.writer import write_table, write_tables
from markovlens.tasks.store import load_task


def score_run(
    run: Run, task_folder: str | Path, *, methods: Sequence[str], scoring: Scoring, seed: int
) -> None:
    """Score every abstraction of a run on its test sequences."""
    scores = evaluate(
        load_task(task_folder),
        load_trace(run.trace("train")),
        load_trace(run.trace("test")),
        {method: load_study(run.study(method)) for method in methods},
        scoring=scoring,
        # The test sequences of a task are the same for all networks, and so are their resamples:
        # differences between networks, seeds and methods are paired.
        seed=integer(seed_for(seed, run.task, "faithfulness")),
    )
    gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
    write_table(
        run.scores,
        scores.assign(task=run.task, model=run.model, layer=run.layer, seed=run.seed, gate=gate),
        SCORES,
    )


def compile_runs(
    runs: Iterable[Run],
    tables: str | Path,
    *,
    methods: Sequence[str],
    level: float,
    seed: int,
    notes: Sequence[str] = (),
) -> None:
    """Merge the scores and sweeps of all runs into the tables of the benchmark.

    `notes` are sentences for whoever reads the digest, such as what was left out and why.
    """
    runs = list(runs)
    tables = Path(tables)
    parts = [read_table(path) for run in runs for path in (run.scores, run.probes)]
    scores = with_nature(pd.concat(parts, ignore_index=True))
    comparison, verdicts = compare(scores, level=level), verdict_table(runs)
    needed = clusters_needed(scores, {run.model: _cell(run) for run in runs})
    sweep = _merged_sweeps(runs, methods)
    moves = moves_claims(scores, seed=seed) if both_asked(methods) else []
    claims = lisor_claims(scores, needed, seed=seed, also=moves)
    made = {
        ALL_SCORES: scores.drop(columns=list(FOR_MERGING)),
        COMPARISON: comparison,
        DIFFERENCES: find_differences(scores, level=level),
        VERDICTS: verdicts,
        COUNTEREXAMPLES: counterexample_table(runs),
        COUNTERFACTUALS: _counterfactuals(runs, level=level),
        CLUSTERS: needed,
        SWEEP: sweep,
        SIZES: size_table(sweep, scores),
        CODEBOOKS: codebook_table(runs, methods),
        NETWORKS: pd.DataFrame([_network_row(run) for run in runs]),
    }
    write_tables(tables, made)
    write_table(tables / "lisor_claims.csv", claims_table(claims), CLAIMS)
    with replacing(tables / "comparison.md") as temporary:
        readable = [to_markdown(part) for part in in_parts(digest(comparison, verdicts))]
        text = [*readable, DIGEST_NOTE + "\n", words_digest(comparison), *notes]
        temporary.write_text("\n".join(filter(None, text)).strip() + "\n", encoding="utf-8")


def _counterfactuals(runs: Sequence[Run], *, level: float) -> pd.DataFrame:
    rows = pd.concat([read_table(run.counterfactuals) for run in runs], ignore_index=True)
    return merge_chosen(rows, level=level)[COUNTERFACTUALS.names]


def with_nature(scores: pd.DataFrame) -> pd.DataFrame:
    """Return all scores with what `evaluate` says of each machine, also in rows of its probes."""
    # A lumped machine has a nature of its own.
    lumped = (scores["mode"] == LUMPED).rename("lumped")
    machine = ["task", "model", "layer", "seed", "method", "n_states", lumped]
    names = [CARRIES, HARD_SIZE, N_LUMPED]
    known = scores.groupby(machine, sort=False)[names].transform("first")
    return scores.assign(
        **{name: scores[name].where(scores[name].notna(), known[name]) for name in names}
    )


def _cell(run: Run) -> str:
    """Return the kind of cell of a network that was trained here, else nothing."""
    cell: str = read_json(run.card)["architecture"].get("cell", "")
    return cell


def _network_row(run: Run) -> dict[str, Any]:
    """Return what the card says of how well a network does its task."""
    card = read_json(run.card)
    with naming(run.card):
        scores, gate = card["scores"], card["gate"]
        return {
            "task": run.task,
            "model": run.model,
            "seed": run.seed,
            "n_parameters": card["n_parameters"],
            **{f"accuracy_{split}": None for split in scores},  # where none decides, too
            **{
                f"{name}_{split}": value
                for name in (ACCURACY, *MEASURE_OF.values(), "loss")
                for split, score in scores.items()
                if (value := score.get(name)) is not None
            },
            "gate_threshold": gate["threshold"],
            "gate": "passed" if gate["passed"] else "under-trained",
            **{f"words_{name}": value for name, value in card.get("words", {}).items()},
            "attempts": max(1, len(card["attempts"])),
        }


def _merged_sweeps(runs: Sequence[Run], methods: Sequence[str]) -> pd.DataFrame:
    sweeps = []
    for run in runs:
        for method in methods:
            sweep = read_table(run.study(method) / "sweep.parquet")
            place = {"task": run.task, "model": run.model, "seed": run.seed, "layer": run.layer}
            front = pd.DataFrame(place | {"method": method}, index=sweep.index)
            sweeps.append(pd.concat([front, sweep], axis=1))
    return pd.concat(sweeps, ignore_index=True)
