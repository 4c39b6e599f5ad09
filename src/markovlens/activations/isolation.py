"""What a network keeps from one call to the next, put back before each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

# Torch's own bookkeeping in a module; what is worth keeping of it is kept one by one.
TORCHS = frozenset(nn.Module().__dict__)


class _Module(NamedTuple):
    path: str
    module: nn.Module
    attributes: dict[str, Any]
    buffers: dict[str, Tensor | None]


class _Tensor(NamedTuple):
    name: str
    tensor: Tensor
    was: Tensor
    version: int | None  # of a parameter, whose numbers are compared only if it was written to


class _Container(NamedTuple):
    name: str
    container: list[Any] | dict[Any, Any]
    was: dict[Any, Any]


class Snapshot:
    """Parameters, buffers and other attributes of a network as they were when this was made.

    A network that goes on where its last call ended, with a buffer, a tensor or a counter that is
    a plain attribute, or a list that grows, begins every sequence alike if all is put back before
    each call. Tensors in lists, tuples and dicts are kept, too; of other objects only which one
    it was.
    """

    def __init__(self, model: nn.Module) -> None:
        self._modules = [
            _Module(path, module, _attributes(module), dict(module._buffers))
            for path, module in model.named_modules()
        ]
        named = [pair for each in self._modules for pair in _values(each)]
        self._containers = [
            _Container(name, value, _items(value))
            for name, value in named
            if isinstance(value, list | dict)
        ]
        self._tensors = [_kept(name, value) for name, value in named if isinstance(value, Tensor)]
        self._tensors += [_kept(name, value) for name, value in model.named_parameters()]

    def restore(self) -> None:
        """Put everything back in place."""
        for _, module, attributes, buffers in self._modules:
            for name in _new(module, attributes):
                del module.__dict__[name]
            module.__dict__.update(attributes)
            module._buffers.update(buffers)
        for _, container, was in self._containers:
            _refill(container, was)
        for kept in self._tensors:
            if not _is_as_it_was(kept):
                _rewrite(kept)

    def changed(self) -> list[str]:
        """Return the names of what is not as it was; nothing is put back."""
        bound = [
            f"{path}.{name}".lstrip(".")
            for path, module, attributes, buffers in self._modules
            for name in (*_new(module, attributes), *_rebound(module, attributes | buffers))
        ]
        grown = [name for name, held, was in self._containers if not _same(_items(held), was)]
        written = [kept.name for kept in self._tensors if not _is_as_it_was(kept)]
        return list(dict.fromkeys(bound + grown + written))


@contextmanager
def forked_random(model: nn.Module, seed: int) -> Iterator[None]:
    """Draw torch's random numbers from a seed, and go on afterwards where they were."""
    devices = {each.device.index for each in model.parameters() if each.device.type == "cuda"}
    with torch.random.fork_rng(devices=sorted(devices)):
        seed_all(seed)
        yield


def seed_all(seed: int) -> None:
    """Seed torch's generators; those of GPUs only where they are in use already."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(seed)


def has_drawn(seed: int) -> bool:
    """Return whether torch has drawn random numbers since `seed_all`."""
    states = [torch.default_generator.get_state(), torch.Generator().manual_seed(seed).get_state()]
    if torch.cuda.is_initialized():
        now = torch.cuda.get_rng_state()
        torch.cuda.manual_seed(seed)
        fresh = torch.cuda.get_rng_state()
        torch.cuda.set_rng_state(now)
        return not (torch.equal(*states) and torch.equal(now, fresh))
    return not torch.equal(*states)


def _attributes(module: nn.Module) -> dict[str, Any]:
    return {name: value for name, value in module.__dict__.items() if name not in TORCHS}


def _values(kept: _Module) -> Iterator[tuple[str, Any]]:
    """Yield every attribute and buffer, and what is in them, with its name."""
    for name, value in (kept.attributes | kept.buffers).items():
        yield from _with_parts(f"{kept.path}.{name}".lstrip("."), value, frozenset())


def _with_parts(name: str, value: Any, inside: frozenset[int]) -> Iterator[tuple[str, Any]]:
    """Yield a value and what is in it; `inside` has containers around it, by `id`."""
    if isinstance(value, nn.Parameter):  # also in lists of torch's own: kept as a parameter
        return
    yield name, value
    if isinstance(value, list | tuple | dict) and id(value) not in inside:
        for part in _items(value).values():
            yield from _with_parts(name, part, inside | {id(value)})


def _items(container: Any) -> dict[Any, Any]:
    return dict(container if isinstance(container, dict) else enumerate(container))


def _kept(name: str, value: Tensor) -> _Tensor:
    versioned = isinstance(value, nn.Parameter) and not value.is_inference()
    return _Tensor(name, value, value.detach().clone(), value._version if versioned else None)


def _is_as_it_was(kept: _Tensor) -> bool:
    if kept.version is not None and kept.version == kept.tensor._version:
        return True
    return kept.tensor.shape == kept.was.shape and torch.equal(kept.tensor, kept.was)


def _rewrite(kept: _Tensor) -> None:
    if kept.tensor.shape == kept.was.shape:
        kept.tensor.detach().copy_(kept.was)
    else:
        kept.tensor.data = kept.was.clone()


def _refill(container: list[Any] | dict[Any, Any], was: dict[Any, Any]) -> None:
    if _same(_items(container), was):
        return
    container.clear()
    if isinstance(container, dict):
        container.update(was)
    else:
        container.extend(was.values())


def _same(now: dict[Any, Any], was: dict[Any, Any]) -> bool:
    return now.keys() == was.keys() and all(now[key] is value for key, value in was.items())


def _new(module: nn.Module, attributes: dict[str, Any]) -> list[str]:
    """Return the names of attributes that a module did not have."""
    return [n for n in module.__dict__ if n not in attributes and n not in TORCHS]


def _rebound(module: nn.Module, names: dict[str, Any]) -> list[str]:
    """Return the names that stand for something else now, or for nothing."""
    now = module.__dict__ | module._buffers
    return [name for name, value in names.items() if now.get(name) is not value]
