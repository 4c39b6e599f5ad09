"""Which files a network needs before it can be made; loads no torch, so that a workflow may ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markovlens.config.arena import FAMILY, files_of
from markovlens.config.wild import WILD
from markovlens.tasks.resources import resource_path


def weight_files(
    spec: Mapping[str, Any],
    downloads: str | Path,
    *,
    task: str = "",
    arena: str | Path | None = None,
) -> list[Path]:
    """Return the files with the weights of a model: none for one that is trained here.

    Args:
        spec: one entry of the config's `networks.models`.
        downloads: the folder into which `tasks.fetch` puts pretrained weights.
        task: what the model is run on; only a model from the arena differs by it.
        arena: the folder of the arena.
    """
    if spec.get("pretrained") == FAMILY:
        files = files_of(arena, task)
        return [files.description, files.weights, files.words]
    if "pretrained" in spec:  # its resource has its name, where it is not half of a network
        name = spec["pretrained"]
        return [resource_path(WILD[name].weights if name in WILD else name, downloads)]
    return [Path(spec[key]) for key in ("weights", "file") if key in spec]
