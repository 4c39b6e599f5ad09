from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION = 60
LONGEST_FILE = 300
MOST_POSITIONAL = 5
FILES = sorted((ROOT / "src").rglob("*.py"))


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


def may_take_many(function):
    """numba knows no keyword-only arguments; an estimator's constructor keeps hmmlearn's order."""
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    compiled = any("njit" in words or words == "intrinsic" for words in decorators)
    names = [argument.arg for argument in function.args.args]
    return compiled or (function.name == "__init__" and names[1:2] == ["n_components"])


def imports(path):
    """Return the first part of the name of every imported module."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_files_and_functions_stay_small(path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    for function in functions(path):
        assert function.end_lineno - function.lineno < LONGEST_FUNCTION, function.name
        positional = [*function.args.posonlyargs, *function.args.args]
        own = [argument for argument in positional if argument.arg not in ("self", "cls")]
        assert len(own) <= MOST_POSITIONAL or may_take_many(function), function.name


def test_functions_are_short_on_the_whole():
    lengths = sorted(f.end_lineno - f.lineno + 1 for path in FILES for f in functions(path))
    assert lengths[len(lengths) // 2] <= 15


def test_the_library_never_imports_snakemake():
    assert [path for path in FILES if "snakemake" in imports(path)] == []


def test_the_library_never_prints():
    calls = [
        path
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert calls == []
