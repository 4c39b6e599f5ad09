"""What is said of a bundle: on the command line, and in its README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markovlens.command.cells import Cell

PACKAGE = "markovlens"
SHOWN = 3  # of missing files, on the command line
README = """\
{cell}: one cell of a run of markovlens, cut out by `markovlens bundle`.

Run it again, in this folder, with markovlens {version} and its workflow{commit}:

    markovlens run config.yaml{targets}
    sha256sum --check --quiet recorded/SHA256SUMS

On that machine, with the versions of recorded/versions.json, the second line finds nothing that
differs. Elsewhere last digits may; then compare results/tables with recorded/tables.
macOS has `shasum -a 256 --check` for it.

config.yaml             the run's config with all defaults, cut to this cell; its seeds are kept
versions.json           packages, system and commit where this bundle was made
recorded/versions.json  the same of the run
recorded/logs           logs of this cell's jobs
recorded/tables         this cell's rows of the run's tables
recorded/tasks          the data of the task
recorded/runs           of each seed its cards, machines, verdict and weights
recorded/SHA256SUMS     digests of all that the run made of this cell, activations too
own                     files of somebody's own that the config names, if they were put in

Folders of homes and names of the user and the machine are replaced in all texts.
{notes}"""
SHUT = (
    "left out: what shows some of your own data: sequences, machines, verdicts, weights, "
    "counterexamples. Logs are in: one may name a cell of a table, so read them before you send it"
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a bundle.

    Attributes:
        cell: the task and the model.
        targets: files to ask the workflow for; none for the whole.
        versions: of the run, or here where it has written down none, as `describe` says them.
        left_out: name, digest and reason of each file that a run needs and that is not in it.
        is_shut: whether files of somebody's own are not in it.
        missing: what a finished run would have.
        failed: jobs that failed, each with its last sentence.
    """

    cell: Cell
    targets: tuple[str, ...]
    versions: Mapping[str, Any]
    left_out: tuple[tuple[str, str, str], ...]
    is_shut: bool
    missing: tuple[str, ...]
    failed: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield what is not in a bundle and why, a line each."""
        for name, digest, reason in self.left_out:
            yield f"left out: {name} (SHA-256 {digest}): {reason}"
        if self.is_shut:
            yield SHUT
        if self.missing:
            more = ", ..." if len(self.missing) > SHOWN else ""
            shown = ", ".join(self.missing[:SHOWN]) + more
            yield f"missing: {len(self.missing)} files, the run is half done: {shown}"
        for said in self.failed:
            yield f"failed: {said}"


def readme(told: Told) -> str:
    """Return the text that lies beside the config."""
    commit = told.versions["commit"]
    missing = "\n".join(f"  {name}" for name in told.missing[SHOWN:])
    notes = [*told.lines(), *filter(None, [missing])]
    return README.format(
        cell=told.cell,
        version=told.versions["packages"][PACKAGE],
        targets="".join(f" results/{name}" for name in told.targets),
        commit=f" (commit {commit}{_changed(told.versions)})" if commit else "",
        notes="".join(f"\n{line}\n" for line in notes),
    )


def _changed(versions: Mapping[str, Any]) -> str:
    return " and changes that are in none" if versions["uncommitted_changes"] else ""
