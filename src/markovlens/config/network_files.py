"""Whether the files of users' own networks and machines are there, and are what is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markovlens.adapters.registry import adapter_of_file
from markovlens.config.callables import misfits
from markovlens.config.loading import Config, all_pairs, module_file
from markovlens.config.machine_files import unreadable_machines
from markovlens.config.schema import raise_if, show
from markovlens.errors import DataError


def check_files(config: Config) -> None:
    """Check that the files of every user's module and machine that is asked for are there.

    Snakemake itself misses them only where nothing has been made from them yet: else it would go
    on with what earlier weights had given.

    Raises:
        ConfigError: with one line for each file.
    """
    asked = {model for _, model in all_pairs(config)}
    models = {n: spec for n, spec in config["networks"]["models"].items() if n in asked}
    files = [
        (f"networks.models.{name}.{key}", path)
        for name, spec in models.items()
        if "module" in spec
        for key, path in (("module", module_file(spec)), ("weights", spec["weights"]))
    ]
    raise_if(
        [
            f"{place}: got {show(str(path))}, expected a file that is there (the path begins in "
            f"{Path.cwd()})"
            for place, path in files
            if path is not None and not Path(path).is_file()
        ]
        + list(_unreadable(models))
        + list(_uncallable(models))
        + list(unreadable_machines(config))
    )


def _uncallable(models: Config) -> Iterator[str]:
    """Yield a line for each network whose callable its file has not, or that takes other kwargs."""
    for name, spec in models.items():
        file = module_file(spec) if "module" in spec else None
        if file is not None and file.is_file():
            called = spec["module"].rpartition(":")[2]
            for why in misfits(file, called, spec.get("kwargs") or {}):
                yield f"networks.models.{name}.module: {why}"


def _unreadable(models: Config) -> Iterator[str]:
    """Yield a line for each network in a file that no adapter would take."""
    for name, spec in models.items():
        if "file" in spec:
            try:
                path = Path(spec["file"])
                adapter_of_file(path).look_at(path)
            except DataError as error:
                yield f"networks.models.{name}.file: {error} (the path begins in {Path.cwd()})"
