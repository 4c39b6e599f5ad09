"""Hybrids as a stage: the models of one task, and the tables, claims and figure of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.abstractions.base import Options
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.scores.seeds import numbers_in
from markovlens.figures.save import save_figure
from markovlens.files.whole import read_table
from markovlens.hybrids.claims import hybrid_claims
from markovlens.hybrids.drawing import draw_hybrids
from markovlens.hybrids.learning import Learning, alphabet_of
from markovlens.hybrids.models import Widths
from markovlens.hybrids.study import Settings, studied
from markovlens.networks.training import TrainingOptions
from markovlens.tables.claims import CLAIMS
from markovlens.tables.hybrids import HYBRIDS, HYBRIDS_RUN
from markovlens.tables.writer import write_table
from markovlens.tasks.store import load_task

CELL = ["task", "foretells", "variant", "part", "measure"]


def settings_of(
    section: Mapping[str, Any],
    scoring: Mapping[str, Any],
    training: Mapping[str, Any],
    *,
    seed: int,
) -> Settings:
    """Return the settings of a config.

    Args:
        section: `hybrids`.
        scoring: `bootstraps` and `level`.
        training: the options of the task's family; attempts and steps are the section's own.
        seed: the benchmark's.
    """
    own = {name: section[name] for name in ("attempts", "steps")}
    options = TrainingOptions(**{**training, **own})
    return Settings(
        Learning(options, section["hmm_weight"]),
        Widths(section["embedding"], section["hidden"]),
        section["states"],
        section["methods"],
        section["n_states"],
        Options(restarts=section["restarts"]),
        **scoring,
        seed=seed,
    )


def train_hybrids(
    task_folder: str | Path, path: str | Path, settings: Settings, *, seeds: Sequence[int]
) -> None:
    """Train and judge all models of one task, seed by seed, and write their scores to `path`."""
    task = load_task(task_folder)
    place = {"task": task.name, "foretells": alphabet_of(task).foretells}
    rows = [
        {**place, "seed": seed, **row}
        for seed in seeds
        for row in studied(task, settings, seed=seed)
    ]
    whole = {"n_parameters": "Int64", "n_states": "Int64"}
    write_table(path, pd.DataFrame(rows).astype(whole), HYBRIDS_RUN)


def compile_hybrids(
    paths: Sequence[str | Path],
    files: Mapping[str, str],
    *,
    level: float,
    seed: int,
) -> None:
    """Merge the seeds of all tasks, say what they say of the claims, and draw.

    Args:
        paths: of the tasks' scores.
        files: where `scores`, `claims` and `figure` go.
        level: coverage of the intervals.
        seed: of the claims' sign flips.
    """
    rows = pd.concat([read_table(path) for path in paths], ignore_index=True)
    table = merged(rows, level=level)
    write_table(files["scores"], table, HYBRIDS)
    claims = decide(hybrid_claims(rows, seed=seed))
    write_table(files["claims"], claims_table(claims), CLAIMS)
    save_figure(files["figure"], draw_hybrids(table, level=level))


def merged(rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return one row for each model, part and measure: its mean over seeds and its interval."""
    cells = []
    for key, cell in rows.groupby(CELL, sort=False):
        place = dict(zip(CELL, key, strict=True)) | numbers_in(cell, level=level)
        sizes = cell["n_states"].dropna()
        cells.append(
            place
            | {
                "n_sequences": int(cell["n_sequences"].max()),
                "n_seeds": len(cell),
                "n_parameters": cell["n_parameters"].iloc[0],
                "n_states_low": sizes.min() if len(sizes) else pd.NA,
                "n_states_high": sizes.max() if len(sizes) else pd.NA,
            }
        )
    whole = dict.fromkeys(("n_parameters", "n_states_low", "n_states_high"), "Int64")
    return pd.DataFrame(cells).astype(whole)
