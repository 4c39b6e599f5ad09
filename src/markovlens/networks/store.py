"""Networks as folders: `weights.safetensors`, and `card.json` that says what they belong to.

Of a network whose training is looked into, `checkpoints/` has the weights at some of its steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from markovlens.errors import ConfigError, DataError
from markovlens.files import read_json, write_json
from markovlens.networks.architectures import construct
from markovlens.networks.card import Trained
from markovlens.networks.emulation import Emulator
from markovlens.networks.forecasting import TrainedForecaster
from markovlens.networks.weights import load_weights, write_tensors, write_weights

WEIGHTS, CARD, CHECKPOINTS = "weights.safetensors", "card.json", "checkpoints"


def save_network(folder: str | Path, trained: Trained) -> None:
    """Write a network and its card; equal networks give equal bytes."""
    write_weights(Path(folder, WEIGHTS), trained.model)
    write_json(Path(folder, CARD), trained.card)


def save_forecaster(folder: str | Path, trained: TrainedForecaster) -> None:
    """Write an encoder-decoder, its card and its checkpoints; equal networks give equal bytes."""
    _save_along(folder, trained, trained.checkpoints)


def save_emulator(folder: str | Path, emulator: Emulator) -> None:
    """Write a generator, its card and its checkpoints; equal networks give equal bytes."""
    _save_along(folder, emulator, {one.step: one.weights for one in emulator.snapshots})


def _save_along(
    folder: str | Path,
    trained: TrainedForecaster | Emulator,
    checkpoints: Mapping[int, Mapping[str, Tensor]],
) -> None:
    write_weights(Path(folder, WEIGHTS), trained.model)
    for step, tensors in checkpoints.items():
        write_tensors(Path(folder, CHECKPOINTS, f"step-{step:06d}.safetensors"), tensors)
    write_json(Path(folder, CARD), trained.card)


def load_network(folder: str | Path) -> nn.Module:
    """Return the network that `save_network` wrote, in evaluation mode.

    Raises:
        DataError: a file is missing or damaged, or the weights do not fit the card.
    """
    path = Path(folder, CARD)
    card = read_json(path)
    if not isinstance(card, dict) or not isinstance(card.get("architecture"), dict):
        raise DataError(f"{path}: expected the card of a network; train or load the network again")
    try:
        model = construct(card["architecture"])
    except (ConfigError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: no network can be built from it ({error}); make it again"
        ) from error
    return load_weights(model, Path(folder, WEIGHTS))
