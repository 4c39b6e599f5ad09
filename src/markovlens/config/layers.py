"""`layer: all`: a model of which every recurrent layer is explained becomes one model a layer.

Each is named after its layer, `deep.rnn.l0`, and has runs and rows of tables of its own, so that
layers are compared as networks are. No torch here: the layers of a user's module are told by the
names in its state dict.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from markovlens.config.schema import raise_if, show
from markovlens.errors import ConfigError, reason_of

ALL = "all"
# Sections whose studies look at a network and not at a layer of it: what they do, and which of the
# models that stand for its layers may be named there.
WHOLE = {
    "layers": "all layers of a network are compared there whatever its `layer` is: name one of",
    "formation": "the last layer of a network is followed there: name the last of",
    "embedding": "all parts of an encoder-decoder are embedded there: name one of",
}
# What some of these take, where no user's module is one of them, nor any layer of it.
NO_MODULES = {
    "formation": "a model with a `cell`, or a generator",
    "embedding": "an encoder-decoder",
}
# What torch calls the recurrent weights of a layer of RNN, GRU or LSTM, and of a cell.
RECURRENT = re.compile(r"(?:(?P<path>.+)\.)?weight_hh(?:_l(?P<number>\d+))?")


def expand_layers(
    config: Mapping[str, Any], known: Mapping[str, Iterable[str]], sections: Iterable[str]
) -> dict[str, Any]:
    """Return the config with a model for each layer in place of each model of `layer: all`.

    Args:
        config: with defaults filled in.
        known: the layers of models that are no user's modules, by name of the model.
        sections: those whose `runs` name such models; "" is the config itself.

    Raises:
        ConfigError: weights that cannot be read or have no recurrent layer, a model that has the
            name of another's layer, or a section of `WHOLE` that names such a model.
    """
    models = config["networks"]["models"]
    runs = {section: (config[section] if section else config)["runs"] for section in sections}
    named = [*runs.values(), *(config[section]["runs"] for section in WHOLE)]
    asked = {name for entries in named for entry in entries for name in entry["models"]}
    layers = {
        name: [f"{name}.{layer}" for layer in known.get(name) or layers_in_weights(name, spec)]
        for name, spec in models.items()
        if spec.get("layer") == ALL and (name in asked or known.get(name))
    }
    if not layers:
        return dict(config)
    _check_free(layers, models)
    raise_if([*_whole(config, layers)])
    expanded = {
        new: spec | ({"layer": new.removeprefix(f"{name}.")} if name in layers else {})
        for name, spec in models.items()
        for new in layers.get(name, [name])
    }
    result = {**config, "networks": {**config["networks"], "models": expanded}}
    for section, entries in runs.items():
        replaced = [
            entry
            | {"models": [new for name in entry["models"] for new in layers.get(name, [name])]}
            for entry in entries
        ]
        result |= (
            {section: {**config[section], "runs": replaced}} if section else {"runs": replaced}
        )
    return result


def _whole(config: Mapping[str, Any], layers: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a line for each model of all its layers where networks are looked at as a whole."""
    for section in WHOLE:
        for place, entry in enumerate(config[section]["runs"]):
            for name in entry["models"]:
                if name in layers:
                    spec = config["networks"]["models"][name]
                    yield (
                        f"{section}.runs[{place}].models: got {show(name)}, of which `layer: all` "
                        f"makes a model for each layer, expected "
                        + _wanted(section, spec, layers[name])
                    )


def _wanted(section: str, spec: Mapping[str, Any], layers: Iterable[str]) -> str:
    """Return what a section takes in place of a model of all its layers."""
    if "module" in spec and section in NO_MODULES:
        return f"{NO_MODULES[section]}; leave a module of your own out there"
    without = "" if "module" in spec else ", or a model without `layer`"  # a module must name one
    return f"one network; {WHOLE[section]} {', '.join(layers)}{without}"


def layers_in_weights(name: str, spec: Mapping[str, Any]) -> list[str]:
    """Return the recurrent layers of torch that a state dict has, as `recurrence.layers` has them.

    Raises:
        ConfigError: the file is missing or no state dict, or has none.
    """
    if "weights" not in spec:
        raise ConfigError(
            f"networks.models.{name}.layer: got 'all', expected a part of the network's state, or "
            "state for all of it; `markovlens.adapt(file)` says which parts there are",
            page="bad-config",
        )
    place, path = f"networks.models.{name}", Path(spec["weights"])
    try:
        names = _names_in(path)
    except (OSError, ValueError, BadZipFile, KeyError) as error:
        raise ConfigError(
            f"{place}.weights: got {show(str(path))}, expected a state dict whose layers its "
            f"names tell ({reason_of(error)}; the path begins in {Path.cwd()}); or name the layer",
            page="bad-config",
        ) from error
    found = [RECURRENT.fullmatch(each) for each in names]
    layers = [_layer(match["path"], match["number"]) for match in found if match]
    if not layers:
        raise ConfigError(
            f"{place}.layer: got 'all', expected weights with recurrent layers of torch (such as "
            f"rnn.weight_hh_l0), got none in {path}; name the layer",
            page="bad-config",
        )
    return sorted(set(layers), key=lambda layer: [_natural(part) for part in layer.split(".")])


def _layer(path: str | None, number: str | None) -> str:
    return f"{path or ''}.l{number or 0}".lstrip(".")


def _natural(part: str) -> tuple[str, int]:
    digits = part[len(part.rstrip("0123456789")) :]
    return part.removesuffix(digits), int(digits or -1)


def _names_in(path: Path) -> list[str]:
    """Return the names of tensors in a file; nothing is unpickled."""
    if path.suffix == ".pt":
        with ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if not inside:
                raise ValueError("no state dict of torch is in it")
            operations = pickletools.genops(archive.read(inside[0]))
            return [value for _, value, _ in operations if isinstance(value, str)]
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return list(file.keys())
    except SafetensorError as error:
        raise ValueError(reason_of(error)) from error


def _check_free(layers: Mapping[str, list[str]], models: Mapping[str, Any]) -> None:
    for name, found in layers.items():
        for new in found:
            if new in models:
                raise ConfigError(
                    f"networks.models.{name}.layer: got 'all', which makes a model {new!r}, but "
                    "there is one; rename it",
                    page="bad-config",
                )


def without_machine(found: Iterable[tuple[str, str]], families: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each task of `layers.runs` of which no true machine is known."""
    for task in dict.fromkeys(task for task, _ in found):
        if families[task] != "formal" or task == "dyck_1":
            yield (
                f"layers.runs: got {show(task)}, expected tasks whose true machine is known, "
                "regular languages and groups such as parity and s3"
            )
