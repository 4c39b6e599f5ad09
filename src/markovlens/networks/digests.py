"""Digests of weights in a network's card: one changed bit would give another network, silently.

No torch: studies of networks need none.
"""

from __future__ import annotations

from pathlib import Path

from markovlens.errors import DataError
from markovlens.files.whole import naming, read_json, sha256

WEIGHTS, CARD, CHECKPOINTS = "weights.safetensors", "card.json", "checkpoints"
OF_WEIGHTS, OF_CHECKPOINTS = "weights_sha256", "checkpoints_sha256"  # keys of the card


def checkpoint_of_step(folder: str | Path, step: int) -> Path:
    """Return the file with the weights that a network had after so many steps."""
    return Path(folder, CHECKPOINTS, f"step-{step:06d}.safetensors")


def check_weights(folder: str | Path) -> None:
    """Check that the weights in a network's folder are those its card was written for.

    Raises:
        DataError: they are not, or a file is missing or damaged.
    """
    _check(Path(folder, WEIGHTS), Path(folder, CARD), (OF_WEIGHTS,))


def check_checkpoint(path: str | Path) -> None:
    """Check that the weights at one step of a training are those the card was written for.

    Raises:
        DataError: they are not, or a file is missing or damaged.
    """
    path = Path(path)
    _check(path, path.parents[1] / CARD, (OF_CHECKPOINTS, path.name))


def _check(path: Path, card: Path, keys: tuple[str, ...]) -> None:
    said = read_json(card)
    with naming(card):
        for key in keys:
            said = said[key]
    with naming(path):
        found = sha256(path)
    if found != said:
        raise DataError(
            f"{path}: expected the weights that {CARD} was written for, got others; delete both "
            "and run again",
            page="weights-do-not-fit",
        )
