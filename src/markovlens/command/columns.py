"""Options that say what is read of a network and of data, for every command that takes both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
OUTPUTS = ("distribution", "labels", "values", "risk")  # `outputs.Output`, which loads numpy
MORE = "@"  # before the name of a file that has names, one a line


def names(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return names between commas; raises for none at all."""
    if value is None:
        return ()
    found = tuple(name.strip() for name in value.split(","))
    if not all(found):
        raise click.BadParameter(f"expected names of columns with commas between, got {value!r}")
    return found


def levels(
    ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the names of each column of `COLUMN=NAME,NAME` or `COLUMN=@FILE`."""
    found = {}
    for said in value:
        column, equals, listed = said.partition("=")
        if not (equals and column and listed):
            raise click.BadParameter(f"expected COLUMN=NAME,NAME or COLUMN=@FILE, got {said!r}")
        found[column] = _listed(listed)
    return found


def classes(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return the names of `NAME,NAME` or `@FILE`; none where they are not given."""
    return _listed(value) if value else ()


def _listed(said: str) -> tuple[str, ...]:
    return _lines(said.removeprefix(MORE)) if said.startswith(MORE) else tuple(said.split(","))


def _lines(path: str) -> tuple[str, ...]:
    try:
        return tuple(Path(path).read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path}: expected a file of text, a name a line") from error


OPTIONS = (
    click.option("--weights", type=click.Path(path_type=Path), help="File of a module's weights."),
    click.option("--sequence", metavar="COLUMN", help="Tells sequences apart."),
    click.option("--step", metavar="COLUMN", help="Orders the steps of a sequence."),
    click.option("--inputs", metavar="COLUMN,...", callback=names, help="Rows that are read, or"),
    click.option("--symbols", metavar="COLUMN", help="symbols that are read."),
    click.option("--target", metavar="COLUMN,...", callback=names, help="What is right."),
    click.option("--output", metavar="KIND", type=click.Choice(OUTPUTS), default=OUTPUTS[0],
                 help="distribution, labels, values or risk."),
    click.option("--horizon", metavar="STEPS", type=click.IntRange(0), default=0,
                 help="By which the target lies ahead."),
    click.option("--levels", metavar="COLUMN=NAME,...", multiple=True, callback=levels,
                 help="Names by code; or COLUMN=@FILE."),
    click.option("--classes", metavar="NAME,...", callback=classes,
                 help="Of answers without a target; or @FILE."),
)  # fmt: skip


def data_options(command: Command) -> Command:
    """Add the options to a command, which gets `weights`, and all others by their names."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
