"""What a decoder was made with, as values that have a digest."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from markovlens.machines.machine import Machine

ITSELF = "itself"


def made_of(value: Any, inside: frozenset[int] = frozenset()) -> Any:
    """Return a value with functions as what they hold, and objects as what they keep.

    Codebooks are left out: the machine that was made of theirs has them.

    Args:
        value: a decoder, or what one holds.
        inside: the objects that it was found in, by `id`: some hold themselves.
    """
    if id(value) in inside:
        return ITSELF
    told = partial(made_of, inside=inside | {id(value)})
    if hasattr(value, "encode") and hasattr(value, "names"):
        return type(value).__qualname__
    if isinstance(value, MethodType):
        return [value.__qualname__, told(value.__self__)]
    if isinstance(value, FunctionType):
        return [value.__qualname__, told(dict(inspect.getclosurevars(value).nonlocals))]
    if isinstance(value, Mapping):
        return {key: told(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [told(each) for each in value]
    if isinstance(value, Machine):
        return value
    if isinstance(value, type | BuiltinFunctionType):
        return value.__qualname__
    if is_dataclass(value):
        kept = {each.name: getattr(value, each.name) for each in fields(value) if each.compare}
        return [type(value).__qualname__, told(kept)]
    if hasattr(value, "__dict__") and not hasattr(value, "__array__"):
        return [type(value).__qualname__, told(vars(value))]
    return value
