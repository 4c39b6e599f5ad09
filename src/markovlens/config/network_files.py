"""Whether the files of users' own networks, machines and data are there, and are what is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from markovlens.adapters.registry import adapter_of_file
from markovlens.config.callables import misfits
from markovlens.config.custom import FAMILY, is_custom, section_of
from markovlens.config.lenient import at, list_at, mapping_at, names_at
from markovlens.config.loading import Config, all_pairs, module_file
from markovlens.config.machine_files import PLACE, unreadable, unreadable_machines
from markovlens.config.schema import raise_if, show
from markovlens.errors import DataError

KEYS = ("module", "weights", "file")  # of a model, those that name files
BESIDE = ("robustness", "layers", "attention")  # sections whose `runs` name models, too


def check_files(config: Config) -> None:
    """Check that the files of every user's module and machine that is asked for are there.

    Snakemake itself misses them only where nothing has been made from them yet: else it would go
    on with what earlier weights had given.

    Raises:
        ConfigError: with one line for each file.
    """
    asked = {model for _, model in all_pairs(config)}
    models = {n: spec for n, spec in config["networks"]["models"].items() if n in asked}
    raise_if(
        [*absent(models), *_unreadable(models), *_uncallable(models), *unreadable_machines(config)]
    )


def files_in_bad(raw: Mapping[str, Any], right: Config) -> Iterator[str]:
    """Yield a line for each file that a config names and that is not there, where keys are wrong.

    So that files are told with the keys, and not the next time.

    Args:
        raw: the config as it came.
        right: what of it is right.
    """
    runs = list_at(raw if "runs" in raw else right, "runs")
    runs = [*runs, *(run for place in BESIDE for run in list_at(raw, f"{place}.runs"))]
    asked = dict.fromkeys(name for run in runs for name in names_at(run, "models"))
    models = {name: mapping_at(raw, f"networks.models.{name}") for name in asked}
    files = {name: {key: spec[key] for key in KEYS if isinstance(spec.get(key), str)}
             for name, spec in models.items()}  # fmt: skip
    yield from absent(files)
    yield from _unreadable(files)
    named = [at(entry, "file") for entry in list_at(raw, PLACE)]
    yield from unreadable([path for path in named if isinstance(path, str)])
    tasks = dict.fromkeys(name for run in runs for name in names_at(run, "tasks"))
    yield from _absent_data(raw, [section_of(task) for task in tasks if is_custom(task)])


def absent(models: Config) -> Iterator[str]:
    """Yield a line for each file of a network of a user's own that is not there."""
    for name, spec in models.items():
        files = {"module": module_file(spec), "weights": spec.get("weights")}
        for key, path in files.items() if "module" in spec else ():
            if path is not None and not Path(path).is_file():
                yield (
                    f"networks.models.{name}.{key}: got {show(str(path))}, expected a file that is "
                    f"there (the path begins in {Path.cwd()})"
                )


def _absent_data(raw: Mapping[str, Any], asked: Iterable[str]) -> Iterator[str]:
    """Yield a line for each section of a user's own data whose file or folder is not there."""
    for name in asked:
        data = at(raw, f"tasks.{FAMILY}.{name}.data")
        if isinstance(data, str) and not Path(data).exists():
            yield (
                f"tasks.{FAMILY}.{name}.data: got {show(data)}, expected a file or a folder that "
                f"is there (the path begins in {Path.cwd()})"
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
