"""From the files of a run to what the report says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from markovlens.errors import DataError
from markovlens.files import naming, read_json
from markovlens.report.captions import Captions
from markovlens.report.catalogue import NETWORKS, PARTS, Part
from markovlens.report.columns import claims, networks, read_rows
from markovlens.report.content import Figure, Link, Network, Provenance, Report, Study, Subject
from markovlens.report.pictures import ROOM, File, figure_files, figures_of

TABLES = "tables"
CLAIMS = "claims.csv"
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
}
BESIDE_FIGURES = {
    "automaton.dot": "automaton for Graphviz",
    "automaton.csv": "words of its edges",
}


@dataclass(frozen=True, slots=True)
class Run:
    """The files of a whole run: what its rule was given, and what may be linked beside it.

    Attributes:
        results: the folder of the results.
        files: every result that the report is made of, figures and tables.
        figures: those of them that are figures, made.
    """

    results: Path
    files: frozenset[Path]
    figures: Mapping[File, Figure]

    def link(self, path: str, label: str) -> list[Link]:
        """Return the link to a file under the results, or nothing if it is not there."""
        file = self.results / path
        return [Link(label, path, file.stat().st_size)] if file.is_file() else []

    def table(self, name: str) -> list[Any]:
        """Return the rows of a table; of one that this run has not, none."""
        path = self.results / name
        return read_rows(path) if path in self.files else []

    def pictures(self, part: str, *, task: str = "", model: str = "") -> tuple[Figure, ...]:
        """Return the figures of a part, of one network or of all together."""
        wanted = (part, task, model)
        found = self.figures.items()
        return tuple(figure for f, figure in found if (f.part, f.task, f.model) == wanted)


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
        raise DataError(f"{strange[0]}: expected a file under {results}, where the report will be")
    config = _config(results / CONFIG)
    drawn = figures_of(
        figure_files(files, results=results), Captions(captions, config), results=results, room=room
    )
    run = Run(results, frozenset(files), drawn)
    return Report(
        networks=tuple(_networks(run)),
        claims=tuple(claims(run.table(CLAIMS))),
        studies=tuple(study for part in PARTS if (study := _study(part, run)) is not None),
        tables=tuple(run.link(CLAIMS, "every claim") if run.table(CLAIMS) else ()),
        provenance=_provenance(run),
        level=float(config.get("faithfulness", {}).get("level", 0.95)),
    )


def _config(path: Path) -> dict[str, Any]:
    with naming(path):
        try:
            return yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ValueError(f"no YAML: {error}") from error


def _networks(run: Run) -> list[Network]:
    names = ("comparison.csv", "verdicts.csv", "counterexamples.csv")
    found = networks(*[run.table(f"{TABLES}/{name}") for name in names])
    return [
        replace(
            network,
            figures=run.pictures(NETWORKS, task=network.task, model=network.model),
            links=tuple(_links(run, network)),
        )
        for network in found
    ]


def _links(run: Run, network: Network) -> list[Link]:
    place = f"{network.task}/{network.model}"
    links = [
        link
        for name, label in BESIDE_FIGURES.items()
        for link in run.link(f"figures/{place}/{name}", label)
    ]
    for seed in network.seeds:
        for name, label in OF_SEED.items():
            path = f"runs/{place}/seed-{seed.seed}/{name.format(method=seed.method)}"
            links += run.link(path, f"seed {seed.seed}: {label.format(method=seed.method)}")
    return links


def _study(part: Part, run: Run) -> Study | None:
    """Return one part of the report; None if the run has nothing of it."""
    together = run.pictures(part.name)
    places = dict.fromkeys((f.task, f.model) for f in run.figures if f.part == part.name and f.task)
    tables = [
        link
        for name, label in part.tables.items()
        for link in run.link(f"{TABLES}/{name}", label)
        if run.results / link.path in run.files
    ]
    if not (together or places or tables):
        return None
    subjects = [
        Subject(task, model, run.pictures(part.name, task=task, model=model), ())
        for task, model in sorted(places)
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
