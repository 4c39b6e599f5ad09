"""Archives and HDF5 files that frameworks would open: looked through before they are.

What a file says of its sizes and places is compared with what is there; nothing is unpacked.
"""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from markovlens.errors import DataError, reason_of

BELIEVED = 2**28  # bytes that an archive may unpack to whatever its own size is
RATIO = 100  # and how many times its own size beyond that: weights hardly compress


def check_archive(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise `DataError` for an archive that unpacks to far more than it is, or beside its folder.

    Args:
        path: of the archive, for messages.
        archive: it, opened; only its directory is read.
    """
    size = sum(each.file_size for each in archive.infolist())
    if size > BELIEVED and size > RATIO * path.stat().st_size:
        raise DataError(
            f"{path}: refused, since it would unpack to {size} bytes, more than {RATIO} times its "
            "own size; no network's weights compress so well",
            page="refused-file",
        )
    for name in archive.namelist():
        place = PurePosixPath(name.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts:
            raise DataError(
                f"{path}: refused, since it would unpack {name!r} outside its folder",
                page="refused-file",
            )


def check_hdf5(path: Path, source: Any) -> None:
    """Raise `DataError` for HDF5 with anything that is kept in another file, or not kept.

    Args:
        path: of the file, for messages.
        source: it, or a member of it that is open.
    """
    import h5py

    try:
        with h5py.File(source, "r") as file:
            # Raised inside a visit, h5py 3.16 makes another error of it.
            links: list[tuple[str, Any]] = []
            file.visititems_links(lambda *each: links.append(each))
            for name, link in links:
                _check_link(path, name, link)
                if isinstance(link, h5py.HardLink):
                    _check_dataset(path, name, file[name])
    except DataError:
        raise
    except Exception as error:  # of damaged files h5py raises what it pleases
        raise DataError(
            f"{path}: expected HDF5, cannot read it ({reason_of(error)})", page="damaged-file"
        ) from error


def _check_link(path: Path, name: str, link: Any) -> None:
    import h5py

    if isinstance(link, h5py.ExternalLink):
        raise DataError(
            f"{path}: refused, since {name!r} is a link to another file, {link.filename!r}",
            page="refused-file",
        )


def _check_dataset(path: Path, name: str, held: Any) -> None:
    import h5py

    if not isinstance(held, h5py.Dataset):
        return
    if held.external or held.is_virtual:
        raise DataError(
            f"{path}: refused, since the numbers of {name!r} are in another file",
            page="refused-file",
        )
    if held.nbytes > BELIEVED and held.nbytes > RATIO * held.id.get_storage_size():
        raise DataError(
            f"{path}: refused, since {name!r} claims {held.nbytes} bytes that it lacks",
            page="refused-file",
        )
