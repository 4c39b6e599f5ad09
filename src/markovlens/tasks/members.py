"""The text files of a resource that is made of some: a tar, packed by `tasks.fetch`."""

from __future__ import annotations

import tarfile
from pathlib import Path

from markovlens.files.whole import naming


def read_members(path: str | Path) -> dict[str, str]:
    """Return the text files of the resource by name; raises `DataError` if it is damaged."""
    with naming(path):
        try:
            with tarfile.open(path, "r:") as archive:
                files = {member.name: archive.extractfile(member) for member in archive}
                return {name: file.read().decode() for name, file in files.items() if file}
        except tarfile.TarError as error:
            raise ValueError(str(error)) from error
