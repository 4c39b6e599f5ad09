"""Exports as a stage: the best machine of every network in every language, tried on its test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.activations.store import load_trace
from markovlens.errors import DataError
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.files.runs import Run
from markovlens.files.whole import read_json
from markovlens.machines.machine import Machine
from markovlens.reliance.exporting.exported import SUFFIXES, Exported, export
from markovlens.reliance.exporting.running import why_not
from markovlens.reliance.exporting.statement import digest_of
from markovlens.reliance.exporting.trials import tried
from markovlens.sequences import Sequences
from markovlens.tables.exports import EXPORTS
from markovlens.tables.writer import write_table

NOTHING = {  # of a file that was not run
    "state_bytes": None, "n_sequences": None, "n_steps": None, "n_equal": None, "n_ties": None,
    "largest_difference": None,
}  # fmt: skip


def export_runs(
    runs: Iterable[Run], table: str | Path, folder: str | Path, *, languages: Sequence[str]
) -> None:
    """Write the machines of networks, and how their files decide.

    Args:
        runs: of each network, with verdict, studies and activations.
        table: where the table goes.
        folder: where files go, by task, model and seed.
        languages: those to write.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    rows = [row for run in runs for row in _rows(run, Path(folder), languages)]
    write_table(table, pd.DataFrame(rows, columns=EXPORTS.names), EXPORTS)


def _rows(run: Run, folder: Path, languages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a row a language; none where no machine could be fitted."""
    verdict = read_json(run.verdict)["verdict"]
    size = verdict["n_states_judged"]
    if size is None:
        return
    machine = load_study(run.study(verdict["method"])).machines[int(size)]
    trace = load_trace(run.trace("test"))
    data = f"{run.task}, test sequences of {run.model}, seed {run.seed}"
    measured = fidelity(machine, trace, seed=run.seed)
    known = {
        "task": run.task, "model": run.model, "seed": run.seed, "method": verdict["method"],
        "n_states": machine.n_states, "carries": machine.carries, "digest": digest_of(machine),
    }  # fmt: skip
    place = folder / run.task / run.model / f"seed-{run.seed}"
    place.mkdir(parents=True, exist_ok=True)
    for language in languages:
        path = place / f"machine{SUFFIXES[language]}"
        try:
            exported = export(machine, language, path, fidelity=measured, data=data)
        except DataError as error:
            yield {
                **known,
                "language": language,
                **NOTHING,
                "file_bytes": None,
                "reason": str(error),
            }
            continue
        yield {**known, "language": language, **_tried(exported, machine, trace.sequences)}


def _tried(exported: Exported, machine: Machine, inputs: Sequences) -> dict[str, Any]:
    """Return what is known of a file: its size, and how it decides where it can be run."""
    size = {"file_bytes": len(exported.content)}
    if missing := why_not(exported.language):
        return {**size, **NOTHING, "reason": f"not run: {missing}"}
    try:
        trial = tried(exported, machine, inputs)
    except DataError as error:  # the other languages and networks have theirs all the same
        return {**size, **NOTHING, "reason": str(error)}
    return {
        **size,
        "state_bytes": trial.state_bytes,
        "n_sequences": trial.n_sequences,
        "n_steps": trial.n_steps,
        "n_equal": trial.n_equal,
        "n_ties": trial.n_ties,
        "largest_difference": trial.largest,
        "reason": None,
    }
