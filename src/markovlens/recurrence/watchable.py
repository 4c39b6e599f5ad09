"""Which networks can be watched: those that torch runs eagerly, in Python, module by module."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from markovlens.errors import DataError

EXPECTED = "expected a torch.nn.Module that runs eagerly"
KERAS = ("keras", "tf_keras", "tensorflow")


def check_made(model: Any) -> None:
    """Raise `DataError` for the class of a network, of which none was made."""
    if isinstance(model, type):
        raise DataError(
            f"expected a network, got the class {model.__name__}; make it: {model.__name__}()",
            page="wrong-kind",
        )


def check_eager(model: Any) -> None:
    """Check that a network is made of modules whose calls can be watched.

    Raises:
        DataError: it is of TorchScript, exported, of Keras, or no module at all; the message says
            what to record in its stead.
    """
    check_made(model)
    kind = type(model)
    homes = [base.__module__ for base in kind.__mro__]
    if any(home.partition(".")[0] in KERAS for home in homes):
        raise DataError(
            f"{EXPECTED}, got the Keras model {kind.__name__}; write the same layers in torch, "
            "copy the weights, and record that",
            page="closed-network",
        )
    if any(home.startswith("torch.export") for home in homes):
        raise DataError(
            f"{EXPECTED}, got an exported program, in which layers are no longer apart; record the "
            "module that it was exported from",
            page="closed-network",
        )
    if isinstance(model, Mapping):
        raise DataError(
            f"{EXPECTED}, got weights or the like alone ({kind.__name__} of {len(model)}); make "
            f"the network and give it these: `network.load_state_dict({_within(model)})`",
            page="closed-network",
        )
    if not isinstance(model, nn.Module):
        raise DataError(
            f"{EXPECTED}, got {kind.__module__}.{kind.__name__}; record the network that it was "
            "made from, with the same weights",
            page="closed-network",
        )
    refuse_scripted({"": model})


def _within(given: Mapping[str, Any]) -> str:
    """Return where the weights are in a checkpoint, as Python says it; "..." elsewhere."""
    names = [name for name, value in given.items() if isinstance(value, Mapping) and value]
    names = [name for name in names if "state_dict" in str(name)] or names
    return f"checkpoint[{names[0]!r}]" if names else "..."


def refuse_scripted(modules: Mapping[str, nn.Module]) -> None:
    """Raise `DataError` if one of the modules, by path, is of TorchScript."""
    for path, module in modules.items():
        if isinstance(module, torch.jit.ScriptModule):
            raise DataError(
                f"{EXPECTED}, got a TorchScript module{f' at {path}' if path else ''}, whose calls "
                "cannot be watched; make the eager module and give it the same weights: "
                "`eager.load_state_dict(scripted.state_dict())`",
                page="closed-network",
            )


@contextmanager
def eagerly() -> Iterator[None]:
    """Let modules and functions run eagerly that `torch.compile` has compiled.

    Compiled code calls no hooks. Without a compiler in the process there is nothing to compile,
    and importing it takes seconds.
    """
    if "torch._dynamo" not in sys.modules:
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield
