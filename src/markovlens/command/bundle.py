"""`markovlens bundle`: one cell of a run in a zip, which runs by itself and tells of nobody.

Equal files give equal bytes: names are sorted, and no time is in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

from markovlens.command.cells import Cell, cut, find_cell, is_whole, last_files
from markovlens.command.evidence import (
    PROVENANCE,
    TEXTS,
    Ran,
    data_of,
    digests,
    logs_of,
    made_of,
    missing,
    rows_of,
    versions_of,
)
from markovlens.command.masks import Masks
from markovlens.command.own import Own, own_paths, renamed
from markovlens.command.telling import Told, readme
from markovlens.config.loading import Config, load_config
from markovlens.config.reading import read_config
from markovlens.errors import DataError
from markovlens.files.whole import check_folder, json_text, naming, replacing, sha256
from markovlens.networks.resources import weight_files
from markovlens.running.failures import failures
from markovlens.running.provenance import describe
from markovlens.running.shipped import workflow_folder
from markovlens.tasks import spec_of
from markovlens.tasks.resources import resource_path

RECORDED = "recorded"
DOWNLOADS = "resources"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say
PERMISSIONS = 0o100644 << 16


def write_bundle(
    folder: Path,
    named: str,
    *,
    config_file: Path | None = None,
    output: Path | None = None,
    with_own: bool = False,
) -> tuple[Path, Told]:
    """Write the bundle of one cell and return its path, and what is to be said of it.

    Args:
        folder: in which the run is, or its results.
        named: the cell, TASK/MODEL.
        config_file: of the run; None for the one that it has written down.
        output: where; None for TASK-MODEL.zip in this folder.
        with_own: whether files of the user's own, data or a network, go in.

    Raises:
        DataError: no such run or cell, no config of it, or the output is there already.
        ConfigError: a config that does not follow the schema, or an output that is no .zip.
        StorageError: it cannot be written.
    """
    ran = Ran.at(folder)
    config = _config_of(ran, config_file)
    cell = find_cell(config, named)
    output = output or Path(f"{cell.name}.zip")
    check_folder(output, (".zip",))
    if output.exists():
        raise DataError(
            f"{output}: expected a name that is free, got one that is there; remove it, or give "
            "another, --output FILE.zip",
            page="cannot-be-written",
        )
    files, told = _gathered(ran, cell, config, with_own=with_own)
    with replacing(output) as temporary, ZipFile(temporary, "w", ZIP_DEFLATED) as into:
        for name in sorted(files):
            _put(into, f"{cell.name}/{name}", files[name])
    return output, told


def _config_of(ran: Ran, named: Path | None) -> Config:
    from markovlens.config.arena import expand

    file = ran.config_file(named)
    config = read_config(file, workflow_folder() / "workflow" / "schemas" / "config.schema.yaml")
    return expand(config)[0]


def _put(into: ZipFile, name: str, content: str | Path) -> None:
    info = ZipInfo(name, EPOCH)
    info.external_attr, info.compress_type = PERMISSIONS, ZIP_DEFLATED
    if isinstance(content, str):
        into.writestr(info, content.encode())
        return
    target = into.open(info, "w", force_zip64=True)
    with target, naming(content), open(content, "rb") as source:
        shutil.copyfileobj(source, target)


def _gathered(
    ran: Ran, cell: Cell, config: Config, *, with_own: bool
) -> tuple[dict[str, str | Path], Told]:
    """Return all files of a bundle by their names in it, and what is told of them."""
    own = own_paths(config, cell, ran.home)
    masks = Masks.of_machine(ran.home, {each.path: each.name for each in own})
    is_shut = bool(own) and not with_own
    made, data, now = made_of(ran, cell), data_of(ran, cell), describe()
    told = Told(
        cell=cell,
        targets=() if is_whole(config, cell) else tuple(last_files(config, cell)),
        versions=versions_of(ran) or now,
        left_out=tuple(_left_out(ran, cell, config, own=own if is_shut else ())),
        is_shut=is_shut,
        missing=tuple(missing(ran, cell, config)),
        failed=tuple(masks.all(said) for said in _failed(ran, cell)),
    )
    texts = {
        "config.yaml": masks.places(_cut_text(config, cell, own)),
        "versions.json": masks.all(json_text(now)),
        f"{RECORDED}/SHA256SUMS": digests({**made, **data}, masks.places),
        "README.txt": readme(told),
    }
    for name, path in _recorded(ran, cell).items():
        texts[f"{RECORDED}/{name}"] = masks.all(_text(path))
    for name, rows in rows_of(ran, cell, is_own=is_shut).items():
        texts[f"{RECORDED}/{name}"] = masks.places(rows)
    shown = _cards(made) if is_shut else {**data, **_kept(made)}
    given = {} if is_shut else {name: path for each in own for name, path in each.files.items()}
    return {**texts, **_contents(masks, shown), **given}, told


def _recorded(ran: Ran, cell: Cell) -> dict[str, Path]:
    """Return logs and versions, by name."""
    found = {"versions.json": ran.results / PROVENANCE[1], **logs_of(ran, cell)}
    return {name: path for name, path in found.items() if path.is_file()}


def _kept(made: Mapping[str, Path]) -> dict[str, Path]:
    """Return what of a network is small: what is said of it and its machines, and its weights."""
    return {
        name: path
        for name, path in made.items()
        if path.suffix == ".json" or path.name == "weights.safetensors"
    }


def _cards(made: Mapping[str, Path]) -> dict[str, Path]:
    return {name: path for name, path in made.items() if path.name == "card.json"}


def _contents(masks: Masks, files: Mapping[str, Path]) -> dict[str, str | Path]:
    return {
        f"{RECORDED}/{name}": masks.places(_text(path)) if path.suffix in TEXTS else path
        for name, path in files.items()
    }


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _cut_text(config: Config, cell: Cell, own: list[Own]) -> str:
    """Return the config of the cell as YAML, once it is one that a run takes."""
    found = renamed(cut(config, cell), cell, own)
    schema = workflow_folder() / "workflow" / "schemas" / "config.schema.yaml"
    return yaml.safe_dump(load_config(found, schema_path=schema), sort_keys=True)


def _left_out(ran: Ran, cell: Cell, config: Config, *, own: Any) -> Iterator[tuple[str, str, str]]:
    """Yield name, digest and reason of each file that a run needs and that is not put in."""
    for name, path in ((name, path) for each in own for name, path in each.files.items()):
        yield name, sha256(path), "your own; --with-own puts it in"
    for path in _downloads(config, cell):
        digest = sha256(ran.home / path) if (ran.home / path).is_file() else "not there"
        yield str(path), digest, "the run fetches it again"


def _downloads(config: Config, cell: Cell) -> list[Path]:
    spec = config["networks"]["models"][cell.model]
    files = [resource_path(name, DOWNLOADS) for name in spec_of(cell.task).resources]
    if "pretrained" in spec:
        arena = config["tasks"]["arena"]["folder"]
        files += weight_files(spec, DOWNLOADS, task=cell.task, arena=arena)
    return [path for path in dict.fromkeys(files) if path.parts[0] == DOWNLOADS]


def _failed(ran: Ran, cell: Cell) -> list[str]:
    logs = tuple(str(path) for path in logs_of(ran, cell).values())
    return [said for said in failures(ran.home / "logs", since=0) if said.startswith(logs)]
