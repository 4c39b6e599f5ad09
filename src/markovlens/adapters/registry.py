"""Which adapter makes what of a foreign network: told by the name of its type, or of its file.

Nothing is imported to find out. An adapter is a plain description, ours in `ours.py`; somebody
else's package offers its own as an entry point of the group `markovlens.adapters`, which names an
`Adapter` in a module that imports no framework::

    [project.entry-points."markovlens.adapters"]
    mine = "my_package.adapter:ADAPTER"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from markovlens.errors import DataError, reason_of

GROUP = "markovlens.adapters"


@dataclass(frozen=True, slots=True)
class Adapter:
    """How a framework's networks are known, and where they are made into ours.

    Attributes:
        name: of the framework, in words.
        home: `module:function`; called as `function(model_or_path, like=..., **options)`, it
            returns a `foreign.Foreign`. It is imported when it is needed, and may import all it
            wants.
        types: dotted names that the module of one of the classes of an object begins with.
        suffixes: of files, lower case, with the dot.
        starts: what such a file may begin with; anything when empty.
        is_hooked: whether its networks are torch's eager modules, which `record` watches by hooks;
            `adapt` still makes them what is asked step by step.
        extra: the optional dependencies of markovlens that it needs, in words `pip install` takes.
        glance: `module:function`; called with the path of a file, it raises `DataError` where the
            file is refused whatever is asked of it, and makes no network; nothing when empty.
        beside: `module:function`; called with the path of a file, it returns the paths of the
            others that belong to it; it has none when empty.
    """

    name: str
    home: str
    types: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    starts: tuple[bytes, ...] = ()
    is_hooked: bool = False
    extra: str = ""
    glance: str = ""
    beside: str = ""

    def load(self) -> Callable[..., Any]:
        """Return the function; raises `DataError` where what it needs is not installed."""
        return self._imported(self.home)

    def look_at(self, path: Path) -> None:
        """Raise `DataError` for a file that is refused, as far as a glance shows."""
        if self.glance:
            self._imported(self.glance)(path)

    def files_beside(self, path: Path) -> list[Path]:
        """Return the other files that belong to a network's."""
        return list(self._imported(self.beside)(path)) if self.beside else []

    def _imported(self, place: str) -> Callable[..., Any]:
        home, _, name = place.partition(":")
        try:
            return getattr(import_module(home), name)
        except ModuleNotFoundError as error:
            wanted = self.extra or str(error.name)
            raise DataError(
                f"a network of {self.name} needs {error.name}, which is not installed; "
                f"`pip install '{wanted}'`",
                page="package-missing",
            ) from error


@cache
def adapters() -> tuple[Adapter, ...]:
    """Return all adapters that are known: those of other packages, then ours.

    Raises:
        DataError: an entry point that cannot be loaded, or is no `Adapter`.
    """
    from markovlens.adapters.ours import OURS

    found = [_offered(each) for each in entry_points(group=GROUP) if not _is_ours(each.value)]
    return (*found, *OURS)


def adapter_of(model: Any) -> Adapter | None:
    """Return the adapter of an object, by the classes of its type; None where there is none."""
    for kind in type(model).__mro__:
        for adapter in adapters():
            if any(_is_in(kind.__module__, home) for home in adapter.types):
                return adapter
    return None


def adapter_of_file(path: Path) -> Adapter:
    """Return the adapter of a file, by its suffix and first bytes.

    Raises:
        DataError: it is not there, no adapter knows it, or it begins as no such file does.
    """
    if not path.exists():
        raise DataError(
            f"{path}: expected a file with a network, it is not there", page="no-such-file"
        )
    knowing = [each for each in adapters() if path.suffix.lower() in each.suffixes]
    if not knowing:
        raise DataError(
            f"{path}: expected a network in a file that ends in {known_suffixes()}; load it "
            "yourself and give the object",
            page="unknown-file-kind",
        )
    fitting = [each for each in knowing if _begins(path, each.starts)]
    if not fitting:
        raise DataError(
            f"{path}: does not begin as a file of {knowing[0].name} does; is it whole, and what "
            "its name says?",
            page="damaged-file",
        )
    return fitting[0]


def files_beside(path: Path) -> list[Path]:
    """Return the other files that belong to the one of a network; none where no adapter knows it.

    Raises:
        DataError: the file cannot be read, or they are not there.
    """
    knowing = [each for each in adapters() if path.suffix.lower() in each.suffixes]
    return [file for each in knowing for file in each.files_beside(path)]


def known_suffixes() -> str:
    """Return the suffixes of all files that an adapter knows, in words."""
    return ", ".join(dict.fromkeys(each for one in adapters() for each in one.suffixes))


def is_path(model: Any) -> bool:
    """Return whether a network is named by its file."""
    return isinstance(model, str | os.PathLike)


def _begins(path: Path, starts: Iterable[bytes]) -> bool:
    starts = tuple(starts)
    if not starts or path.is_dir():
        return True
    with path.open("rb") as file:
        return file.read(max(map(len, starts))).startswith(starts)


def _offered(entry: Any) -> Adapter:
    try:
        adapter = entry.load()
    except Exception as error:  # whatever somebody's package raises
        raise DataError(
            f"the adapter {entry.name!r} cannot be loaded ({reason_of(error)}); mend or remove the "
            f"package that offers {entry.value}",
            page="package-missing",
        ) from error
    if not isinstance(adapter, Adapter):
        raise DataError(
            f"expected the entry point {entry.name!r} of {GROUP} to name an "
            f"`adapters.registry.Adapter`, got {type(adapter).__name__}",
            page="package-missing",
        )
    return adapter


def _is_ours(value: str) -> bool:
    return value.startswith("markovlens.adapters.ours:")


def _is_in(module: str, home: str) -> bool:
    return module == home or module.startswith(f"{home}.")
