"""Your own networks: anything that makes an `nn.Module` when called, by import path."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from importlib import import_module as import_package
from typing import Any

from torch import nn

from markovlens.errors import ConfigError


def import_module(path: str, kwargs: Mapping[str, Any] | None = None) -> nn.Module:
    """Return what the callable at `path` ("package.module:callable") makes of `kwargs`.

    Raises:
        ConfigError: the module or the callable is not found, the call fails, or what it returns is
            not an `nn.Module`.
    """
    package, separator, name = path.partition(":")
    if not separator or not package or not name:
        raise ConfigError(f"module {path!r}: expected package.module:callable")
    made = _called(path, _attribute(path, package, name), kwargs or {})
    if not isinstance(made, nn.Module):
        raise ConfigError(f"module {path!r}: expected an nn.Module, got {type(made).__name__}")
    return made


def _attribute(path: str, package: str, name: str) -> Any:
    try:
        return reduce(getattr, name.split("."), import_package(package))
    except ImportError as error:
        raise ConfigError(
            f"module {path!r}: cannot import {package!r} ({error}); install it into the "
            "environment, or add its folder to PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise ConfigError(f"module {path!r}: {package!r} has no {name!r}") from error


def _called(path: str, make: Any, kwargs: Mapping[str, Any]) -> Any:
    try:
        return make(**kwargs)
    except TypeError as error:
        raise ConfigError(
            f"module {path!r}: cannot be called with {dict(kwargs)} ({error})"
        ) from error
