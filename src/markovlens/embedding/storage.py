"""Bases in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from markovlens.embedding.pod import POD
from markovlens.embedding.projections import Projection
from markovlens.files.whole import naming, read_arrays, replacing


def save_basis(path: str | Path, basis: POD | Projection) -> None:
    """Write a basis as `.npz`; what is no POD says of which kind it is."""
    arrays = {"mean": basis.mean, "components": basis.components, "energies": basis.energies}
    if isinstance(basis, Projection):
        arrays["kind"] = np.array(basis.kind)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_basis(path: str | Path) -> POD | Projection:
    """Return a basis written by `save_basis`; raises `DataError` on a damaged file."""
    arrays = read_arrays(path)
    with naming(path):
        plain = (arrays["mean"], arrays["components"], arrays["energies"])
        return Projection(*plain, str(arrays["kind"])) if "kind" in arrays else POD(*plain)
