"""`markovlens doctor`: what is there on this machine, what is missing, and how to get it.

No package but `packaging` is imported before it is known to be there.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path
from tempfile import TemporaryFile

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from markovlens.errors import DataError, reason_of

PACKAGE = "markovlens"
NOT_EXTRAS = ("dev",)  # what developers need
GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at.

    Attributes:
        what: it is, and what of it is there.
        lacks: what is missing and how to get it; empty where nothing is.
        is_required: whether markovlens cannot do without.
    """

    what: str
    lacks: str = ""
    is_required: bool = False

    @property
    def is_failure(self) -> bool:
        """Whether markovlens cannot work so."""
        return bool(self.lacks) and self.is_required

    def __str__(self) -> str:
        """Return a line: whether it is there, what it is, and how to get what is missing."""
        mark = "MISSING" if self.is_failure else "without" if self.lacks else "ok"
        return f"{mark:8}{self.what}{self.lacks and f': {self.lacks}'}"


def look() -> Iterator[Found]:
    """Yield all that is looked at, what is required first.

    Raises:
        DataError: markovlens was not installed, so that nobody knows what it needs.
    """
    try:
        asked = [Requirement(line) for line in requires(PACKAGE) or ()]
    except PackageNotFoundError as error:
        raise DataError(
            f"expected {PACKAGE} to be installed, got its files alone; pip install {PACKAGE}, or "
            "make env in a clone",
            page="package-missing",
        ) from error
    yield _python(metadata(PACKAGE)["Requires-Python"])
    yield _packages([each for each in asked if _is_for(each, "")])
    yield _folder(Path.cwd())
    for extra in metadata(PACKAGE).get_all("Provides-Extra") or ():
        if extra not in NOT_EXTRAS:
            yield _extra(extra, [each for each in asked if _is_only_for(each, extra)])
    yield _graphviz()
    yield _compiled()
    yield _machine()


def _python(wanted: str) -> Found:
    is_there = SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    lacks = "" if is_there else f"expected {wanted}; make an environment with a newer one"
    return Found(f"Python {platform.python_version()}", lacks, is_required=True)


def _packages(asked: list[Requirement]) -> Found:
    wrong = [each for each in asked if _wrong_with(each)]
    names = " ".join(f"'{each.name}{each.specifier}'" for each in wrong)
    what = f"{len(asked) - len(wrong)} of {len(asked)} packages"
    return Found(what, _lacks(wrong, names), is_required=True)


def _extra(name: str, asked: list[Requirement]) -> Found:
    wrong = [each for each in asked if _wrong_with(each)]
    return Found(f"extra {name}", _lacks(wrong, f"'{PACKAGE}[{name}]'"))


def _lacks(wrong: list[Requirement], names: str) -> str:
    """Return what is wrong with packages and how to install them; nothing where all are there."""
    said = "; ".join(map(_wrong_with, wrong))
    return f"{said}; {Path(sys.executable).name} -m pip install {names}" if wrong else ""


def _is_for(asked: Requirement, extra: str) -> bool:
    return asked.marker is None or asked.marker.evaluate({"extra": extra})


def _is_only_for(asked: Requirement, extra: str) -> bool:
    return _is_for(asked, extra) and not _is_for(asked, "")


def _wrong_with(asked: Requirement) -> str:
    """Return what is wrong with a package in words; nothing where it is there as it is asked."""
    try:
        installed = version(asked.name)
    except PackageNotFoundError:
        return f"no {asked.name}"
    if asked.specifier.contains(installed, prereleases=True):
        return ""
    return f"{asked.name} {installed}, expected {asked.specifier}"


def _folder(folder: Path) -> Found:
    """Return whether results can be written here, by writing: permissions do not tell of a disk."""
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"1")
    except OSError as error:
        lacks = f"cannot be written ({error.strerror}); change to a folder of your own"
        return Found("this folder", lacks, is_required=True)
    free = shutil.disk_usage(folder).free / GIBIBYTE
    return Found(f"this folder can be written, {free:.0f} GiB are free")


def _graphviz() -> Found:
    advice = "states of drawings are placed by networkx; apt install graphviz, or brew"
    return Found("Graphviz", "" if shutil.which("dot") else advice)


def _compiled() -> Found:
    """Return whether code that numba compiles is kept; without, every process compiles it anew."""
    what = "a cache of compiled code"
    try:
        from markovlens.hmm.compiling import Cache, cached_njit

        folder = Cache(cached_njit).cache_path  # type: ignore[no-untyped-call]  # numba's own
        return Found(f"{what}, {folder}")
    except ImportError as error:
        return Found(what, f"numba cannot be imported ({reason_of(error)})")
    except (RuntimeError, OSError):
        return Found(what, "no folder for one can be written; set NUMBA_CACHE_DIR to one that can")


def _machine() -> Found:
    told = [f"{_cores()} cores"]
    if hasattr(os, "sysconf") and {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= os.sysconf_names.keys():
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIBIBYTE
        told.append(f"{memory:.0f} GiB of memory")
    return Found(", ".join(told))


def _cores() -> int:
    """Return how many cores this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
