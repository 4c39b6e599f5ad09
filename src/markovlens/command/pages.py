"""`markovlens show`: which page a run is looked at with."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from markovlens.errors import DataError

PAGES = ("report.html",)  # the first that is there
RESULTS = "results"
EXPLORER = "explorer.html"  # of one network, in the folder of its figures


def page_of(run: Path) -> Path:
    """Return the page of a run.

    Args:
        run: a results folder, a folder in which it lies, the folder of one network's figures with
            its explorer, or the page itself.

    Raises:
        DataError: it is none, or its page has not been made.
    """
    if run.suffix == ".html" and run.is_file():
        return run.resolve()
    if (run / EXPLORER).is_file():
        return (run / EXPLORER).resolve()
    folder = results_of(run)
    for page in (folder / name for name in PAGES):
        if page.is_file():
            return page.resolve()
    raise DataError(
        f"{folder}: expected {PAGES[0]} there, got none: the run is not finished; go on with it by "
        "`markovlens run`",
        page="run-unfinished",
    )


def results_of(run: Path) -> Path:
    """Return the results folder that a folder is, or that lies in it.

    Raises:
        DataError: there is none.
    """
    for folder in (run, run / RESULTS):
        if any((folder / name).exists() for name in ("runs", *PAGES)):
            return folder
    what = "a folder that is no run" if run.is_dir() else "no folder"
    raise DataError(
        f"{run}: expected a results folder, or one with `{RESULTS}` in it, got {what}; "
        "`markovlens run` makes one",
        page="run-unfinished",
    )


def opened(page: Path) -> bool:
    """Open a page in the browser, and return whether there is one.

    `xdg-open`, which `click.launch` runs (8.5), complains in many lines where there is none.
    """
    return webbrowser.open(page.as_uri())
