"""Networks as folders: `weights.safetensors`, and `card.json` that says what they belong to.

Of a network whose training is looked into, `checkpoints/` has the weights at some of its steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from markovlens.errors import ConfigError, DataError
from markovlens.files.whole import naming, read_json, sha256, write_json
from markovlens.networks.along import TrainedAlong
from markovlens.networks.architectures import construct
from markovlens.networks.card import Trained
from markovlens.networks.digests import (
    CARD,
    OF_CHECKPOINTS,
    OF_WEIGHTS,
    WEIGHTS,
    check_checkpoint,
    check_weights,
    checkpoint_of_step,
)
from markovlens.networks.emulation import Emulator
from markovlens.networks.forecasting import TrainedForecaster
from markovlens.networks.weights import load_weights, write_tensors, write_weights

OWN = ("module", "file")  # what a card may name that is somebody's


def save_network(folder: str | Path, trained: Trained) -> None:
    """Write a network and its card; equal networks give equal bytes."""
    _save(Path(folder), trained.model, trained.card)


def save_forecaster(folder: str | Path, trained: TrainedForecaster) -> None:
    """Write an encoder-decoder, its card and its checkpoints; equal networks give equal bytes."""
    _save_along(folder, trained, trained.checkpoints)


def save_emulator(folder: str | Path, emulator: Emulator) -> None:
    """Write a generator, its card and its checkpoints; equal networks give equal bytes."""
    _save_along(folder, emulator, {one.step: one.weights for one in emulator.snapshots})


def save_moments(folder: str | Path, trained: TrainedAlong) -> None:
    """Write a network that was trained along, its card and its moments; the same bytes again."""
    _save_along(folder, trained, {one.step: one.weights for one in trained.moments})


def load_moments(folder: str | Path) -> list[tuple[dict[str, Any], nn.Module]]:
    """Return what the card says of each moment, and the network that it was.

    Raises:
        DataError: a file is missing or damaged.
    """
    card = read_json(Path(folder, CARD))
    with naming(Path(folder, CARD)):
        said = [(one, checkpoint_of_step(folder, one["step"])) for one in card["checkpoints"]]
    for _, path in said:
        check_checkpoint(path)
    return [(one, load_weights(construct(card["architecture"]), path)) for one, path in said]


def _save_along(
    folder: str | Path,
    trained: TrainedForecaster | Emulator | TrainedAlong,
    checkpoints: Mapping[int, Mapping[str, Tensor]],
) -> None:
    digests = {}
    for step, tensors in checkpoints.items():
        path = checkpoint_of_step(folder, step)
        write_tensors(path, tensors)
        digests[path.name] = sha256(path)
    _save(Path(folder), trained.model, {**trained.card, OF_CHECKPOINTS: digests})


def load_network(folder: str | Path, *, own: Mapping[str, Any] | None = None) -> nn.Module:
    """Return the network that `save_network` wrote, in evaluation mode.

    Args:
        folder: of the network.
        own: `module` and `kwargs`, or `file` and `options`, of the user's own network, from the
            config. A card may come from
            anywhere, and what it names would be called: no other module is imported for it.

    Raises:
        DataError: a file is missing or damaged, the weights do not fit the card, or the card names
            a module that is not `own`.
    """
    path = Path(folder, CARD)
    card = read_json(path)
    if not isinstance(card, dict) or not isinstance(card.get("architecture"), dict):
        raise DataError(
            f"{path}: expected the card of a network; train or load the network again",
            page="made-for-another-version",
        )
    asked = [card["architecture"][key] for key in OWN if key in card["architecture"]]
    if asked and card["architecture"] != own:
        raise DataError(
            f"{path}: asks for the module {asked[0]!r}, which the config does not name so for this "
            "model; only what the config names is imported. Make the card again",
            page="refused-file",
        )
    try:
        model = construct(card["architecture"])
    except (ConfigError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: no network can be built from it ({error}); make it again",
            page="made-for-another-version",
        ) from error
    check_weights(folder)
    return load_weights(model, Path(folder, WEIGHTS))


def _save(folder: Path, model: nn.Module, card: Mapping[str, Any]) -> None:
    write_weights(folder / WEIGHTS, model)
    write_json(folder / CARD, {**card, OF_WEIGHTS: sha256(folder / WEIGHTS)})
