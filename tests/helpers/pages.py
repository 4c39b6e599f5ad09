"""Copies of what pages are made of, with other numbers in their tables."""

import importlib.util
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

DOCS = Path(__file__).resolve().parents[2] / "docs"


def copied(folder):
    """Return a copy of what pages are made of, in a folder."""
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("*.svg", "*.png"))
    shutil.copy(DOCS.parent / "README.md", folder)
    return folder / "docs"


@dataclass(frozen=True)
class Rendered:
    """What became of `docs/rendering.py`: its exit status, and what it says."""

    returncode: int
    stderr: str


def rendered(docs, *arguments):
    """Return what becomes of `docs/rendering.py` in another folder, without a Python of its own."""
    script = _script()
    try:
        script.main([*arguments], docs)
    except (SystemExit, script.StaleSentence) as refused:
        return Rendered(1, str(refused))
    return Rendered(0, "")


@cache
def _script():
    found = importlib.util.spec_from_file_location("rendering", DOCS / "rendering.py")
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    return script


def refusal(docs, sentence):
    """Return what is said instead of the pages that state a sentence, or name a claim."""
    templates, stated = docs / "templates", sentence.strip("`")
    stating = [path for path in templates.rglob("*.md") if stated in path.read_text()]
    assert stating
    done = rendered(docs, "check", *(path.relative_to(templates).as_posix() for path in stating))
    return done.stderr


def replaced(path, rows, column, value):
    """Give some rows of a kept table another value."""
    kept = pd.read_csv(path, low_memory=False)
    chosen = (kept[list(rows)] == pd.Series(rows)).all(axis=1)
    assert chosen.any()
    kept.loc[chosen, column] = value
    kept.to_csv(path, index=False)
