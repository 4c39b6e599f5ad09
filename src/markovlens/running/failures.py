"""What the failed jobs of a run said, without all that Snakemake says around it."""

from __future__ import annotations

import re
from pathlib import Path

ERROR = re.compile(r"\S+ \S+ ERROR markovlens: (.*)")  # as `workflow.LOG_FORMAT` writes it
ANY = re.compile(r"\S+ \S+ [A-Z]+ \S+: ")


def failures(folder: str | Path, *, since: float) -> list[str]:
    """Return for each log of a failed job its name and its last sentence on why it failed.

    Args:
        folder: of the logs.
        since: seconds since 1970; older logs are of other runs.
    """
    logs = sorted(path for path in Path(folder).rglob("*.log") if path.stat().st_mtime >= since)
    return [f"{path}: {said}" for path in logs if (said := _last_error(path))]


def _last_error(path: Path) -> str:
    """Return the last error of a log, over several lines where it has them; "" if none."""
    said: list[str] = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := ERROR.match(line):
            said = [found[1]]
        elif said and not ANY.match(line):
            said.append(line)
    return "\n".join(said)
