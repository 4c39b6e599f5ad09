"""What tells who somebody is, taken out of texts: folders, names of the user and the machine."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Of Linux and macOS, and of Windows, whose strokes are doubled in JSON.
HOMES = re.compile(
    r"(?<![\w.])/(?:home|Users)/[^/\s:'\"]+"
    r"|(?<!\w)[A-Za-z]:[\\/]+Users[\\/]+[^\\/\s:'\"]+"
)
# Names of accounts that are nobody's; as words they stand in texts that are about something else.
SHARED = {"root", "user", "users", "test", "admin", "ubuntu", "runner", "jovyan", "localhost"}


@dataclass(frozen=True, slots=True)
class Masks:
    """What is put in place of what.

    Attributes:
        paths: of a folder or file, what stands for it.
        words: names, what stands for each.
    """

    paths: Mapping[str, str]
    words: Mapping[str, str]

    @classmethod
    def of_machine(cls, folder: Path, renamed: Mapping[str, str]) -> Masks:
        """Return what tells of this machine and of the folder of a run.

        Args:
            folder: of the run.
            renamed: other names of files, by their paths in that folder or from the root.
        """
        files = {str(Path(folder, path).resolve()): name for path, name in renamed.items()}
        homes = {str(Path.home()): "~", str(Path.home().resolve()): "~"}
        paths = {**homes, str(folder.resolve()): ".", **files, **renamed}
        return cls({path: to for path, to in paths.items() if len(path) > 1}, dict(_names()))

    def places(self, text: str) -> str:
        """Return a text in which no path tells of somebody's folders."""
        for path in sorted(self.paths, key=len, reverse=True):
            before = r"[\w.]" if path.startswith("/") else r"[\w./-]"
            text = re.sub(rf"(?<!{before}){re.escape(path)}(?![\w-])", self.paths[path], text)
        return HOMES.sub("~", text)

    def all(self, text: str) -> str:
        """Return a text in which no path and no word does."""
        text = self.places(text)
        for name, shown in self.words.items():
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", shown, text)
        return text


def _names() -> Iterator[tuple[str, str]]:
    for name in _users():
        if name not in SHARED:
            yield name, "<user>"
    host = socket.gethostname()
    for name in dict.fromkeys([host, host.partition(".")[0]]):
        if name and name not in SHARED:
            yield name, "<host>"


def _users() -> list[str]:
    found = [os.environ.get(name, "") for name in ("USER", "LOGNAME", "SUDO_USER")]
    with suppress(OSError, KeyError):  # a number without a name, as in containers
        found.append(getpass.getuser())
    return [name for name in dict.fromkeys([*found, Path.home().name]) if name]
