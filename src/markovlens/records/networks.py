"""What a network is told from others by: weights, settings, code; and what it wrote by reading."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import GraphModule

from markovlens.adapters.reads import Reads
from markovlens.adapters.torch_modules import reads_of
from markovlens.adapters.torchscript import nodes_of
from markovlens.errors import DataError
from markovlens.records.decoders import ITSELF
from markovlens.recurrence.layers import COMPILED

UNKNOWN = object()  # what cannot be told from others of its kind
UNTOLD = {
    "training",
    "_is_torch_compile",
    *vars(nn.Module()),
}  # of modules; recording runs them in evaluation mode
OF_OTHERS = ("torch", "markovlens", "builtins")  # whose code `versions` of a record names
TRIED = ((1, 6), (2, 3))  # sequences and steps that a network reads to show what it writes


@dataclass(frozen=True, slots=True)
class Aside:
    """A module that another keeps without being its parent, such as in a list.

    Attributes:
        module: the module.
        around: what it was found in: see `Around`.
    """

    module: nn.Module
    around: Around


# Objects that are told already, with what is said in their place: some lead back to themselves.
Around = Mapping[int, tuple[Any, str]]


def after_reading(module: nn.Module, around: Around) -> Iterator[dict[str, Any]]:
    """Yield what a network holds after it has read something, once and again.

    What differs between the two it writes as it reads, such as the state of a stateful one: that is
    no part of which network it is. A copy reads, whose parameters are those of the network. One
    that cannot be copied, or reads something else, is yielded as it is. So is what is around it.
    """
    module = getattr(module, COMPILED, module)  # before it was compiled
    shared = {id(each): each for each in module.parameters()}
    shared |= {place: each for place, (each, _) in around.items()}
    try:
        copy = deepcopy(module, shared).eval()
    except Exception:  # whatever classes of one's own raise
        copy = module
    reads = reads_of(module, None)
    for size in TRIED:
        if copy is not module:
            _read(copy, reads, size)
        yield places_of(copy, around)


def _read(module: nn.Module, reads: Reads, size: tuple[int, int]) -> None:
    with torch.random.fork_rng(devices=[]), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module(reads.made(*size))
        except Exception:  # it reads something else: then what it writes is not known
            return


def places_of(network: Any, around: Around) -> dict[str, Any]:
    """Return all that a network holds by its place: weights, buffers, settings, classes.

    Args:
        network: a module, or an object that keeps what has a digest.
        around: what it was found in.

    Raises:
        DataError: an object of one's own, no module of torch, keeps what cannot be told.
    """
    if isinstance(network, ExportedProgram):
        network = network.module()
    if not isinstance(network, nn.Module):
        around = {**around, id(network): (network, ITSELF)}
        return {"class": code_of(type(network)), **_attributes(network, around, strict=True)}
    held = {**network.state_dict(), **dict(network.named_buffers())}
    found = {name: told_of(value) for name, value in held.items()}
    modules = dict(network.named_modules())
    around = {**around, **{id(each): (each, f"{ITSELF} {path}") for path, each in modules.items()}}
    for path, module in modules.items():
        mine = {"class": code_of(type(module)), **_attributes(module, around, strict=False)}
        found |= {f"{path}:{name}": value for name, value in mine.items()}
    if isinstance(network, GraphModule):
        found["graph"] = str(network.graph)
    if isinstance(network, torch.jit.ScriptModule) and hasattr(network, "inlined_graph"):
        found["graph"] = [_node(each) for each in nodes_of(network.inlined_graph)]
    return {place: value for place, value in found.items() if value is not UNKNOWN}


def _node(node: Any) -> list[Any]:
    """Return what a node of TorchScript does; names of classes in it differ each time it loads."""
    told = told_of(node.output().toIValue()) if node.kind() == "prim::Constant" else None
    return [node.kind(), None if told is UNKNOWN else told]


def _attributes(owner: Any, around: Around, *, strict: bool) -> dict[str, Any]:
    """Return what an object keeps; unknown things are left out unless it is `strict`."""
    of_torch = type(owner).__module__.partition(".")[0] == "torch"
    found = {}
    for name, value in getattr(owner, "__dict__", {}).items():
        if name in UNTOLD or (of_torch and name.startswith("_")):
            continue
        found[name] = told_of(value, around)
        if strict and found[name] is UNKNOWN:
            raise DataError(
                f"{type(owner).__name__}.{name}: expected arrays, modules of torch or plain values "
                f"to name in a record, got {type(value).__name__}; keep these, or give a module",
                page="not-recordable",
            )
    return {name: told for name, told in found.items() if told is not UNKNOWN}


def told_of(value: Any, around: Around = MappingProxyType({})) -> Any:
    """Return a value as what has a digest, without addresses; `UNKNOWN` where it has none."""
    if id(value) in around:
        return around[id(value)][1]
    if value is None or isinstance(value, str | bytes | int | float | complex | Tensor):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return value
    if isinstance(value, nn.Module):
        return Aside(value, around)
    if isinstance(value, torch.dtype | torch.device | Enum):
        return str(value)
    if isinstance(value, type | FunctionType | BuiltinFunctionType | MethodType):
        return code_of(value)
    told = partial(told_of, around={**around, id(value): (value, ITSELF)})
    if isinstance(value, partial):
        return told([value.func, value.args, value.keywords])
    if isinstance(value, torch.ScriptObject):  # weights of quantised layers
        return told(value.__getstate__()) if hasattr(value, "__getstate__") else UNKNOWN
    if is_dataclass(value):
        return told({each.name: getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        return _all_or_none({key: told(each) for key, each in value.items()}, value.values())
    if isinstance(value, list | tuple | range):
        return _all_or_none([told(each) for each in value], value)
    return UNKNOWN


def _all_or_none(told: Any, values: Any) -> Any:
    parts = told.values() if isinstance(told, Mapping) else told
    return UNKNOWN if any(each is UNKNOWN for each in parts) else told


def code_of(made: Any) -> list[str]:
    """Return the name of a class or function, and of what is not of a library the code of it."""
    classes = made.__mro__ if isinstance(made, type) else ()
    functions = [each for one in classes if not _of_library(one) for each in vars(one).values()]
    functions = functions or ([] if _of_library(made) else [made])
    codes = [_source(each) for each in functions if isinstance(each, FunctionType | MethodType)]
    return [getattr(made, "__qualname__", str(type(made))), *codes]


def _of_library(made: Any) -> bool:
    return (getattr(made, "__module__", None) or "torch").partition(".")[0] in OF_OTHERS


def _source(function: Any) -> str:
    try:
        return inspect.getsource(function)
    except OSError:  # typed in where nobody kept it
        return ""
