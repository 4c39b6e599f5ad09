"""What a run says when it has ended well: the main table, and where the page is."""

from __future__ import annotations

from pathlib import Path

TABLE = Path("tables", "comparison.md")
REPORT = "report.html"


def made_in(results: str | Path) -> str:
    """Return the main table and the place of the report; without them what there is, or "".

    A report that is older than the table is of a run before, which made more than was asked now.
    """
    table, report = Path(results, TABLE), Path(results, REPORT)
    parts = [table.read_text(encoding="utf-8")] if table.is_file() else []
    places = {"Report": report, "Table": table.with_suffix(".csv")}
    if table.is_file() and report.is_file() and _time(report) < _time(table):
        del places["Report"]
    lines = [f"{what}: {path.resolve()}" for what, path in places.items() if path.is_file()]
    return "\n".join(["", *parts, *lines, ""]) if lines else ""


def _time(path: Path) -> float:
    return path.stat().st_mtime
