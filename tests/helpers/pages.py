"""Copies of what pages are made of, with other numbers in their tables."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

DOCS = Path(__file__).resolve().parents[2] / "docs"


def copied(folder):
    """Return a copy of what pages are made of, in a folder."""
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("*.svg", "*.png"))
    shutil.copy(DOCS.parent / "README.md", folder)
    return folder / "docs"


def rendered(docs, *arguments):
    """Return what became of `docs/rendering.py`."""
    command = [sys.executable, docs / "rendering.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def replaced(path, rows, column, value):
    """Give some rows of a kept table another value."""
    kept = pd.read_csv(path, low_memory=False)
    chosen = (kept[list(rows)] == pd.Series(rows)).all(axis=1)
    assert chosen.any()
    kept.loc[chosen, column] = value
    kept.to_csv(path, index=False)
