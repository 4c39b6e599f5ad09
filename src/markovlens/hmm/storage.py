"""Fitted models on disk: arrays in npz or safetensors, everything else in JSON beside them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.errors import ConfigError, DataError
from markovlens.hmm.categorical import CategoricalHMM
from markovlens.hmm.em import Monitor
from markovlens.hmm.models import GaussianHMM
from markovlens.status import Status

SCHEMA_VERSION = 3

CLASSES: dict[str, type[GaussianHMM] | type[CategoricalHMM]] = {
    "GaussianHMM": GaussianHMM,
    "CategoricalHMM": CategoricalHMM,
}

LEARNED = ("startprob_", "transmat_", "means_", "covariances_", "emissionprob_")


def save_model(model: GaussianHMM | CategoricalHMM, path: str | Path) -> None:
    """Write `path` (.npz or .safetensors) and, beside it, the same name ending in .json."""
    path = Path(path)
    if type(model).__name__ not in CLASSES:
        raise ConfigError(
            f"model: expected {' or '.join(CLASSES)}, got {type(model).__name__}; `pickle` keeps "
            "other estimators"
        )
    arrays = {name: np.asarray(getattr(model, name)) for name in LEARNED if hasattr(model, name)}
    settings = {}
    for name, value in model.get_params().items():
        if isinstance(value, np.ndarray):
            arrays[f"setting.{name}"] = value
        elif isinstance(value, str | int | float | bool | None):
            settings[name] = value
        else:
            raise ValueError(
                f"{name}: expected a number, a string, None or an array, got "
                f"{type(value).__name__}; set it to a plain value before saving"
            )
    card = {
        "schema_version": SCHEMA_VERSION,
        "class": type(model).__name__,
        "settings": settings,
        "n_parameters": model.n_parameters(),
        "monitor": asdict(model.monitor_) if hasattr(model, "monitor_") else None,
    }
    text = json.dumps(card, sort_keys=True, indent=2)
    _replace(path, lambda partial: _write_arrays(partial, path.suffix, arrays))
    _replace(path.with_suffix(".json"), lambda partial: partial.write_text(text))


def load_model(path: str | Path) -> GaussianHMM | CategoricalHMM:
    """The model that `save_model` wrote."""
    path = Path(path)
    beside = path.with_suffix(".json")
    if not beside.exists():
        raise DataError(
            f"{path}: expected {beside.name} beside it, which `save_model` writes; there is none"
        )
    card = json.loads(beside.read_text())
    if card["schema_version"] != SCHEMA_VERSION:
        raise ValueError(
            f"{path}: expected schema version {SCHEMA_VERSION}, got {card['schema_version']}; "
            "save the model again with this version"
        )
    arrays = _read_arrays(path)
    prefix = "setting."
    settings: dict[str, Any] = card["settings"]
    settings |= {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
    model = CLASSES[card["class"]](**settings)
    for name in LEARNED:
        if name in arrays:
            setattr(model, name, arrays[name])
    model.n_parameters_ = card["n_parameters"]
    if card["monitor"] is not None:
        fields: Any = {
            k: tuple(v) if isinstance(v, list) else v for k, v in card["monitor"].items()
        }
        model.monitor_ = Monitor(**fields | {"status": Status(fields["status"])})
    return model


def _replace(path: Path, write: Any) -> None:
    """Write to a temporary name in the same folder, then rename."""
    partial = path.with_name(f".{path.name}.partial")
    write(partial)
    partial.replace(path)


def _write_arrays(path: Path, suffix: str, arrays: dict[str, NDArray]) -> None:
    """Write arrays in the format of the suffix."""
    if suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, path)
        return
    if suffix != ".npz":
        raise ValueError(f"path: expected to end in .npz or .safetensors, got {suffix!r}")
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read_arrays(path: Path) -> dict[str, NDArray]:
    """Arrays by name."""
    if path.suffix == ".safetensors":
        from safetensors.numpy import load_file

        return load_file(path)
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
