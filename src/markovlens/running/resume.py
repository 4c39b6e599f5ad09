"""Run Snakemake in a folder where an earlier run may have been killed, or may still be at work.

    python -m markovlens.running.resume [any arguments of snakemake]

It waits until nobody else is at work in the folder, takes off the lock and sweeps up the halves of
files that a killed run left there, and then becomes `snakemake` with the same arguments. Nothing
that is finished is touched.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from markovlens.config.documents import check_config_files
from markovlens.errors import ConfigError, MarkovlensError, StorageError, in_full
from markovlens.running.presence import SNAKEMAKE, alone, share
from markovlens.running.shipped import workflow_folder
from markovlens.running.stopping import stopped_in_one_line

RESULTS, LOGS = "results", "logs"
FORKING = Path("workflow", "forking.py")  # Snakemake, whose jobs start quickly
WAITING = (
    "Another run, or the last jobs of a killed one, are at work in {folder}. "
    "Waiting for them to end (Ctrl-C to give up).\n"
)
NO_CONFIG = "{path}: no such config file; see config/ for those that come with the benchmark."
NO_LOCK = (
    "Cannot tell whether another run is at work in {folder} ({error}). Starting all the same; "
    "if Snakemake finds a lock there and no run is left, remove it with `snakemake --unlock`.\n"
)


def main(arguments: Sequence[str]) -> None:
    """Check the config files, then become `snakemake` with these arguments."""
    try:
        check_configs(arguments)
    except ConfigError as error:
        sys.exit(f"Bad config:\n{in_full(error)}")
    try:
        become(arguments)
    except MarkovlensError as error:
        sys.exit(in_full(error))


def check_configs(arguments: Sequence[str]) -> None:
    """Check that each config file that Snakemake is told to read is there and can be read.

    Raises:
        ConfigError: with one line for each problem.
    """
    if missing := [path for path in configs_of(arguments) if not path.is_file()]:
        raise ConfigError(NO_CONFIG.format(path=missing[0]), page="no-such-file")
    check_config_files(configs_of(arguments))


def become(arguments: Sequence[str]) -> None:
    """Become `snakemake` with these arguments, once nobody else is at work in its folder.

    Raises:
        ConfigError: a system on which the workflow does not run.
        StorageError: the folder is not there and cannot be made, or nothing can be written in it.
        SystemExit: it was stopped while it waited.
    """
    _check_system()
    command = [sys.executable, str(workflow_folder() / FORKING), *arguments]
    folder = folder_of(arguments)
    _check_folders(folder)
    try:
        with stopped_in_one_line(told=b""):  # it has no jobs yet
            guard = take(folder)
    except OSError as error:
        _check_there(folder, error)
        _check_written(folder, error)
        sys.stderr.write(NO_LOCK.format(folder=folder, error=error.strerror))
    else:
        sweep(folder)
        if was_killed(folder):
            unlock = [sys.executable, "-m", "snakemake", *arguments, "--unlock"]
            subprocess.run(unlock, check=False)
        share(guard)
        os.set_inheritable(guard.fileno(), True)  # the lock outlives this program
    sys.stderr.flush()
    os.execv(command[0], command)


def folder_of(arguments: Sequence[str]) -> Path:
    """Return the folder in which Snakemake will work."""
    folder: Path = _known(arguments).directory
    return folder.absolute()


def configs_of(arguments: Sequence[str]) -> list[Path]:
    """Return the config files that Snakemake is told to read."""
    found: list[Path] = _known(arguments).configfile
    return found


def _known(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--directory", "-d", default=".", type=Path)
    parser.add_argument("--configfile", "--configfiles", nargs="+", default=[], type=Path)
    return parser.parse_known_args(arguments)[0]


def take(folder: Path) -> IO[bytes]:
    """Return the lock of the folder, once nobody else is at work there."""
    (folder / SNAKEMAKE).mkdir(parents=True, exist_ok=True)
    return alone(folder, waiting=lambda: _say_waiting(folder))


def was_killed(folder: Path) -> bool:
    """Return whether an earlier run left its lock behind; ask only when alone in the folder."""
    return any((folder / SNAKEMAKE / "locks").glob("*"))


def sweep(folder: Path) -> None:
    """Remove the temporary files that `files.replacing` could not; ask only when alone there."""
    for part in (folder / RESULTS).rglob(".*.part"):
        part.unlink(missing_ok=True)


def _check_system() -> None:
    """Raise on Windows, where a run could neither be locked nor stopped with its jobs."""
    if find_spec("fcntl") is None:
        raise ConfigError(
            f"expected Linux or macOS, which the workflow needs, got {sys.platform}; run it in "
            "WSL. `import markovlens` and `markovlens explain` do without",
            page="package-missing",
        )


def _check_there(folder: Path, error: OSError) -> None:
    if not folder.is_dir():
        raise StorageError(
            f"{folder}: expected a folder for results, cannot make one ({error.strerror}); give "
            "another place by --directory",
            page="cannot-be-written",
        ) from error


def _check_written(folder: Path, error: OSError) -> None:
    """Raise where Snakemake, which keeps what it knows beside the results, could not start."""
    own = folder / SNAKEMAKE
    if not os.access(own if own.is_dir() else folder, os.W_OK):
        raise StorageError(
            f"{own}: cannot be written ({error.strerror}), and a run keeps there what it has done; "
            "allow writing there, or give another place by --directory",
            page="cannot-be-written",
        ) from error


def _check_folders(folder: Path) -> None:
    """Raise where a file has the name of a folder that a run makes."""
    for path in (folder / name for name in (SNAKEMAKE, RESULTS, LOGS)):
        if (path.exists() or path.is_symlink()) and not path.is_dir():
            got = "a file" if path.exists() else "a link to nothing"
            raise StorageError(
                f"{path}: expected a folder or nothing, got {got}; move it away, or give another "
                "place by --directory",
                page="cannot-be-written",
            )


def _say_waiting(folder: Path) -> None:
    sys.stderr.write(WAITING.format(folder=folder))
    sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
