"""`markovlens new`: a small project of somebody's own, which can be run as it is."""

from __future__ import annotations

from pathlib import Path

from markovlens.errors import DataError
from markovlens.files.whole import replacing
from markovlens.running.shipped import workflow_folder

TEMPLATE = Path(__file__).with_name("template")


def make_project(folder: Path) -> list[Path]:
    """Make the folder with its files, and return these.

    Raises:
        DataError: the folder is there and is not empty.
        StorageError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(
            f"{folder}: expected a folder that is new or empty, got one with files in it; give "
            "another name",
            page="cannot-be-written",
        )
    made = []
    for name, source in _files().items():
        with replacing(folder / name) as temporary:
            temporary.write_bytes(source.read_bytes())
        made.append(folder / name)
    return made


def _files() -> dict[str, Path]:
    """Return what is copied, by its path in the project."""
    example = workflow_folder() / "config" / "custom"
    return {
        "README.md": TEMPLATE / "README.md",
        ".gitignore": TEMPLATE / "gitignore",
        "config/config.yaml": TEMPLATE / "config.yaml",
        "data/vital_signs.csv": example / "vital_signs.csv",
        "data/simulate.py": example / "simulate.py",
        "network/network.py": example / "network.py",
        "network/alarm.safetensors": example / "alarm.safetensors",
    }
