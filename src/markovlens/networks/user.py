"""Your own networks: anything that makes an `nn.Module` when called, by import path or file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import reduce
from importlib import import_module as import_package
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

from torch import nn

from markovlens.errors import ConfigError, reason_of


def import_module(path: str, kwargs: Mapping[str, Any] | None = None) -> nn.Module:
    """Return what the callable at `path` makes of `kwargs`.

    Args:
        path: `package.module:callable`, or `folder/file.py:callable`.
        kwargs: what it is called with.

    Raises:
        ConfigError: the module or the callable is not found, one of them fails, or what it returns
            is not an `nn.Module`.
    """
    home, separator, name = path.rpartition(":")
    if not separator or not home or not name:
        raise ConfigError(
            f"module {path!r}: expected package.module:callable or file.py:callable",
            page="own-network",
        )
    made = _called(path, _attribute(path, home, name), kwargs or {})
    if not isinstance(made, nn.Module):
        raise ConfigError(
            f"module {path!r}: expected an nn.Module, got {type(made).__name__}", page="own-network"
        )
    return made


def _attribute(path: str, home: str, name: str) -> Any:
    module = _from_file(path, Path(home)) if home.endswith(".py") else _from_package(path, home)
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError as error:
        raise ConfigError(
            f"module {path!r}: {home!r} has no {name!r}", page="own-network"
        ) from error


def _from_package(path: str, package: str) -> ModuleType:
    try:
        return import_package(package)
    except Exception as error:  # whatever the user's code raises
        raise ConfigError(
            f"module {path!r}: cannot import {package!r} ({reason_of(error)}); install it into the "
            "environment, or give its file as folder/file.py:callable",
            page="own-network",
        ) from error


def _from_file(path: str, file: Path) -> ModuleType:
    """Return a file of Python as a module; those beside it can be imported by it, as in a script.

    It gets a name of its own, so that `utils.py` does not become the `utils` of another package.
    """
    name = f"_own_{crc32(str(file.resolve()).encode()):08x}_{file.stem}"
    spec = spec_from_file_location(name, file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise ConfigError(
            f"module {path!r}: expected a file of Python, {file} is not there (the path begins in "
            f"{Path.cwd()})",
            page="own-network",
        )
    module = module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    sys.modules[name] = module  # dataclasses look there for what their fields are
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(
            f"module {path!r}: {file} cannot be imported ({type(error).__name__}: "
            f"{reason_of(error)})",
            page="own-network",
        ) from error
    finally:
        sys.path.remove(folder)
    return module


def _called(path: str, make: Any, kwargs: Mapping[str, Any]) -> Any:
    try:
        return make(**kwargs)
    except Exception as error:
        raise ConfigError(
            f"module {path!r}: cannot be called with {dict(kwargs)} ({type(error).__name__}: "
            f"{reason_of(error)})",
            page="own-network",
        ) from error
