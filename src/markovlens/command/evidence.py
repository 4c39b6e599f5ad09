"""What a run has of one cell: data, logs, rows of tables, digests; and what is not there yet."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markovlens.command.cells import Cell, is_whole, last_files
from markovlens.command.pages import RESULTS, results_of
from markovlens.config.loading import layer_of
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.files.whole import naming, read_json, sha256
from markovlens.tables.verdicts import COUNTEREXAMPLES
from markovlens.tasks.base import SPLITS

LOGS = "logs"
PROVENANCE = ("provenance/config.resolved.yaml", "provenance/versions.json")
TEXTS = (".json", ".csv")
# What is made of somebody's data and has some of it in it.
TELLING_TABLES = (COUNTEREXAMPLES.file,)


@dataclass(frozen=True, slots=True)
class Ran:
    """A folder in which a run is, or was.

    Attributes:
        home: in which it was started: paths of its config begin there.
        results: what it made.
    """

    home: Path
    results: Path

    @classmethod
    def at(cls, folder: Path) -> Ran:
        """Return the run in a folder, or the one whose results it is.

        Raises:
            DataError: there is none.
        """
        folder = folder.resolve()
        if (folder / LOGS).is_dir():  # begun: before there are results there are logs
            return cls(folder, folder / RESULTS)
        results = results_of(folder)
        return cls(results.parent, results)

    def config_file(self, named: Path | None) -> Path:
        """Return the file of its config: one that is named, else what the run wrote down or has.

        Raises:
            DataError: the run has written down none, as it is half done, and has none of its own.
        """
        own = self.home / "config" / "config.yaml"
        found = named or next(filter(Path.is_file, [self.results / PROVENANCE[0], own]), None)
        if found is None:
            raise DataError(
                f"{self.home}: expected {RESULTS}/{PROVENANCE[0]}, which a finished run has, or "
                f"config/config.yaml, got neither; give the run's config, --config FILE",
                page="run-unfinished",
            )
        return found


def data_of(ran: Ran, cell: Cell) -> dict[str, Path]:
    """Return the files of the task, by their names under the results."""
    folder = ran.results / "tasks" / cell.task
    return {f"tasks/{cell.task}/{path.name}": path for path in _files(folder)}


def made_of(ran: Ran, cell: Cell) -> dict[str, Path]:
    """Return all files that are of this network alone, by their names under the results."""
    folder = ran.results / "runs" / cell.task / cell.model
    return {path.relative_to(ran.results).as_posix(): path for path in _files(folder)}


def logs_of(ran: Ran, cell: Cell) -> dict[str, Path]:
    """Return the logs of jobs of this network or its task, by their names beside the results."""
    found = {}
    for path in _files(ran.home / LOGS):
        parts = path.relative_to(ran.home / LOGS).with_suffix("").parts
        # logs/RULE/TASK.log, logs/RULE/TASK/MODEL.log or logs/RULE/TASK/MODEL/...
        if parts[1:2] == (cell.task,) and parts[2:3] in ((), (cell.model,)):
            found[path.relative_to(ran.home).as_posix()] = path
    return found


def rows_of(ran: Ran, cell: Cell, *, is_own: bool) -> dict[str, str]:
    """Return the rows of this network of each table that has any, as they stand there."""
    tables = {path.name: path for path in sorted((ran.results / "tables").glob("*.csv"))}
    kept = {name: _rows(path, cell) for name, path in tables.items()}
    left = TELLING_TABLES if is_own else ()
    return {f"tables/{name}": rows for name, rows in kept.items() if rows and name not in left}


def _rows(path: Path, cell: Cell) -> str:
    """Return the rows of a cell under the names of columns; empty where there are none."""
    written = io.StringIO()
    with naming(path), open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if (row.get("task"), row.get("model")) == cell.pair]
        writer = csv.DictWriter(written, reader.fieldnames or (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue() if rows else ""


def digests(files: Mapping[str, Path], renamed: Callable[[str], str]) -> str:
    """Return digests of results as `sha256sum --check` reads them.

    Args:
        files: by name.
        renamed: returns a text as a run of the bundle writes it: its paths have other names.
    """
    told = {name: _digest(files[name], renamed) for name in sorted(files)}
    return "".join(f"{digest}  {RESULTS}/{name}\n" for name, digest in told.items())


def _digest(path: Path, renamed: Callable[[str], str]) -> str:
    if path.suffix not in TEXTS:
        return sha256(path)
    with naming(path):
        return hashlib.sha256(renamed(path.read_text(encoding="utf-8")).encode()).hexdigest()


def missing(ran: Ran, cell: Cell, config: Mapping[str, Any]) -> list[str]:
    """Return what a finished run has of a cell and this one has not, by name."""
    return [name for name in _wanted(ran, cell, dict(config)) if not (ran.results / name).exists()]


def _wanted(ran: Ran, cell: Cell, config: dict[str, Any]) -> Iterator[str]:
    yield from (f"tasks/{cell.task}/{split}.parquet" for split in SPLITS)
    wanted = [ran.results / name for name in last_files(config, cell)]
    for seed in config["seeds"]:
        where = (ran.results, cell.task, cell.model, seed)
        run = Run.at(*where, layer=layer_of(config, cell.model) if is_whole(config, cell) else "")
        wanted.append(run.card)
        if is_whole(config, cell):
            wanted += [run.trace(split) for split in SPLITS]
            studies = map(run.study, config["abstractions"]["methods"])
            wanted += [run.pod, *(study / "machines.json" for study in studies)]
            wanted += [run.scores, run.probes, run.counterfactuals, run.verdict]
    yield from (path.relative_to(ran.results).as_posix() for path in wanted)
    yield from ("tables/comparison.csv", *PROVENANCE)


def versions_of(ran: Ran) -> dict[str, Any] | None:
    """Return the versions that the run has written down; None where it has not."""
    path = ran.results / PROVENANCE[1]
    found: dict[str, Any] | None = read_json(path) if path.is_file() else None
    return found


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]
