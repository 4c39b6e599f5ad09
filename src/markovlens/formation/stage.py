"""The formation of states on the files of networks that were trained along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Options
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.figures.save import save_figure
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.formation.building import follow_training
from markovlens.formation.claims import formation_claims
from markovlens.formation.drawing import draw_formation
from markovlens.formation.emulators import (
    GENERATOR,
    Driving,
    emulated_along,
    follow_emulator,
)
from markovlens.formation.result import Formation
from markovlens.formation.reuse import Learned, learn_each
from markovlens.machines.minimisation import equivalent
from markovlens.networks.along import AlongOptions, train_along
from markovlens.networks.store import load_moments, save_emulator, save_moments
from markovlens.seeding import integer, seed_for
from markovlens.sequences import Sequences
from markovlens.status import Status
from markovlens.tables.claims import CLAIMS
from markovlens.tables.formation import FORMATION, FORMATION_RUN, LEARNERS
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Task

COUNTED = {"states": "n_states", "queries": "queries", "tests": "tests", "finished": "finished"}
TABLE, NETWORK = "states.parquet", "network"
Moments = list[tuple[dict[str, Any], Any]]  # what the card says of each, and the network


@dataclass(frozen=True, slots=True)
class Settings:
    """What the config says of formation.

    Attributes:
        method: what machines are fitted by.
        n_states: the numbers of states tried; the largest bounds the learners, too.
        n_sequences: of the training split, that are read at each moment.
        queries: words that each learner may ask.
        seed: the benchmark's.
        noise_runs, noise_steps: of noise, under which networks that emulate are seen.
    """

    method: str
    n_states: Sequence[int]
    n_sequences: int
    queries: int
    seed: int
    noise_runs: int = 80
    noise_steps: int = 200

    @property
    def driving(self) -> Driving:
        """How emulating networks are followed."""
        return Driving(self.n_states, self.noise_runs, self.noise_steps, self.seed)

    @property
    def options(self) -> Options:
        """Settings of fits and learners."""
        return Options(restarts=1, queries=self.queries)


def train_runs(
    task: Task, spec: Mapping[str, Any], runs: Sequence[Run], training: Mapping[str, Any]
) -> None:
    """Train the network of each seed along, and write it with its moments.

    Args:
        task: a language, or a source that is emulated.
        spec: of the network, with a `cell` or a `generator`.
        runs: of each seed.
        training: options of `AlongOptions`, or of `EmulationOptions` of a generator.
    """
    for run in runs:
        folder = run.formation(NETWORK)
        if GENERATOR in spec:
            emulator = emulated_along(task, spec, training=training, seed=run.seed)
            save_emulator(folder, emulator)
        else:
            options = AlongOptions(**training)
            save_moments(folder, train_along(task, spec, options=options, seed=run.seed))


def follow_runs(task: Task, runs: Sequence[Run], figure: str | Path, settings: Settings) -> None:
    """Write what became of the states of each network, and draw the first seed's.

    Args:
        task: what they were trained on.
        runs: of each seed of one model, trained along.
        figure: where to draw.
        settings: what the config says.
    """
    drawn = []
    for run in runs:
        found, said = _followed(task, run.formation(NETWORK), settings)
        write_table(run.formation(TABLE), _table(task, found, said), FORMATION_RUN)
        drawn.append(found)
    first, *others = drawn
    name = f"{runs[0].task}, {runs[0].model}, seed {runs[0].seed}"
    save_figure(figure, draw_formation(first, name=name, others=others))


def compile_formation(runs: Sequence[Run], outputs: Mapping[str, str], *, seed: int) -> None:
    """Write the moments of all networks as one table, and what they say of the claims."""
    table = pd.concat([_named(run) for run in runs], ignore_index=True)
    write_table(outputs["table"], table, FORMATION)
    claims = decide(formation_claims(table, seed=seed))
    write_table(outputs["claims"], claims_table(claims), CLAIMS)


def _named(run: Run) -> pd.DataFrame:
    card = read_json(run.formation(NETWORK) / "card.json")
    gate = "passed" if card["gate"]["passed"] else "under-trained"
    table = read_table(run.formation(TABLE))
    return table.assign(task=run.task, model=run.model, seed=run.seed, gate=gate)


def _followed(
    task: Task, folder: Path, settings: Settings
) -> tuple[Formation, list[dict[str, Any]]]:
    """Return what became of the states of one network, and what else is said of each moment."""
    if GENERATOR in read_json(folder / "card.json")["architecture"]:
        return follow_emulator(task, folder, settings.driving)
    inputs = task.splits["train"].inputs
    sequences = inputs.select(np.arange(min(settings.n_sequences, len(inputs))))
    moments = load_moments(folder)
    learned = _learned(task, moments, sequences, settings)
    return _formation(task, moments, sequences, settings), [
        {"step": said["step"], "loss": said["train_loss"], "accuracy": said["accuracy"]}
        | {"threshold": task.gate}
        | _counts(learners)
        for (said, _), learners in zip(moments, learned, strict=True)
    ]


def _formation(task: Task, moments: Moments, sequences: Sequences, settings: Settings) -> Formation:
    return follow_training(
        {said["step"]: network for said, network in moments},
        sequences,
        symbols=task.symbols,
        classes=task.classes,
        method=settings.method,
        n_states=settings.n_states,
        losses=[said["train_loss"] for said, _ in moments],
        options=settings.options,
        seed=settings.seed,
    )


def _learned(
    task: Task, moments: Moments, sequences: Sequences, settings: Settings
) -> Iterator[dict[str, Learned]]:
    """Yield what learners find at each moment; adaptive L# goes on from its own of before."""
    before = None
    for _, network in moments:
        trace = record(network, sequences, symbols=task.symbols, classes=task.classes)
        seed = integer(seed_for(settings.seed, "learners"))
        evidence = Evidence(trace, None, Oracle(network), seed)
        largest = max(settings.n_states)
        found = learn_each(evidence, before, largest=largest, options=settings.options)
        yield found
        before = found.get("adaptive", found["lsharp"]).automaton


def _table(task: Task, found: Formation, said: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row for each moment; what is not of the kind of network is empty."""
    rows = pd.DataFrame([{**_of_machine(task, found, one["step"]), **one} for one in said])
    frame = found.frame()
    new = frame[["step", *frame.columns.difference(rows.columns, sort=False)]]
    names = [column.name for column in FORMATION_RUN.columns]
    return rows.merge(new, on="step", how="left").reindex(columns=names)


def _of_machine(task: Task, found: Formation, step: int) -> dict[str, Any]:
    """Return whether there is a machine at a step, and whether it is the task's own."""
    machine = found.machines.get(step)
    if machine is None:
        reason = found.failures[step]
        return {"step": step, "exact": None, "status": Status.FAILED, "reason": reason}
    exact = None if task.machine is None else equivalent(machine, task.machine) is None
    return {"step": step, "exact": exact, "status": Status.OK, "reason": ""}


def _counts(learners: Mapping[str, Learned]) -> dict[str, Any]:
    """Return the columns of the learners; those of one that did not run are empty."""
    return {
        f"{name}_{what}": getattr(learners[name], attribute) if name in learners else None
        for name in LEARNERS
        for what, attribute in COUNTED.items()
    }
