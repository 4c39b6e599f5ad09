"""What a file of another tool may hold: nothing that is run, nothing from elsewhere, no bombs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markovlens.errors import DataError

BELIEVED = 2**30  # bytes that an array may have whatever lies in the file
RATIO = 100  # how many times as large as what is stored it may be beyond that
LINKS = 16  # of HDF5, one after the other, before they count as a circle
CODECS = frozenset(  # of zarr; others, such as pickle, might run what they read
    ("blosc", "bytes", "bz2", "crc32c", "gzip", "lz4", "lzma", "transpose", "zlib", "zstd")
    + ("adler32", "crc32", "delta", "fletcher32", "shuffle", "vlen-utf8", "sharding_indexed")
)


def check_claim(name: str, claimed: int, stored: int) -> None:
    """Raise `DataError` for an array of many bytes of which hardly any are stored."""
    if claimed > BELIEVED and claimed > RATIO * stored:
        raise DataError(
            f"{name}: claims {claimed} bytes, and {stored} are stored; write out the part that is "
            "wanted, or fewer steps",
            page="refused-file",
        )


def check_codecs(name: str, codecs: Iterable[Any]) -> None:
    """Raise `DataError` for codecs of zarr that are not known to be plain arithmetic on bytes."""
    for each in codecs:
        kind = str(_kind_of(each)).rpartition(".")[2]
        if kind not in CODECS:
            raise DataError(
                f"{name}: refused, since it is written by the codec {kind!r}, which may run what "
                "it reads; write it anew with a plain one",
                page="refused-file",
            )


def found_in(file: Any, name: str) -> Any:
    """Return what HDF5 has at a path of a file or group, following its links inside it.

    Raises:
        DataError: the path leads to another file, by a link or by where its numbers are stored.
    """
    held, left = file, [each for each in name.split("/") if each]
    for _ in range(len(left) + LINKS):
        if not left or held is None:
            break
        held, left = _followed(file, held, left)
    if left or held is None:
        return None
    if getattr(held, "external", None) or getattr(held, "is_virtual", False):
        raise DataError(
            f"{file.file.filename}/{name}: refused, since its numbers are in another file",
            page="refused-file",
        )
    return held


def _followed(file: Any, held: Any, left: list[str]) -> tuple[Any, list[str]]:
    """Return the next thing on a path, and what is left of the path."""
    import h5py

    first, *rest = left
    link = held.get(first, getlink=True) if isinstance(held, h5py.Group) else None
    if isinstance(link, h5py.ExternalLink):
        raise DataError(
            f"{file.file.filename}/{first}: refused, since it is a link to another file, "
            f"{link.filename!r}; give that file, or copy the array",
            page="refused-file",
        )
    if isinstance(link, h5py.SoftLink):
        begin = file.file if link.path.startswith("/") else held
        return begin, [*(each for each in link.path.split("/") if each), *rest]
    return (None if link is None else held[first]), rest


def _kind_of(codec: Any) -> str:
    """Return the name of a codec, of either version of zarr."""
    known = getattr(codec, "codec_id", None) or getattr(codec, "codec_name", None)
    if known:
        return str(known)
    made = codec.to_dict() if hasattr(codec, "to_dict") else {}
    return str(made.get("name", type(codec).__name__))
