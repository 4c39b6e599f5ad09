"""Trust as a stage: networks, their machines and their repaired copies under every disturbance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.figures.save import save_figure
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.reliance.repairing.planting import machine_in
from markovlens.reliance.repairing.stage import FOLDER, PLANTED, TRAINED, load_subjects, merged
from markovlens.reliance.repairing.stage import TABLE as REPAIRS
from markovlens.reliance.trust.drawing import draw_stand
from markovlens.reliance.trust.stand import withstand
from markovlens.reliance.trust.verdicts import verdicts_of
from markovlens.seeding import integer, seed_for
from markovlens.tables.reliance_repairs import TRUST, TRUST_RUN, TRUST_VERDICTS
from markovlens.tables.writer import write_table
from markovlens.tasks.store import load_task

TABLE = "trust.parquet"
NETWORK = ["task", "model", "network"]
CELL = [*NETWORK, "disturbance", "size", "who", "score"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the config says of disturbances.

    Attributes:
        disturbances: sizes by name.
        n_words, n_draws, bootstraps, level: as `stand.withstand` takes them.
        seed: the benchmark's.
    """

    disturbances: Mapping[str, Sequence[float]]
    n_words: int
    n_draws: int
    bootstraps: int
    level: float
    seed: int


def withstand_runs(runs: Sequence[Run], task: str | Path, settings: Settings) -> None:
    """Put the networks of one (task, model) to every disturbance, and keep a table each.

    All networks of a task read the same words, see the same flips and share the resamples.

    Args:
        runs: of each seed, with its repairs.
        task: folder of the task.
        settings: what the config says.
    """
    sequences = load_task(task).splits["test"].inputs
    for run in runs:
        repairs = read_table(run.reliance(REPAIRS))
        gates = repairs.groupby("network")["gate"].first()
        parts = []
        for kind in (TRAINED, PLANTED):
            found = withstand(
                load_subjects(run.reliance(FOLDER) / kind),
                machine_in(run.task),
                sequences,
                disturbances=settings.disturbances,
                n_words=settings.n_words,
                n_draws=settings.n_draws,
                bootstraps=settings.bootstraps,
                level=settings.level,
                seed=integer(seed_for(settings.seed, run.task, "trust")),
            )
            parts.append(found.table.assign(network=kind, gate=gates[kind]))
        whole = pd.concat(parts).assign(task=run.task, model=run.model, seed=run.seed)
        write_table(run.reliance(TABLE), whole, TRUST_RUN)


def compile_trust(runs: Iterable[Run], files: Mapping[str, str], *, level: float) -> None:
    """Merge seeds, write the verdicts, and draw.

    Args:
        runs: of all networks.
        files: where `trust`, `verdicts` and `figure` go.
        level: coverage of the intervals.
    """
    stands = pd.concat([read_table(run.reliance(TABLE)) for run in runs], ignore_index=True)
    table = merged(stands, CELL, _around, level=level)
    write_table(files["trust"], table, TRUST)
    said = [
        dict(zip(NETWORK, key, strict=True)) | {"disturbance": name, "verdict": words}
        for key, rows in table.groupby(NETWORK, sort=False)
        for name, words in verdicts_of(rows).items()
    ]
    write_table(files["verdicts"], pd.DataFrame(said), TRUST_VERDICTS)
    save_figure(files["figure"], draw_stand(table, level=level))


def _around(cell: pd.DataFrame) -> Row:
    means = {name: float(cell[name].mean()) for name in ("ceiling", "chance", "n_flipped")}
    return means | {"n_draws": int(cell["n_draws"].max())}
