"""What made a set of results: versions, commit and machine, without a time in it."""

from __future__ import annotations

import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import yaml

from markovlens.files.whole import replacing, write_json

PACKAGE = "markovlens"
EXTRA = "workflow"  # of our extras, the one that a run of the benchmark has


def write_provenance(config_path: str | Path, versions_path: str | Path, config: Any) -> None:
    """Write the resolved config and the versions, commit and processor that the run had."""
    with replacing(config_path) as temporary:
        temporary.write_text(yaml.safe_dump(config, sort_keys=True), encoding="utf-8")
    write_json(versions_path, describe())


def describe() -> dict[str, Any]:
    """Return package versions, the git commit with a dirty flag, Python and the processor.

    Graphviz places the states of drawn machines; None where networkx does, as it is not installed.
    """
    return {
        "packages": {name: _version(name) for name in [PACKAGE, *_dependencies()]},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "graphviz": graphviz_version(),
        "commit": _git("rev-parse", "HEAD") if _is_tracked() else None,
        "uncommitted_changes": bool(
            _is_tracked() and _git("status", "--porcelain", "--untracked-files=no")
        ),
    }


def _dependencies() -> list[str]:
    """Return the packages that markovlens and its workflow ask for, by name."""
    asked = (line.partition(";") for line in requires(PACKAGE) or ())
    ours = (line for line, _, marker in asked if not marker or f'"{EXTRA}"' in marker)
    return sorted(re.split(r"[^\w.-]", line.strip(), maxsplit=1)[0] for line in ours)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    try:
        command = ["git", "-C", str(Path(__file__).parent), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _is_tracked() -> bool:
    """Return whether this file is git's: an installed one may lie in a repository of the user's."""
    return bool(_git("ls-files", Path(__file__).name))


def graphviz_version() -> str | None:
    """Return the version of Graphviz, which places the states of drawings; None without it."""
    try:
        done = subprocess.run(["dot", "-V"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"version (\S+)", done.stderr)  # 2.43 says it there, not on stdout
    return found and found[1]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
