"""Emulating networks as the networks stage wrote them: weights, card, checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file

from markovlens.dynamics.network import NoisyNetwork
from markovlens.errors import DataError
from markovlens.files.whole import naming, read_json
from markovlens.networks.digests import (
    CARD,
    WEIGHTS,
    check_checkpoint,
    check_weights,
    checkpoint_of_step,
)

KEYS = ("rnn.weight_hh_l0", "rnn.weight_ih_l0", "head.weight")


def load_noisy(folder: str | Path) -> NoisyNetwork:
    """Return the network of a folder.

    Args:
        folder: of the network: `card.json` and `weights.safetensors`.

    Raises:
        DataError: a file is missing or damaged, or holds no generator.
    """
    check_weights(folder)
    return _load(Path(folder, WEIGHTS))


def _load(path: Path) -> NoisyNetwork:
    with naming(path):
        try:
            tensors = load_file(path)
        except SafetensorError as error:
            raise DataError(
                f"{path}: cannot be read ({error}); train the network again", page="damaged-file"
            ) from error
    if set(tensors) != set(KEYS):
        raise DataError(
            f"{path}: expected the weights {', '.join(KEYS)}, got {', '.join(tensors)}",
            page="made-for-another-version",
        )
    return NoisyNetwork(*(tensors[key] for key in KEYS))


def load_checkpoints(folder: str | Path) -> list[tuple[dict[str, Any], NoisyNetwork]]:
    """Return what the card says of each checkpoint (`step`, `loss`, `order`), and its network.

    Args:
        folder: of the network: `card.json` and `checkpoints/`.

    Raises:
        DataError: a file is missing or damaged.
    """
    card = read_json(Path(folder, CARD))
    with naming(Path(folder, CARD)):
        said = [(one, checkpoint_of_step(folder, one["step"])) for one in card["checkpoints"]]
    for _, path in said:
        check_checkpoint(path)
    return [(one, _load(path)) for one, path in said]
