"""A network and data that are named on the command line, as `explain` takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd

from markovlens.activations.outputs import LINK_OF
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.tasks.custom.description import Description, check_names, check_target
from markovlens.tasks.custom.making import Whole, rows_in_order, whole_of
from markovlens.tasks.custom.reading import FILE, ROW, check_columns, columns_in, files_in

TEXT = ".txt"
LINE, SYMBOL = "line", "symbol"  # columns of a text
PLACE = "explain"
TRUTH_VALUES = ("False", "True")


def network_of(named: str, weights: Path | None) -> Any:
    """Return a network: what a callable of Python makes, or the path of a file as it is.

    Args:
        named: `folder/file.py:callable`, `package.module:callable`, or the path of a file.
        weights: the file of weights of what the callable makes; None where it has them.

    Raises:
        ConfigError: the callable is not found or fails.
        DataError: weights that are not those of the network.
    """
    from markovlens.networks.user import import_module
    from markovlens.networks.weights import load_weights

    if ":" not in named or Path(named).exists():
        if weights is not None:
            raise click.UsageError(
                f"--weights are of what a callable makes, file.py:callable; got the file {named}"
            )
        return named
    made = import_module(named)
    return made.eval() if weights is None else load_weights(made, weights)


def arguments_of(data: Path, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `explain` and `replay` take beside the network.

    Args:
        data: a file or folder that `tasks.custom` reads, or a text of one sequence a line.
        columns: which column is what, by names of `Description`, and `classes`.

    Raises:
        click.UsageError: neither rows nor symbols are named, or both; classes beside a target.
        ConfigError, DataError: columns or cells that are not there or not as they are described.
    """
    named = columns["classes"]
    if named and columns["target"]:
        raise click.UsageError(
            "--classes are names of answers without a target; those of a target are its levels, "
            f"--levels {columns['target'][0]}={','.join(named)}"
        )
    found, described = _read(data, {key: columns[key] for key in columns if key != "classes"})
    _check_named(found, described)
    said: dict[str, Any] = {"sequences": found.whole.inputs}
    said["link"] = LINK_OF[described.output]
    if found.symbols:
        said["symbols"] = list(found.symbols)
    if described.target:
        said |= {"targets": found.whole.targets, "classes": list(found.classes)}
    if named:
        said["classes"] = list(named)
    return said


def _read(data: Path, columns: Mapping[str, Any]) -> tuple[Whole, Description]:
    output = Output(columns["output"])
    if data.suffix.lower() == TEXT:
        table = _text(data)
        given = [name for name in ("sequence", "step", "inputs", "symbols") if columns[name]]
        for name in given or ["target"] * bool(columns["target"]):
            raise click.UsageError(f"--{name} names a column, and a text has none; leave it out")
        known = {**columns, "sequence": LINE, "symbols": SYMBOL, "output": output}
        described = Description(str(data), **known)
        check_names(PLACE, described)
    else:
        table = None
        described = _described(Description(str(data), **{**columns, "output": output}))
    return whole_of(*rows_in_order(described, table), described), described


def _described(found: Description) -> Description:
    """Return a description of columns that are there; raises for one that cannot be."""
    if bool(found.inputs) == bool(found.symbols):
        raise click.UsageError(
            "expected --inputs (columns of numbers) or --symbols (a column), got "
            f"{'both' if found.inputs else 'neither'}"
        )
    for path in files_in(found.data):
        check_columns(path, found.columns, columns_in(path))
    if found.target:
        check_target(PLACE, found)
    check_names(PLACE, found)
    return found


def _text(path: Path) -> pd.DataFrame:
    """Return a text as a table: a row for each symbol, words where a line has blanks, or letters.

    Raises:
        DataError: it is not UTF-8, empty, or has an empty line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: expected a text in UTF-8, a sequence a line, got none that can be read",
            page="damaged-file",
        ) from error
    rows = list(_rows(path, lines))
    if not rows:
        raise DataError(
            f"{path}: expected a sequence a line, got an empty file", page="nothing-there"
        )
    table = pd.DataFrame(rows, columns=[LINE, SYMBOL])
    table[FILE], table[ROW] = path.name, table[LINE]
    return table


def _rows(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    are_words = any(" " in line.strip() for line in lines)
    for number, line in enumerate(lines, start=1):
        symbols = line.split() if are_words else list(line.strip())
        if not symbols:
            raise DataError(
                f"{path}, line {number}: expected a sequence, got an empty line",
                page="nothing-there",
            )
        yield from ((number, symbol) for symbol in symbols)


def _check_named(found: Whole, described: Description) -> None:
    """Raise `DataError` for names of which nobody has said which code each is to the network.

    The alphabet's order is not the network's, and one name that these data lack would move others.
    """
    named = {channel.name: channel.levels or () for channel in found.whole.inputs.channels}
    named[str(described.symbols)] = found.symbols
    if described.output == Output.DISTRIBUTION and described.target:
        named[described.target[0]] = found.classes
    for column, names in named.items():
        codes = all(name.isdecimal() or name in TRUTH_VALUES for name in names)
        if not codes and column not in described.levels:
            shown = ",".join(names[:3])
            raise DataError(
                f"{described.data}: {column}: expected to be told which names the network's codes "
                f"0, 1, ... have, got names alone; give all in that order, --levels "
                f"{column}={shown}{',...' if len(names) > 3 else ''} or --levels {column}=@FILE",
                page="wrong-names",
            )
