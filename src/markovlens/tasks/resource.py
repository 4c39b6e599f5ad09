"""What a resource is: a file inside a published package, pinned by hash at both levels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Resource:
    """One file, or some, inside a published Python package, pinned by hash at both levels.

    Attributes:
        requirement: the package and its version, as pip spells it.
        archive: file name of the wheel (`.whl`) or source distribution (`.tar.gz`).
        archive_sha256: of the archive.
        member: path of the file inside the archive; where it ends in `.tar`, the file is one that
            is made of `members`.
        sha256: of the extracted file.
        licence: of the data, in a few words.
        citation: what to cite when results with it are published.
        inner: path of the file inside `member`, where that is itself a `.tar.gz`; else empty.
        members: paths inside the archive of the files that are put together, shell patterns
            allowed.
    """

    requirement: str
    archive: str
    archive_sha256: str
    member: str
    sha256: str
    licence: str
    citation: str
    inner: str = ""
    members: tuple[str, ...] = ()

    @property
    def is_wheel(self) -> bool:
        """Whether the archive is a wheel; a source distribution otherwise."""
        return self.archive.endswith(".whl")

    @property
    def tags(self) -> list[str]:
        """What makes pip take this very wheel on any machine; nothing for one that fits all."""
        if not self.is_wheel:
            return []
        python, abi, platforms = self.archive.removesuffix(".whl").split("-")[-3:]
        if platforms == "any":
            return []
        # The data in it are the same for every machine, so that it need not run on this one.
        version = python.removeprefix("cp")
        names = [f"--platform={platform}" for platform in platforms.split(".")]
        return [f"--python-version={version}", "--implementation=cp", f"--abi={abi}", *names]

    @property
    def file_name(self) -> str:
        """Name of the extracted file."""
        return Path(self.inner or self.member).name
