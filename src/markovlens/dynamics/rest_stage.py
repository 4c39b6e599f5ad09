"""What every network does when nothing happens, on the files of the runs, beside its machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from markovlens.activations.oracle import ask
from markovlens.activations.outputs import LINK_OF
from markovlens.dynamics.machine_rest import MachineRest, machine_resting
from markovlens.dynamics.resting import N_STEPS, Rest, answer_distance, resting
from markovlens.errors import DataError, reason_of
from markovlens.faithfulness.verdict.judged import judged_machine
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.machines.machine import Machine
from markovlens.networks.pretrained import pretrained
from markovlens.networks.store import load_network
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.status import Status
from markovlens.tables.rest import REST, REST_PATHS_RUN, REST_RUN
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Task

N_SYMBOLS = 3
MEAN_ROW = "mean of the training rows"
UNASKABLE = "the network cannot be asked step by step; give it `initial` and `step`"


def rest_runs(task: Task, runs: Sequence[Run], *, weights: Sequence[str | Path] = ()) -> None:
    """Write what the networks of one (task, model) do under inputs that never change.

    Args:
        task: what they were trained on or judged by.
        runs: one a seed, judged.
        weights: the files of a network that comes with its weights, by which it may know what it
            reads when nothing happens.

    Raises:
        DataError: a file is missing or damaged.
    """
    for run in runs:
        inputs = constants(task, run, weights)
        numbers, paths = _tables(task, run, inputs)
        write_table(run.dynamics("rest"), numbers, REST_RUN)
        write_table(run.dynamics("rest_paths"), paths, REST_PATHS_RUN)


def compile_rest(runs: Sequence[Run], path: str | Path) -> None:
    """Write what all networks do when nothing happens as one table."""
    write_table(path, pd.concat(map(_named, runs), ignore_index=True), REST)


def constants(task: Task, run: Run, weights: Sequence[str | Path]) -> dict[str, np.ndarray]:
    """Return inputs that stay the same, by name: symbols (), or rows (D,).

    They are the network's own silence where it is known, else the commonest symbols, or the mean
    row, of training.
    """
    name = read_json(run.card)["architecture"].get("pretrained")
    still = pretrained(name).still if name and weights else None
    if still is not None:
        return still(Path(weights[0]))
    values = task.splits["train"].inputs.values
    if task.channels:
        return {MEAN_ROW: np.nanmean(values, axis=0)}
    commonest = np.bincount(values).argsort(kind="stable")[::-1][:N_SYMBOLS]
    return {task.symbols[symbol]: np.array(symbol) for symbol in commonest}


def _tables(
    task: Task, run: Run, inputs: Mapping[str, np.ndarray]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    try:
        found = _network_rests(task, run, inputs)
    except DataError as error:
        rows = [_unknown(name, reason_of(error)) for name in inputs]
        return pd.DataFrame(rows), pd.DataFrame()
    method, machine = _machine_of(task, run)
    rows, paths = [], []
    for (name, value), rest in zip(inputs.items(), found, strict=True):
        beside = None if machine is None else machine_resting(machine, _repeated(task, value))
        known = {"method": method, "machine_states": machine and machine.n_states}
        rows.append({**_row(name, rest, task), **known, **_beside(rest, beside, task)})
        paths.append(_path(name, rest, beside))
    return pd.DataFrame(rows), pd.concat(paths, ignore_index=True)


def _network_rests(task: Task, run: Run, inputs: Mapping[str, np.ndarray]) -> list[Rest]:
    # In double precision a fixed point is told from what is merely slow.
    model = load_network(run.card.parent, own=run.own).double()
    like = task.splits["train"].inputs if task.channels else None
    oracle = ask(model, layer=run.layer, output=task.output, like=like)
    if oracle is None:
        raise DataError(UNASKABLE, page="cannot-be-asked")
    read = torch.as_tensor(np.stack([*inputs.values()]))
    return resting(oracle.network, read, n_steps=N_STEPS, link=LINK_OF[task.output])


def _machine_of(task: Task, run: Run) -> tuple[str | None, Machine | None]:
    """Return the verdict's machine, as it counts it, and its method; none without any."""
    verdict = read_json(run.verdict)["verdict"]
    machine = judged_machine(run, verdict, task.splits["test"].inputs)
    return (None, None) if machine is None else (verdict["method"], machine)


def _repeated(task: Task, value: np.ndarray) -> Sequences:
    values = np.repeat(np.asarray(value)[None], N_STEPS, axis=0)
    return Sequences(values, np.array([N_STEPS]), task.channels)


def _row(name: str, rest: Rest, task: Task) -> dict[str, Any]:
    return {
        "input": name,
        "n_steps": len(rest.distance) - 1,
        "becomes": str(rest.kind),
        "slowest_mode": rest.slowest,
        "state_settles": rest.state_settles,
        "answer_settles": rest.answer_settles,
        "period": rest.period,
        "drift": rest.drift,
        "answer": _class(rest.answers[-1], task),
        "status": Status.OK,
        "reason": "",
    }


def _unknown(name: str, reason: str) -> dict[str, Any]:
    """Return the row of an input to a network of which nothing can be said."""
    empty = dict.fromkeys(REST_RUN.names)
    return empty | {"input": name, "n_steps": 0, "status": Status.SKIPPED, "reason": reason}


def _beside(rest: Rest, machine: MachineRest | None, task: Task) -> dict[str, Any]:
    """Return what the machine does, and whether it decides as the network does in the end."""
    if machine is None:
        names = ("machine_period", "machine_settles", "machine_answer", "agreement")
        return dict.fromkeys(names)
    late = len(machine.answers) // 4
    said = _class(machine.answers[-1], task)
    alike = np.nan
    if said is not None and not np.isnan(rest.answers[-late:]).any():
        both = rest.answers[-late:].argmax(axis=1) == machine.answers[-late:].argmax(axis=1)
        alike = float(both.mean())
    return {
        "machine_period": machine.period,
        "machine_settles": machine.settles,
        "machine_answer": said,
        "agreement": alike,
    }


def _class(answer: np.ndarray, task: Task) -> str | None:
    """Return the class that is decided for; None where nothing is decided."""
    if task.output != Output.DISTRIBUTION or np.isnan(answer).any():
        return None
    return task.classes[int(answer.argmax())]


def _path(name: str, rest: Rest, machine: MachineRest | None) -> pd.DataFrame:
    n_steps = len(rest.distance)
    beside = np.full(n_steps, np.nan)
    if machine is not None:
        beside[1:] = answer_distance(machine.answers)
    return pd.DataFrame(
        {
            "input": name,
            "step": np.arange(n_steps),
            "state": rest.distance,
            "answer": answer_distance(rest.answers),
            "machine": beside,
        }
    )


def _named(run: Run) -> pd.DataFrame:
    gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
    table = read_table(run.dynamics("rest"))
    return table.assign(task=run.task, model=run.model, seed=run.seed, gate=gate)
