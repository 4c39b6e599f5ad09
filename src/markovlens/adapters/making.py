"""What an adapter makes of a network with the options that a user gives."""

from __future__ import annotations

import inspect
from typing import Any

from markovlens.adapters.contract import Stepwise
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads
from markovlens.adapters.registry import Adapter
from markovlens.arguments import known_names
from markovlens.errors import ConfigError, DataError
from markovlens.sequences import Sequences


def made(adapter: Adapter, model: Any, like: Sequences | None, options: dict[str, Any]) -> Foreign:
    """Return what an adapter makes; raises `ConfigError` for an option that it has not."""
    make = adapter.load()
    known = [name for name in list(inspect.signature(make).parameters)[1:] if name != "like"]
    if "direction" not in known:
        refuse_direction(f"networks of {adapter.name}", options)
    for name in sorted(set(options) - set(known)):
        raise ConfigError(
            f"unknown option {name!r} of networks of {adapter.name}; "
            f"{known_names('options', name, known)}",
            page="unknown-name",
        )
    found: Foreign = make(model, like=like, **options)
    return found


def refuse_direction(what: str, options: dict[str, Any]) -> None:
    """Raise `DataError` where one direction is asked for of what cannot be parted here."""
    if options.pop("direction", None) is not None:
        raise DataError(
            f"direction: {what} cannot be parted, only eager modules of torch, TorchScript and "
            "ONNX; build its layers in torch, copy the weights and adapt that, or leave out "
            "`direction`",
            page="reads-backwards",
        )


def own(model: Stepwise, like: Sequences | None) -> Foreign:
    """Return a user's own network as an adapter returns one; raises `DataError` without `like`."""
    name = type(model).__name__
    if like is None:
        said = f"{name}: expected `like`, sequences such as it reads, to check it on"
        raise DataError(said, page="like-missing")
    return Foreign(name, Reads.like(like), model, weights=model)
