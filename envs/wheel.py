"""Put the workflow into the wheel, and the pages on errors, as package data.

They stand at the top of the repository; `pyproject.toml` names the class below. An installed
markovlens then finds its Snakefile, rules, scripts, configs and pages in `markovlens/_workflow`;
an editable one goes on using those of the checkout.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from setuptools.command.build_py import build_py

HOME = Path("markovlens", "_workflow")
PARTS = (
    "Snakefile",
    "config/**/*",
    "docs/errors/*",
    "envs/*.yaml",
    "profiles/**/*",
    "scripts/*",
    "workflow/**/*",
)


class BuildWithWorkflow(build_py):
    """Build the package as ever, then copy the workflow's files into it."""

    def run(self) -> None:
        """Build; an editable install needs no copies."""
        super().run()
        for source, target in [] if self.editable_mode else self._copies():
            self.mkpath(str(target.parent))
            self.copy_file(str(source), str(target), preserve_mode=False)

    def get_source_files(self) -> list[str]:
        """Return what a source distribution has to hold, so that a wheel can be made of it."""
        own = [str(path) for path in sources()]
        return [
            *super().get_source_files(),
            *own,
            Path(__file__).relative_to(Path.cwd()).as_posix(),
        ]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Return the files that a build makes."""
        return [*super().get_outputs(include_bytecode), *(str(to) for _, to in self._copies())]

    def _copies(self) -> Iterator[tuple[Path, Path]]:
        return ((path, Path(self.build_lib, HOME, path)) for path in sources())


def sources() -> Iterator[Path]:
    """Yield the workflow's files, seen from the top of the repository; nothing that is hidden."""
    for part in PARTS:
        for path in sorted(Path().glob(part)):
            if path.is_file() and not any(name[:1] in "._" for name in path.parts):
                yield path
