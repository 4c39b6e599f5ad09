"""`markovlens explain` and `replay`: what is named on the command line, explained."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from markovlens.errors import DataError, MarkovlensError, reason_of

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation
    from markovlens.records.replaying import Replay


def explained(
    network: str | None, data: Path | None, given: Mapping[str, Any], **settings: Any
) -> Explanation:
    """Return the explanation of a network, or of the example where none is named.

    Args:
        network, data: as they are named; None for the example.
        given: `weights`, and which column is what.
        **settings: of `explain`.

    Raises:
        MarkovlensError: as `explain` and what reads network and data raise it.
    """
    from markovlens.explaining.building import explain

    if network is None or data is None:
        return explain(**{**_example(), **settings})
    model, arguments = _taken(network, data, given)
    with _failing_on(network, data):
        return explain(model, **arguments, **_named(network, settings))


def replayed(record: Path, network: str, data: Path, given: Mapping[str, Any]) -> Replay:
    """Return what came of making the result of a record again; raises as `explained` does."""
    from markovlens.records.replaying import replay

    model, arguments = _taken(network, data, given)
    with _failing_on(network, data):
        return replay(record, network=model, **arguments)


def check_files(files: Mapping[str, Path | None]) -> None:
    """Raise, before anything is fitted, for a missing folder or another ending than is written."""
    from markovlens.files.whole import check_folder

    for named in filter(None, files.values()):
        check_folder(named)  # before what takes long to load
    from markovlens.explaining.page import HTML
    from markovlens.records.record import ENDINGS
    from markovlens.reliance.exporting.exported import language_of

    endings = {"page": HTML, "explorer": HTML, "record": ENDINGS}
    for name, path in files.items():
        if path is not None:
            check_folder(path, endings.get(name, ()))
    if files["export"] is not None:
        language_of(files["export"])


def write_all(explanation: Explanation, files: Mapping[str, Path | None]) -> None:
    """Write page, explorer, record and machine of an explanation, those a file is named for."""
    from markovlens.explaining.page import write_page
    from markovlens.explorer.page import write_explorer
    from markovlens.records.record import write_record

    for name, write in {
        "page": write_page,
        "explorer": write_explorer,
        "record": write_record,
        "export": _write_machine,
    }.items():
        path = files[name]
        if path is not None:
            write(path, explanation)


def _write_machine(path: Path, explanation: Explanation) -> None:
    """Write the machine in the language that the file's ending names, with what was measured."""
    from markovlens.reliance.exporting.exported import export, language_of

    export(explanation, language_of(path), path)


@contextmanager
def notes() -> Iterator[None]:
    """Say warnings in a line each, behind what was made."""
    with warnings.catch_warnings(record=True, action="always") as caught:
        yield
    for text in dict.fromkeys(str(each.message) for each in caught):
        click.echo(f"note: {' '.join(text.split())}", err=True)


def _example() -> dict[str, Any]:
    from markovlens.examples.reviews import example

    e = example()
    read = {"sequences": e.sequences, "targets": e.targets, "symbols": e.symbols}
    return {"network": e.network, **read, "classes": e.classes, "unit": "word", "name": "reviews"}


def _taken(network: str, data: Path, given: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    from markovlens.command.given import arguments_of, network_of

    columns = {name: value for name, value in given.items() if name != "weights"}
    return network_of(network, given["weights"]), arguments_of(data, columns)


def _named(network: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the name of the network in titles: its callable, or its file."""
    return {**settings, "name": Path(network).name.rpartition(":")[2]}


@contextmanager
def _failing_on(network: str, data: Path) -> Iterator[None]:
    """Say in words that somebody's network fails on these data, whatever it raises."""
    try:
        yield
    except MarkovlensError:
        raise
    except Exception as error:
        raise DataError(
            f"{network} fails on {data} ({type(error).__name__}: {reason_of(error)}); does it read "
            "the columns that are named, in that order?",
            page="network-fails",
        ) from error
