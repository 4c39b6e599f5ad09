"""A fingerprint of the code behind a script, so that changed code reruns what it made."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "markovlens"
ROOT = Path(__file__).parents[1]


def code_hash(script: str | Path) -> str:
    """Return a hash of a script and of every markovlens module that it imports, however far away.

    Modules named in strings ("markovlens.abstractions.hmm") count as imported: registries name
    their entries so. Comments, formatting and the place where all this lies do not change the hash.
    """
    script = Path(script)
    pending, seen = [script], set()
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            pending += _code(path).imports
    digest = hashlib.sha256()
    # The script first: where it sorts among the modules would depend on where those are installed.
    for path in (script, *sorted(seen - {script})):
        digest.update(_code(path).digest)
    return digest.hexdigest()[:16]


def folder_hash(*folders: str | Path) -> str:
    """Return a hash of the names and contents of the files that lie in some folders."""
    digest = hashlib.sha256()
    for path in (file for folder in folders for file in sorted(Path(folder).iterdir())):
        if path.is_file():
            digest.update(repr((path.name, path.read_bytes())).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class _Code:
    """What is kept of a file: a digest of what it says, and the modules that it imports.

    Its tree is not kept. Those of a package are millions of objects, through which Python goes
    again and again while it looks for garbage: that took longer than to read all the files.
    """

    digest: bytes
    imports: tuple[Path, ...]


@cache
def _code(path: Path) -> _Code:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    files = (_file(name) for name in _names(tree))
    imports = tuple(dict.fromkeys(file for file in files if file is not None))
    return _Code(hashlib.sha256(ast.dump(tree).encode()).digest(), imports)


def _names(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names that could be modules of this package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.split(":")[0]


def _file(name: str) -> Path | None:
    first, *rest = name.split(".")
    if first != PACKAGE or not rest or not all(part.isidentifier() for part in rest):
        return None
    path = ROOT.joinpath(*rest)
    if path.is_dir():
        return path / "__init__.py"
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else None
