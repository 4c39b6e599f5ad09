"""What can be said on the command line; what it does stands in the modules beside this one.

Those are imported by the command that needs them: `markovlens --help` loads click and no more.
"""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from markovlens.command.columns import data_options
from markovlens.errors import DataError, MarkovlensError, in_full

PROGRAM = "markovlens"
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 it could not be done, 2 wrong use, 130 stopped.

    `run` exits as Snakemake does, but for 130 and, stopped by other signals, 143 and 129.
    """
    try:
        code = _code_of(arguments)
    except click.ClickException as error:
        click.echo(f"{PROGRAM}: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except MarkovlensError as error:
        click.echo(f"{PROGRAM}: {in_full(error)}", err=True)
        sys.exit(1)
    except click.Abort:
        click.echo(f"{PROGRAM}: stopped", err=True)
        sys.exit(130)
    sys.exit(code)


def _code_of(arguments: Sequence[str] | None) -> int | None:
    """Run a command; raises `DataError` for a path that is longer than the system takes."""
    try:
        code: int | None = app.main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        longest = max(Path(str(error.filename)).parts, key=len)
        raise DataError(
            f"{longest[:20]}...: expected a path that this system takes, got one with "
            "a name that is too long, or that is too long itself; give a shorter one",
            page="wrong-kind",
        ) from error
    return code


class InOrder(click.Group):
    """A group whose commands are listed as they are used, not by the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order in which they stand below."""
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=PROGRAM)
def app() -> None:
    """Which small state machine is a recurrent network running, and how far can it be trusted?

    `markovlens COMMAND --help` says more, docs/command.md has examples.
    """


def cores(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return the number of cores as it came; raises unless it is one, or `all`."""
    if value == "all" or (value.isdecimal() and int(value)):
        return value
    raise click.BadParameter(f"expected a whole number, 1 or more, or all, got {value!r}")


@app.command()
@click.argument("name", type=FOLDER)
def new(name: Path) -> None:
    """Make a folder with an example project: config, data, network.

    It can be run at once: `cd NAME`, then `markovlens run`, which takes a minute or two.
    """
    from markovlens.command.project import make_project

    for path in make_project(name):
        click.echo(path)
    click.echo(f"Next: cd {shlex.quote(str(name))}, then markovlens run")


@app.command()
@click.argument("what", nargs=-1, type=click.UNPROCESSED, metavar="[CONFIG] [TARGET]...")
@click.option("-c", "--cores", default="all", callback=cores, help="A number, or all (default).")
@click.option("-d", "--directory", type=FOLDER, help="Where results go; else they go here.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say which jobs there are to do.")
def run(what: Sequence[str], cores: str, directory: Path | None, dry_run: bool) -> None:
    """Run the workflow of a config, to its report.

    Or only to some TARGETs, files or rules.

    CONFIG is a file, or the name of a config that comes with markovlens: smoke, config (the
    benchmark), paper, ...; without it, config/config.yaml is taken. Stopped by Ctrl-C, or `kill`,
    it goes on with the same command. Options of Snakemake's own stand after `--`: markovlens run
    smoke -- --config seed=1.
    """
    from markovlens.command.start import snakemake_arguments, start

    options = ["--dry-run"] if dry_run else []
    options += ["--directory", str(directory)] if directory else []
    start(snakemake_arguments(what, cores=cores, options=options))


@app.command()
@click.argument("run", type=click.Path(path_type=Path), default=".")
def show(run: Path) -> None:
    """Open the page of a run in the browser.

    RUN is a results folder, or the folder in which it lies; without it, this one. Of one network
    figures/TASK/MODEL in the results has the explorer.
    """
    from markovlens.command.pages import opened, page_of

    page = page_of(run)
    click.echo(page)
    if not opened(page):
        click.echo("markovlens: found no browser here; open this page by its path", err=True)


@app.command(short_help="Explain a NETWORK by its answers to DATA.")
@click.argument("network", required=False)
@click.argument("data", type=click.Path(path_type=Path), required=False)
@data_options
@click.option("--layer", metavar="NAME", help="Whose states; else the last recurrent one's.")
@click.option("--unit", metavar="WORD", help="What a step is called, as minute.")
@click.option("--page", type=FILE, help="Write the page here.")
@click.option("--explorer", type=FILE, help="Write linked views here.")
@click.option("--record", type=FILE, help="Write the record here.")
@click.option("--export", type=FILE, help="Write the machine here: .c, .py, .onnx or .rs.")
@click.option("--seed", metavar="NUMBER", type=click.IntRange(0), default=0, help="Of all draws.")
@click.option("--example", is_flag=True, help="Explain the network that comes along.")
def explain(network: str | None, data: Path | None, **rest: Any) -> None:
    """Explain a NETWORK, file.py:callable or a file, by DATA, a table or a text."""
    from markovlens.command.explaining import check_files, explained, notes, write_all
    from markovlens.command.there import check_there

    is_example = rest.pop("example")
    files = {name: rest.pop(name) for name in ("page", "explorer", "record", "export")}
    settings = {name: rest.pop(name) for name in ("layer", "unit", "seed")}
    settings = {name: value for name, value in settings.items() if value is not None}
    if [network is None, data is None] != [is_example] * 2:
        raise click.UsageError("expected NETWORK and DATA, or --example without them")
    if network and data:
        check_there(network, rest["weights"], data)
    check_files(files)
    with notes():
        found = explained(network, data, rest, **settings)
    click.echo(found)
    write_all(found, files)


@app.command()
@click.argument("record", type=FILE)
@click.argument("network")
@click.argument("data", type=click.Path(path_type=Path))
@data_options
def replay(record: Path, network: str, data: Path, **given: Any) -> int:
    """Make the result of a RECORD again, and say what differs.

    NETWORK, DATA and options are those of `explain`; settings and seed are taken from the record.
    It exits with 1 where anything differs.
    """
    from markovlens.command.explaining import notes, replayed
    from markovlens.command.there import check_there

    check_there(network, given["weights"], data, record)
    with notes():
        found = replayed(record, network, data, given)
    click.echo(found)
    return int(not found.same)


@app.command()
@click.argument("cell", metavar="TASK/MODEL")
@click.option("-r", "--run", "folder", type=FOLDER, default=".", help="Where the run is, or here.")
@click.option("-o", "--output", type=FILE, help="The zip; else TASK-MODEL.zip here.")
@click.option("--config", "config_file", type=FILE, help="Of a run that is half done.")
@click.option("--with-own", is_flag=True, help="Put your own data and network in, too.")
def bundle(
    cell: str, folder: Path, output: Path | None, config_file: Path | None, with_own: bool
) -> None:
    """Put one cell of a run into a zip, as for a bug report.

    It has a config of that cell alone, data, logs, versions, rows of tables, and a README that says
    how to run it again. Your own files stay out, unless asked for; names of you and yours, too.
    """
    from markovlens.command.bundle import write_bundle

    path, told = write_bundle(
        folder, cell, config_file=config_file, output=output, with_own=with_own
    )
    click.echo(f"{path}, {path.stat().st_size / 1000:,.0f} kB")
    for line in told.lines():
        click.echo(line)


@app.command()
def doctor() -> int:
    """Say what is missing on this machine, and how to get it.

    It exits with 1 where markovlens cannot do without; the rest is optional.
    """
    from markovlens.command.checkup import look

    found = list(look())
    for each in found:
        click.echo(each)
    return int(any(each.is_failure for each in found))


@app.command()
@click.argument("identifier", required=False)
def errors(identifier: str | None) -> None:
    """Say of an error how it comes about, and what to do.

    IDENTIFIER is named below the error's message; without it, all are listed.
    """
    from markovlens.command.errors import listed, page_on

    click.echo(page_on(identifier) if identifier else listed())
