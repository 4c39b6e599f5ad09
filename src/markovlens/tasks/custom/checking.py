"""Cells of a user's data, looked at before any job, and not again while nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from markovlens.config.custom import PREFIX
from markovlens.errors import ConfigError, DataError
from markovlens.files.whole import read_json, write_json
from markovlens.seeding import seed_for
from markovlens.tasks.custom.making import make
from markovlens.tasks.custom.reading import files_in

MOST_BYTES = {".csv": 100 * 2**20}  # of a task's files; of larger ones the job looks at cells
MOST_COMPRESSED = 25 * 2**20  # of other formats


def check_cells(
    sections: Mapping[str, Mapping[str, Any]],
    asked: Sequence[str],
    *,
    seed: int,
    code: str,
    kept: str | Path,
) -> list[str]:
    """Return a line for each custom task in `asked` whose data make no task.

    Each is made as its job makes it, so that nothing is found later, and in the same words. That a
    section and its files are sound is kept by their sizes and times, so that they are read once;
    files that are too large to be read where Snakemake runs are left to the job.

    Args:
        sections: `tasks.custom` of the config, each with files and columns that are there.
        asked: names of sections.
        seed: of the benchmark.
        code: of what makes tasks.
        kept: the file of what was found sound.
    """
    sound = _sound(kept)
    found, lines = set(), []
    for name in asked:
        files = files_in(sections[name]["data"])
        key = _key(name, sections[name], files, seed, code)
        if key in sound or is_large(files):
            found.add(key)
            continue
        line = _mistake(name, sections[name], seed)
        if line:
            lines.append(line)
        else:
            found.add(key)
    if found - sound:
        write_json(kept, sorted(found))
    return lines


def is_large(files: Sequence[Path]) -> bool:
    """Return whether files hold more than is read before any job."""
    share = sum(
        file.stat().st_size / MOST_BYTES.get(file.suffix.lower(), MOST_COMPRESSED) for file in files
    )
    return share > 1


def _mistake(name: str, section: Mapping[str, Any], seed: int) -> str:
    task = PREFIX + name
    try:
        make(task, sizes=section, seeds=seed_for(seed, task))
    except (ConfigError, DataError) as error:
        return str(error)
    return ""


def _key(name: str, section: Mapping[str, Any], files: Sequence[Path], seed: int, code: str) -> str:
    states = [(str(file), *_state(file)) for file in files]
    said = json.dumps([name, section, states, seed, code], sort_keys=True, default=str)
    return sha256(said.encode()).hexdigest()


def _state(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _sound(kept: str | Path) -> set[str]:
    """Return what was found sound before; nothing where that file is not there or broken."""
    try:
        return set(read_json(kept)) if Path(kept).is_file() else set()
    except DataError:
        return set()
