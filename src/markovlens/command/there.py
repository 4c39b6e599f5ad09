"""Whether what a command names is there: looked at first, before torch is loaded to read it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from markovlens.adapters.registry import adapter_of_file
from markovlens.errors import ConfigError, DataError
from markovlens.spelling import inflected

PYTHON = ".py"
MANY = "no such files; look at the paths (they begin"


def check_there(network: str, *files: Path | None) -> None:
    """Raise for files and a package that are not there, all files in one message.

    Args:
        network: `folder/file.py:callable`, `package.module:callable`, or the path of a file.
        *files: others that are read; those that are None are not asked for.

    Raises:
        DataError: files that are not there, or a network in a file of which no adapter knows.
        ConfigError: a package that is not installed.
    """
    home = _file_of(network)
    lacking = [path for path in (home, *files) if path is not None and not path.exists()]
    if lacking:
        told = inflected(len(lacking), "no such file; look at the path (it begins", MANY)
        raise DataError(
            f"{', '.join(map(str, lacking))}: {told} in {Path.cwd()})", page="no-such-file"
        )
    if home is None:
        _check_package(network)
    elif home == Path(network):
        adapter_of_file(home)


def _file_of(network: str) -> Path | None:
    """Return the file that a network is in; None where it is a package's."""
    home, colon, _ = network.rpartition(":")
    if not colon or Path(network).exists():
        return Path(network)
    return Path(home) if home.endswith(PYTHON) else None


def _check_package(network: str) -> None:
    package = network.partition(":")[0].partition(".")[0]
    known = package in sys.modules or not package.isidentifier()
    if not known and find_spec(package) is None:
        raise ConfigError(
            f"module {network!r}: expected a package of Python, {package!r} is not installed; "
            "install it into the environment, or give its file as folder/file.py:callable",
            page="own-network",
        )
