"""Repair as a stage: networks of regular languages, and one of each kind with a planted bug."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.faithfulness.scores.seeds import numbers_in
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table, write_json
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.networks.card import Trained
from markovlens.networks.store import load_network, save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.planting import machine_in, planted
from markovlens.reliance.repairing.repair import repair
from markovlens.reliance.repairing.repaired import Repaired
from markovlens.reliance.repairing.splitting import without
from markovlens.reliance.repairing.standing import Standing
from markovlens.seeding import integer, seed_for
from markovlens.tables.reliance_repairs import REPAIR, REPAIR_RUN
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Task
from markovlens.tasks.store import load_task

TRAINED, PLANTED = "trained", "planted"
FOLDER, TABLE = "repair", "repair.parquet"
CELL = ["task", "model", "network", "state", "score"]
Row = dict[str, Any]
GATES = {True: "passed", False: "under-trained"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the config says of repairs.

    Attributes:
        bug: bits of the planted bug.
        sizes: of the task, as `tasks.formal.make` takes them.
        spec: of the model.
        training: how networks with a bug are trained.
        options: of the repair.
        seed: the benchmark's.
    """

    bug: str
    sizes: Mapping[str, int]
    spec: Mapping[str, Any]
    training: TrainingOptions
    options: RepairOptions
    seed: int


def repair_runs(runs: Sequence[Run], task: str | Path, settings: Settings) -> None:
    """Repair the networks of one (task, model), and keep tables, networks and machines.

    Args:
        runs: of each seed, with its network.
        task: folder of the task.
        settings: what the config says.
    """
    loaded = load_task(task).splits
    sequences = loaded["train"].inputs
    for run in runs:
        # All seeds of a model learn from the same words, as they do without a bug.
        words = seed_for(settings.seed, run.task, "planted")
        buggy, _ = planted(run.task, settings.bug, sizes=settings.sizes, seeds=words)
        known = [
            some[name].inputs for some in (loaded, buggy.splits) for name in ("train", "valid")
        ]
        test, rows = without(loaded["test"].inputs, *known), []
        for kind, network in _networks(run, buggy, settings).items():
            found = repair(
                network.model,
                machine_in(run.task),
                sequences,
                test=test,
                options=settings.options,
                seed=integer(seed_for(settings.seed, run.task, run.model, run.seed, "repair")),
            )
            _keep(run.reliance(FOLDER) / kind, network, found)
            place = {"task": run.task, "model": run.model, "seed": run.seed, "network": kind}
            place |= {"gate": GATES[network.card["gate"]["passed"]]}
            rows += [place | row for row in rows_of(found)]
        write_table(run.reliance(TABLE), pd.DataFrame(rows), REPAIR_RUN)


def _networks(run: Run, task: Task, settings: Settings) -> dict[str, Trained]:
    folder = run.folder / "network"
    child = integer(seed_for(settings.seed, run.task, run.model, run.seed, "planted"))
    buggy = train(task, dict(settings.spec), training=settings.training, seed=child)
    return {TRAINED: Trained(load_network(folder), read_json(folder / "card.json")), PLANTED: buggy}


def _keep(folder: Path, network: Trained, found: Repaired) -> None:
    save_network(folder / "network", network)
    save_network(folder / "repaired", Trained(found.network, network.card))
    machine = found.before.read.machine
    plain = None if machine is None else machine_to_dict(machine)
    write_json(folder / "machine.json", {"machine": plain, "reason": found.before.read.why_not})


def load_subjects(folder: Path) -> dict[str, Any]:
    """Return what a repair left: network, repaired network, and machine where there is one."""
    plain = read_json(folder / "machine.json")["machine"]
    machine: dict[str, Machine] = {} if plain is None else {"machine": machine_from_dict(plain)}
    networks = {"network": "network", "repaired": "repaired"}
    loaded = {name: load_network(folder / part) for name, part in networks.items()}
    return {"network": loaded["network"], **machine, "repaired": loaded["repaired"]}


def rows_of(found: Repaired) -> Iterator[Row]:
    """Yield a row for each state of a repair and score."""
    words = {each for one in found.rounds for each in one.caught.words}
    whole = {
        "n_found": len(words),
        "n_rounds": len(found.rounds),
        "n_steps": found.steps,
        "witness": None if found.witness is None else " ".join(_named(found, found.witness)),
    }
    states = {"before": found.before, "after": found.after, "control": found.control}
    for state, standing in states.items():
        if standing is not None:
            yield from ({"state": state} | whole | row for row in _scores(standing))


def _named(found: Repaired, word: tuple[int, ...]) -> list[str]:
    return [found.specification.symbols[symbol] for symbol in word]


def _scores(standing: Standing) -> Iterator[Row]:
    machine = {"n_states": standing.n_states, "equivalent": standing.equivalent}
    for name in ("held_out", "fresh", "accuracy"):
        score = getattr(standing, name)
        if score is not None:
            yield machine | {"score": name, "n_sequences": score.n_sequences} | score.columns()


def compile_repairs(runs: Iterable[Run], table: str | Path, *, level: float) -> None:
    """Merge the seeds of all repairs; `level` is the coverage of the intervals."""
    rows = pd.concat([read_table(run.reliance(TABLE)) for run in runs], ignore_index=True)
    write_table(table, merged(rows, CELL, _mended, level=level), REPAIR)


def merged(
    rows: pd.DataFrame, keys: Sequence[str], beside: Callable[[pd.DataFrame], Row], *, level: float
) -> pd.DataFrame:
    """Return a row for each cell, its seeds merged, with what stands beside the number."""
    return pd.DataFrame(
        [
            dict(zip(keys, key, strict=True))
            | numbers_in(cell, level=level)
            | {
                "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
                "n_sequences": int(cell["n_sequences"].max()),
                "n_seeds": len(cell),
            }
            | beside(cell)
            for key, cell in rows.groupby(list(keys), sort=False)
        ]
    )


def _mended(cell: pd.DataFrame) -> Row:
    sizes = cell["n_states"].dropna()
    return {
        "n_states_low": int(sizes.min()) if len(sizes) else None,
        "n_states_high": int(sizes.max()) if len(sizes) else None,
        "n_equivalent": int(cell["equivalent"].eq(True).sum()),
        "n_found": float(cell["n_found"].mean()),
        "n_steps": float(cell["n_steps"].mean()),
    }
