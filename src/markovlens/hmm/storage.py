"""Fitted models on disk: arrays in npz or safetensors, everything else in JSON beside them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.arguments import check_path
from markovlens.errors import ConfigError, DataError
from markovlens.hmm.categorical import CategoricalHMM
from markovlens.hmm.em import Monitor
from markovlens.hmm.input_output import InputOutputHMM
from markovlens.hmm.models import GaussianHMM
from markovlens.status import Status

SCHEMA_VERSION = 3
ENDINGS = (".npz", ".safetensors")

Model = GaussianHMM | CategoricalHMM | InputOutputHMM

CLASSES: dict[str, type[GaussianHMM] | type[CategoricalHMM] | type[InputOutputHMM]] = {
    "GaussianHMM": GaussianHMM,
    "CategoricalHMM": CategoricalHMM,
    "InputOutputHMM": InputOutputHMM,
}

LEARNED = (
    "startprob_", "transmat_", "means_", "covariances_", "emissionprob_", "coef_", "intercept_",
    "start_coef_", "start_intercept_", "slopes_", "input_mean_", "input_scale_",
)  # fmt: skip


def save_model(model: Model, path: str | Path) -> None:
    """Write `path` (.npz or .safetensors) and, beside it, the same name ending in .json.

    Raises:
        DataError: it is no path, or a setting is no plain value.
        ConfigError: another ending, or a model of no class that is kept so.
        StorageError: it cannot be written there, such as in a folder that is missing.
    """
    from markovlens.files.whole import check_folder, replacing  # which load pandas

    check_folder(path, ENDINGS)
    path = Path(path)
    if type(model).__name__ not in CLASSES:
        raise ConfigError(
            f"model: expected {' or '.join(CLASSES)}, got {type(model).__name__}; `pickle` keeps "
            "other estimators",
            page="wrong-kind",
        )
    card, arrays = _taken_apart(model)
    text = json.dumps({"schema_version": SCHEMA_VERSION} | card, sort_keys=True, indent=2)
    with replacing(path) as temporary:
        _write_arrays(temporary, path.suffix.lower(), arrays)
    with replacing(path.with_suffix(".json")) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _taken_apart(model: Model) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """What goes into JSON, and the arrays by name; those of a model within begin with its name."""
    arrays = {name: np.asarray(getattr(model, name)) for name in LEARNED if hasattr(model, name)}
    settings, within = {}, {}
    for name, value in model.get_params().items():
        if isinstance(value, np.ndarray):
            arrays[f"setting.{name}"] = value
        elif isinstance(value, str | int | float | bool | None):
            settings[name] = value
        elif isinstance(value, GaussianHMM | CategoricalHMM | InputOutputHMM):
            within[name], own = _taken_apart(value)
            arrays |= {f"{name}.{key}": array for key, array in own.items()}
        else:
            raise DataError(
                f"{name}: expected a number, a string, None or an array, got "
                f"{type(value).__name__}; set it to a plain value before saving",
                page="wrong-kind",
            )
    fitted = any(hasattr(model, name) for name in LEARNED)
    card = {
        "class": type(model).__name__,
        "settings": settings,
        "n_parameters": model.n_parameters() if fitted else None,
        "monitor": asdict(model.monitor_) if hasattr(model, "monitor_") else None,
    }
    return (card | {"within": within} if within else card), arrays


def _named(path: str | Path) -> Path:
    """Return the path of a file of arrays; raises as `check_path` of what is none."""
    check_path(path, ENDINGS)
    return Path(path)


def load_model(path: str | Path) -> Model:
    """The model that `save_model` wrote.

    Raises:
        ConfigError: another ending.
        DataError: it is no path, one of the two files is missing, or another
            version wrote them.
    """
    path = _named(path)
    beside = path.with_suffix(".json")
    if not beside.exists():
        raise DataError(
            f"{path}: expected {beside.name} beside it, which `save_model` writes; there is none",
            page="no-such-file",
        )
    if not path.exists():
        raise DataError(
            f"{path}: expected a file of arrays, as `save_model` writes; there is none",
            page="no-such-file",
        )
    card = json.loads(beside.read_text(encoding="utf-8"))
    if card["schema_version"] != SCHEMA_VERSION:
        raise DataError(
            f"{path}: expected schema version {SCHEMA_VERSION}, got {card['schema_version']}; "
            "save the model again with this version",
            page="made-for-another-version",
        )
    return _put_together(card, _read_arrays(path))


def _put_together(card: dict[str, Any], arrays: dict[str, NDArray]) -> Model:
    """The model that `_taken_apart` took apart."""
    settings: dict[str, Any] = card["settings"] | _beginning("setting.", arrays)
    for name, own in card.get("within", {}).items():
        settings[name] = _put_together(own, _beginning(f"{name}.", arrays))
    model = CLASSES[card["class"]](**settings)
    for name in LEARNED:
        if name in arrays:
            setattr(model, name, arrays[name])
    if card["n_parameters"] is not None:
        model.n_parameters_ = card["n_parameters"]
    if card["monitor"] is not None:
        fields: Any = {
            k: tuple(v) if isinstance(v, list) else v for k, v in card["monitor"].items()
        }
        model.monitor_ = Monitor(**fields | {"status": Status(fields["status"])})
    return model


def _beginning(prefix: str, arrays: dict[str, NDArray]) -> dict[str, NDArray]:
    """The arrays whose names begin so, by the rest of their names."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def _write_arrays(path: Path, suffix: str, arrays: dict[str, NDArray]) -> None:
    """Write arrays in the format of the suffix."""
    if suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, path)
        return
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _read_arrays(path: Path) -> dict[str, NDArray]:
    """Arrays by name."""
    if path.suffix.lower() == ".safetensors":
        from safetensors.numpy import load_file

        return load_file(path)
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
