"""Emulating networks as the networks stage wrote them: weights, card, checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file

from markovlens.dynamics.network import NoisyNetwork
from markovlens.errors import DataError
from markovlens.files import naming, read_json

KEYS = ("rnn.weight_hh_l0", "rnn.weight_ih_l0", "head.weight")


def load_noisy(path: str | Path) -> NoisyNetwork:
    """Return the network whose weights a file holds.

    Raises:
        DataError: the file is missing, damaged, or holds no generator.
    """
    with naming(path):
        try:
            tensors = load_file(path)
        except SafetensorError as error:
            raise DataError(f"{path}: cannot be read ({error}); train the network again") from error
    if set(tensors) != set(KEYS):
        raise DataError(f"{path}: expected the weights {', '.join(KEYS)}, got {', '.join(tensors)}")
    return NoisyNetwork(*(tensors[key] for key in KEYS))


def load_checkpoints(folder: str | Path) -> list[tuple[dict[str, Any], NoisyNetwork]]:
    """Return what the card says of each checkpoint (`step`, `loss`, `order`), and its network.

    Args:
        folder: of the network: `card.json` and `checkpoints/`.

    Raises:
        DataError: a file is missing or damaged.
    """
    card = read_json(Path(folder, "card.json"))
    with naming(Path(folder, "card.json")):
        said = card["checkpoints"]
    return [
        (one, load_noisy(Path(folder, "checkpoints", f"step-{one['step']:06d}.safetensors")))
        for one in said
    ]
