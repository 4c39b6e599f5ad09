"""Whether a file of Python has the callable that a config names, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from markovlens.arguments import known_names

Made = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def misfits(file: Path, name: str, kwargs: Collection[str]) -> Iterator[str]:
    """Yield what speaks against calling `name` of a file with arguments, in words.

    Nothing is said where only running the file would tell: of names that come by a star import or
    a module's `__getattr__`, of arguments of what is decorated, or of a class that inherits its
    `__init__`.
    """
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except (SyntaxError, ValueError) as error:
        yield f"{file} is not Python: {error}"
        return
    bound, first = set(_bound(tree)), name.partition(".")[0]
    if first not in bound and not {"*", "__getattr__"} & bound:
        made = [each.name for each in tree.body if isinstance(each, Made)]
        yield f"{file} has no {first!r}; {known_names('names', first, made)}"
    for each in tree.body:
        if isinstance(each, Made) and each.name == name and not each.decorator_list:
            yield from _unfit(each, kwargs)


def _bound(tree: ast.Module) -> Iterator[str]:
    """Yield all names that are bound anywhere in a file, "*" of a star import."""
    for node in ast.walk(tree):
        if isinstance(node, Made):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def _unfit(made: Made, kwargs: Collection[str]) -> Iterator[str]:
    """Yield which arguments a class or function does not take, and which it lacks."""
    is_class = isinstance(made, ast.ClassDef)
    inits = [each for each in made.body if isinstance(each, Made) and each.name == "__init__"]
    function = (inits[-1] if inits else None) if is_class else made
    if not isinstance(function, ast.FunctionDef) or (is_class and function.decorator_list):
        return
    given = function.args
    itself = int(is_class and not given.posonlyargs)
    positional = given.args[itself:]
    names = [each.arg for each in (*positional, *given.kwonlyargs)]
    if given.kwarg is None:
        for key in sorted(set(kwargs) - set(names)):
            yield f"{made.name} takes no {key!r}; {known_names('arguments', key, names)}"
    needed = [each.arg for each in positional[: len(positional) - len(given.defaults)]]
    pairs = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    needed += [each.arg for each, default in pairs if default is None]
    missing = [each for each in needed if each not in kwargs]
    if missing:
        yield f"{made.name} needs {', '.join(missing)}, which kwargs does not give"
