"""From the files of a run to what the report says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from markovlens.errors import DataError
from markovlens.files.whole import naming, read_json
from markovlens.report.captions import Captions
from markovlens.report.catalogue import NETWORKS, PARTS, Part
from markovlens.report.columns import Row, claims, networks, read_rows
from markovlens.report.content import Figure, Link, Network, Provenance, Report, Study, Subject
from markovlens.report.pictures import ROOM, figure_files, figures_of
from markovlens.tables.claims import CLAIM_DIFFERENCES, CLAIMS
from markovlens.tables.registry import table_of
from markovlens.tables.scores import COMPARISON
from markovlens.tables.table import Table
from markovlens.tables.verdicts import COUNTEREXAMPLES, VERDICTS

TABLES = "tables"
CONFIG, VERSIONS = "provenance/config.resolved.yaml", "provenance/versions.json"
FACTS = {
    "commit": "commit",
    "uncommitted_changes": "changes that were not committed",
    "python": "Python",
    "platform": "platform",
    "processor": "processor",
}
# Files of one seed that a reader may want, under `runs/<task>/<model>/seed-<n>`.
OF_SEED = {
    "network/card.json": "network",
    "faithfulness/verdict.json": "verdict and counterexamples",
    "abstractions/{method}/machines.json": "machines of {method}",
    "dynamics/numbers.parquet": "every number of every analysis",
    "embedding/states.parquet": "what its states stand for",
}
BESIDE_FIGURES = {
    "explorer.html": "explorer: machine, states and sequences as linked views",
    "machine.dot": "machine for Graphviz",
    "machine.csv": "words of its edges",
}


Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """The files of a whole run: what its rule was given, and what may be linked beside it.

    Attributes:
        results: the folder of the results.
        files: every result that the report is made of, figures and tables.
        figures: those of them that are figures, made, by part, task and model; of all networks
            together the last two are empty.
        seeds: of the config.
    """

    results: Path
    files: frozenset[Path]
    figures: Mapping[Place, tuple[Figure, ...]]
    seeds: tuple[int, ...]

    def link(self, path: str, label: str) -> list[Link]:
        """Return the link to a file under the results, or nothing if it is not there."""
        file = self.results / path
        return [Link(label, path, file.stat().st_size, table_of(path))] if file.is_file() else []

    def table(self, table: Table) -> list[Row]:
        """Return the rows of a table; of one that this run has not, none."""
        path = self.results / table.files[0]
        return read_rows(path, table) if path in self.files else []

    def links(self, task: str, model: str, methods: Mapping[int, str]) -> tuple[Link, ...]:
        """Return the files of one network, with its machines by the method of each seed."""
        place = f"{task}/{model}"
        found = [
            self.link(f"figures/{place}/{name}", said) for name, said in BESIDE_FIGURES.items()
        ]
        for seed in self.seeds:
            method = methods.get(seed, "")
            for name, said in OF_SEED.items():
                path = f"runs/{place}/seed-{seed}/{name.format(method=method)}"
                found.append(self.link(path, f"seed {seed}: {said.format(method=method)}"))
        return tuple(link for links in found for link in links)


def gather(results: Path, files: Iterable[Path], *, captions: Path, room: int = ROOM) -> Report:
    """Return what the report of a run says.

    Args:
        results: the folder of the results.
        files: tables, figures and provenance that the run made, under `results`.
        captions: the folder with the captions of the figures.
        room: bytes for drawings in the page.

    Raises:
        DataError: a file is missing, damaged, or lies somewhere else.
    """
    files = sorted(files)
    strange = [path for path in files if not path.is_relative_to(results)]
    if strange:
        raise DataError(
            f"{strange[0]}: expected a file under {results}, where the report will be",
            page="run-unfinished",
        )
    config = _config(results / CONFIG)
    drawn = figures_of(
        figure_files(files, results=results), Captions(captions, config), results=results, room=room
    )
    figures: dict[Place, tuple[Figure, ...]] = {}
    for file, figure in drawn.items():
        place = (file.part, file.task, file.model)
        figures[place] = (*figures.get(place, ()), figure)
    run = Run(results, frozenset(files), figures, tuple(config.get("seeds", ())))
    return Report(
        networks=tuple(_networks(run)),
        claims=tuple(claims(run.table(CLAIMS))),
        studies=tuple(study for part in PARTS if (study := _study(part, run)) is not None),
        tables=tuple(_claim_tables(run)),
        provenance=_provenance(run),
        level=float(config.get("faithfulness", {}).get("level", 0.95)),
    )


def _claim_tables(run: Run) -> list[Link]:
    """Return the tables of claims, where there are any."""
    said = {CLAIMS: "every claim", CLAIM_DIFFERENCES: "the groups that each rests on"}
    known = [table for table in said if run.results / table.files[0] in run.files]
    return [link for table in known for link in run.link(table.files[0], said[table])]


def _config(path: Path) -> dict[str, Any]:
    with naming(path):
        try:
            return yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ValueError(f"no YAML: {error}") from error


def _networks(run: Run) -> list[Network]:
    found = networks(*map(run.table, (COMPARISON, VERDICTS, COUNTEREXAMPLES)))
    return [
        replace(
            network,
            figures=run.figures.get((NETWORKS, network.task, network.model), ()),
            links=run.links(network.task, network.model, _methods(network)),
        )
        for network in found
    ]


def _methods(network: Network) -> dict[int, str]:
    return {one.seed: one.method for one in network.seeds if one.seed is not None}


def _study(part: Part, run: Run) -> Study | None:
    """Return one part of the report; None if the run has nothing of it."""
    together = run.figures.get((part.name, "", ""), ())
    each = {place[1:]: found for place, found in run.figures.items() if place[0] == part.name}
    places = sorted(place for place in each if place != ("", ""))
    tables = [
        link
        for name, label in part.tables.items()
        for link in run.link(f"{TABLES}/{name}", label)
        if run.results / link.path in run.files
    ]
    if not (together or places or tables):
        return None
    subjects = [
        Subject(task, model, each[task, model], run.links(task, model, {}))
        for task, model in places
    ]
    return Study(
        name=part.name,
        short=part.short,
        title=part.title,
        about=part.about,
        figures=together,
        tables=tuple(tables),
        subjects=tuple(subjects),
    )


def _provenance(run: Run) -> Provenance:
    versions = read_json(run.results / VERSIONS)
    with naming(run.results / VERSIONS):
        facts = {label: _said(versions[name]) for name, label in FACTS.items()}
        packages = {name: _said(version) for name, version in sorted(versions["packages"].items())}
    links = [*run.link(CONFIG, "every setting"), *run.link(VERSIONS, "versions")]
    return Provenance(facts, packages, tuple(links))


def _said(value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
