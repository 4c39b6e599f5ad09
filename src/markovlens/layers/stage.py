"""Reading and using layers as a stage: every network of the study, then all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.activations.stage import sample
from markovlens.errors import DataError
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.scores.seeds import numbers_in
from markovlens.figures.save import save_figure
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.layers.claims import LEARNED, layer_claims
from markovlens.layers.comparing import Parts, Trying, floor_rows, layer_rows, names_of
from markovlens.layers.drawing import draw_layers
from markovlens.machines.machine import Machine
from markovlens.networks.architectures import construct
from markovlens.networks.determinism import deterministic
from markovlens.networks.store import load_network
from markovlens.seeding import integer, seed_for
from markovlens.tables.claims import CLAIMS
from markovlens.tables.layers import LAYERS, LAYERS_RUN
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Task
from markovlens.tasks.store import load_task

TABLE = "layers.parquet"
CELL = ["task", "model", "cell", "n_layers", "counted", "depth", "layer", "score"]
GATES = {True: "passed", False: "under-trained"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the config says.

    Attributes:
        n_train: training sequences that probes are fitted on.
        n_swaps: test sequences whose state is exchanged.
        bootstraps, level: of the intervals.
        seed: the benchmark's.
    """

    n_train: int
    n_swaps: int
    bootstraps: int
    level: float
    seed: int


def compare_runs(runs: Sequence[Run], task: str | Path, settings: Settings) -> None:
    """Look into the layers of the networks of one (task, model), and keep a table each.

    All networks of a task are judged on the same sequences, swaps and resamples.
    """
    loaded = load_task(task)
    if loaded.machine is None:
        raise DataError(
            f"layers: expected a task whose true machine is known, got {loaded.name}; leave it out "
            "of `layers.runs`",
            page="bad-config",
        )
    rng = np.random.default_rng(seed_for(settings.seed, loaded.name, "layers", "train"))
    learn = sample(loaded.splits["train"], settings.n_train, rng).inputs
    parts = Parts(learn, loaded.splits["valid"].inputs, loaded.splits["test"].inputs)
    for run in runs:
        rows = _rows_of(run, loaded, loaded.machine, parts, settings)
        write_table(run.layers(TABLE), rows, LAYERS_RUN)


def _rows_of(
    run: Run, task: Task, machine: Machine, parts: Parts, settings: Settings
) -> pd.DataFrame:
    card = read_json(run.card)
    network = load_network(run.folder / "network", own=run.own)
    names = names_of(network)
    asked: dict[str, Any] = {
        "trying": Trying(
            settings.n_swaps,
            settings.bootstraps,
            settings.level,
            integer(seed_for(settings.seed, task.name, "layers")),
        ),
        "reading": {"symbols": task.symbols, "classes": task.classes},
    }
    rows = [*layer_rows(network, names, machine, parts, **asked)]
    with deterministic(integer(seed_for(settings.seed, task.name, run.model, run.seed, "floor"))):
        floor = construct(card["architecture"])
    rows += floor_rows(floor, names, machine, parts, **asked)
    return pd.DataFrame(rows).assign(
        task=run.task,
        model=run.model,
        seed=run.seed,
        cell=card["architecture"].get("cell", run.model),
        gate=GATES[card["gate"]["passed"]],
        accuracy=card["gate"]["value"],
    )


def compile_layers(
    runs: Iterable[Run], files: Mapping[str, str], *, level: float, seed: int
) -> None:
    """Merge the networks of all seeds, say what they make of the claims, and draw.

    Args:
        runs: of all networks.
        files: where `layers`, `claims` and `figure` go.
        level: coverage of the intervals.
        seed: of the sign flips.
    """
    rows = pd.concat([read_table(run.layers(TABLE)) for run in runs], ignore_index=True)
    table = merged(rows, level=level)
    write_table(files["layers"], table, LAYERS)
    claims = decide(layer_claims(rows, seed=seed))
    write_table(files["claims"], claims_table(claims), CLAIMS)
    learned = rows[rows["accuracy"] >= LEARNED]
    save_figure(files["figure"], draw_layers(table, learned, level=level))


def merged(rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return a row for each model, layer and score: networks that count for the claims are merged.

    Those that do not are merged by themselves, in rows of their own.
    """
    cells = rows.assign(counted=rows["accuracy"] >= LEARNED).groupby(CELL, sort=False)
    return pd.DataFrame(
        [dict(zip(CELL, key, strict=True)) | _cell(cell, level) for key, cell in cells]
    )


def _cell(cell: pd.DataFrame, level: float) -> dict[str, Any]:
    known = cell[cell["value"].notna()]
    numbers = numbers_in(known, level=level) if len(known) else {}
    return numbers | {
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        "n_sequences": int(cell["n_sequences"].max()),
        "n_seeds": len(known),
        "n_directions": float(cell["n_directions"].mean()),
        "n_units": int(cell["n_units"].iloc[0]),
        "accuracy": float(cell["accuracy"].mean()),
        "reason": "; ".join(dict.fromkeys(each for each in cell["reason"] if each)),
    }
