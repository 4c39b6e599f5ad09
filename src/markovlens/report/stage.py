"""The report stage on the files of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from markovlens.files.whole import replacing
from markovlens.report.gather import gather
from markovlens.report.page import render


def write_report(path: str | Path, files: Iterable[str | Path], *, captions: str | Path) -> None:
    """Write the report of a run: one page, which points to the larger files beside it.

    Args:
        path: where to write it, in the folder of the results.
        files: the tables, figures and provenance that the run made, all in that folder.
        captions: the folder with the captions of the figures.

    Raises:
        DataError: a file is missing, damaged, or lies somewhere else.
    """
    results = Path(path).parent
    report = gather(results, map(Path, files), captions=Path(captions))
    with replacing(path) as temporary:
        temporary.write_text(render(report), encoding="utf-8", newline="\n")
