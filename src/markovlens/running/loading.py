"""What is imported before jobs are forked: all that their scripts import, and some of the rest."""

from __future__ import annotations

import ast
import gc
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

# What takes a job a second or more, and is imported where it is used, for those who never do: by
# the module that uses it. Nothing that starts threads, which would not be there after a fork.
LATER = {
    "markovlens.abstractions.results": (
        "markovlens.abstractions.gmm", "markovlens.abstractions.hmm", "sklearn.cluster",
    ),
    "markovlens.networks.determinism": ("torch._dynamo",),
}  # fmt: skip


def import_for(script: str) -> None:
    """Import what a script imports; what cannot be imported is left for the script to tell."""
    tree = ast.parse(Path(script).read_bytes())
    _import(node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    _import(name for module, later in LATER.items() if module in sys.modules for name in later)
    gc.freeze()  # so that no fork copies what it only looks through for garbage


def _import(names: Iterable[str]) -> None:
    for name in names:
        with suppress(Exception):
            import_module(name)
