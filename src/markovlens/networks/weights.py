"""Weights as files: safetensors, or torch's own format without any pickled object."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from markovlens.arguments import check_path
from markovlens.errors import DataError, reason_of
from markovlens.files.whole import naming, replacing

AROUND = ("state_dict", "model_state_dict", "model")  # names of a state dict in a checkpoint
SHOWN = 3  # keys named in a message
# What unpickling raises of a file that is something else, in words about its own stack and memory.
STRAY = (LookupError, ValueError, TypeError, AttributeError)
NO_WEIGHTS = (SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError, *STRAY)


def write_weights(path: str | Path, model: nn.Module) -> None:
    """Write the state dict of a model as safetensors; equal weights give equal bytes."""
    write_tensors(path, model.state_dict())


def write_tensors(path: str | Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors by name as safetensors; raises `ConfigError` of another ending."""
    check_path(path, (".safetensors",))
    # Cloned, because safetensors refuses tensors that share memory (tied weights).
    tensors = {key: value.detach().clone() for key, value in tensors.items()}
    data = save({key: value.contiguous().cpu() for key, value in tensors.items()})
    with replacing(path) as temporary:
        temporary.write_bytes(data)  # a full disk is an OSError here, as for all other files


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Return the tensors of a `.safetensors` file or of a `.pt` file with a plain state dict.

    The state dict may be part of a checkpoint, as in `without_checkpoint`. Nothing is unpickled but
    tensors, so that a file from anywhere can be opened.

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    path = Path(path)
    with naming(path):
        try:
            tensors = _load(path)
        except NO_WEIGHTS as error:
            raise DataError(
                f"{path}: expected a state dict, cannot read one ({_said(error)}); save it "
                "anew with safetensors.torch.save_file(model.state_dict(), path)",
                page="weights-do-not-fit",
            ) from error
    tensors = without_checkpoint(tensors)
    if not _is_plain(tensors):
        raise DataError(
            f"{path}: expected a dict of tensors, got something else, or none in it; "
            "save model.state_dict() alone, without what is around it, or below one of the names "
            f"{', '.join(AROUND)}",
            page="weights-do-not-fit",
        )
    return tensors


def load_weights(model: nn.Module, path: str | Path) -> nn.Module:
    """Return `model`, in evaluation mode, with the weights of a file.

    Raises:
        DataError: the weights are not those of this model, or not finite.
    """
    tensors = read_weights(path)
    check_fit(path, model.state_dict(), tensors)
    model.load_state_dict(tensors)
    return model.eval()


def check_fit(path: str | Path, expected: dict[str, Tensor], got: dict[str, Tensor]) -> None:
    """Check that tensors of a file have the names and shapes of those expected, and are finite.

    Raises:
        DataError: they do not; the message names the first that are wrong.
    """
    problems = _misfits(expected, got)
    if problems:
        raise DataError(
            f"{path}: does not fit the network ({'; '.join(problems)}); give the file that was "
            "saved from this architecture, or change the architecture to match it",
            page="weights-do-not-fit",
        )


def without_checkpoint(given: Any) -> Any:
    """Return the state dict within a checkpoint; whatever is given, where it is none.

    A checkpoint has it below one name of `AROUND` beside steps, optimisers and the like.
    """
    if not isinstance(given, Mapping) or _is_plain(given):
        return given
    within = [given[name] for name in AROUND if _is_plain(given.get(name))]
    return within[0] if len(within) == 1 else given


def _is_plain(given: Any) -> bool:
    """Return whether this is a state dict: tensors by name, one at least."""
    return (
        isinstance(given, Mapping)
        and len(given) > 0
        and all(isinstance(v, Tensor) for v in given.values())
    )


def _load(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _said(error: Exception) -> str:
    """Return why a file holds no weights; torch's own words may advise to unpickle it unchecked."""
    if isinstance(error, STRAY):
        return "it is no file of torch's"
    if isinstance(error, pickle.UnpicklingError):
        return "it is no file of torch's, or holds objects beside tensors"
    return reason_of(error)


def _misfits(expected: dict[str, Tensor], got: dict[str, Tensor]) -> list[str]:
    """Return what is wrong with the weights, in words."""
    shared = [key for key in expected if key in got]
    reshaped = [
        f"{key}: {tuple(got[key].shape)} instead of {tuple(expected[key].shape)}"
        for key in shared
        if got[key].shape != expected[key].shape
    ]
    broken = [
        key
        for key in shared
        if got[key].is_floating_point() and not bool(torch.isfinite(got[key]).all())
    ]
    kinds = {
        "missing": [key for key in expected if key not in got],
        "unexpected": [key for key in got if key not in expected],
        "of another shape": reshaped,
        "with NaN or infinity": broken,
    }
    return [f"{kind}: {_some(keys)}" for kind, keys in kinds.items() if keys]


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more
