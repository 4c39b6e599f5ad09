"""What can be said on the command line; what it does stands in the modules beside this one.

Those are imported by the command that needs them: `markovlens --help` loads click and no more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from markovlens.errors import MarkovlensError

PROGRAM = "markovlens"
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 it could not be done, 2 wrong use, 130 stopped.

    `run` exits as Snakemake does.
    """
    try:
        code = app.main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"{PROGRAM}: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except MarkovlensError as error:
        click.echo(f"{PROGRAM}: {error}", err=True)
        sys.exit(1)
    except click.Abort:
        click.echo(f"{PROGRAM}: stopped", err=True)
        sys.exit(130)
    sys.exit(code)


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
    click.echo(f"Next: cd {name}, then markovlens run")


@app.command()
@click.argument("what", nargs=-1, type=click.UNPROCESSED, metavar="[CONFIG] [TARGET]...")
@click.option("-c", "--cores", default="all", callback=cores, help="A number, or all (default).")
@click.option("-d", "--directory", type=FOLDER, help="Where results go; else they go here.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say which jobs there are to do.")
def run(what: Sequence[str], cores: str, directory: Path | None, dry_run: bool) -> None:
    """Run the workflow of a config, to its report.

    Or only to some TARGETs, files or rules.

    CONFIG is a file, or the name of a config that comes with markovlens: smoke, config (the
    benchmark), paper, ...; without it, config/config.yaml is taken. A killed run goes on from where
    it was. Options of Snakemake's own stand after `--`: markovlens run smoke -- --config seed=1.
    """
    from markovlens.command.start import snakemake_arguments, start

    options = ["--dry-run"] if dry_run else []
    options += ["--directory", str(directory)] if directory else []
    start(snakemake_arguments(what, cores=cores, options=options))


@app.command()
@click.argument("run", type=click.Path(path_type=Path), default=".")
def show(run: Path) -> None:
    """Open the page of a run in the browser.

    RUN is a results folder, or the folder in which it lies; without it, this one.
    """
    from markovlens.command.pages import page_of

    page = page_of(run)
    click.echo(page)
    click.launch(str(page))
