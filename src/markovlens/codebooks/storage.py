"""Codebooks as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from markovlens.channels import channels_from_plain, channels_to_plain
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.centres import Centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.known import known_from_plain, known_to_plain
from markovlens.codebooks.scale import Scale
from markovlens.codebooks.tree import Tree
from markovlens.errors import DataError

TREE, CENTRES = "tree", "centres"
PARTS = {  # arrays of a tree and their types
    "directions": float, "feature": int, "threshold": float, "left": int, "right": int,
    "missing_left": bool, "met_missing": bool,
}  # fmt: skip


def codebook_to_dict(codebook: Codebook) -> dict[str, Any]:
    """Return a codebook as plain values; raises `DataError` for one of a kind of your own."""
    if not isinstance(codebook, Tree | Centres):
        raise DataError(
            "expected a codebook that can be kept, a Tree or Centres, got "
            f"{type(codebook).__name__}",
            page="needs-a-codebook",
        )
    shared = {
        "channels": channels_to_plain(codebook.channels),
        "context": str(codebook.context),
        "known": known_to_plain(codebook.known),
    }
    if isinstance(codebook, Tree):
        parts = {name: getattr(codebook, name).tolist() for name in PARTS}
        # JSON has no infinity, where missing and known values part.
        parts["threshold"] = [None if np.isinf(each) else each for each in parts["threshold"]]
        return {"kind": TREE, **shared, **parts}
    scale = {"mean": codebook.scale.mean.tolist(), "sd": codebook.scale.sd.tolist()}
    return {"kind": CENTRES, **shared, **scale, "centres": codebook.centres.tolist()}


def codebook_from_dict(plain: Mapping[str, Any]) -> Tree | Centres:
    """Return the codebook that `codebook_to_dict` wrote."""
    channels = channels_from_plain(plain["channels"])
    context = Context.named(plain["context"])
    known = known_from_plain(plain.get("known", ()))  # older files have none
    if plain["kind"] == TREE:
        parts: dict[str, Any] = {
            name: np.array(plain[name], dtype=kind) for name, kind in PARTS.items()
        }
        parts["threshold"][np.isnan(parts["threshold"])] = np.inf
        n_features = len(parts["met_missing"])
        directions = parts.pop("directions").reshape(-1, n_features)
        return Tree(channels, context, directions, **parts, known=known)
    scale = Scale(np.array(plain["mean"]), np.array(plain["sd"]))
    return Centres(channels, context, scale, np.array(plain["centres"]), known)
