"""How far machines of a large network made in one way decide as those made in full."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FITS = [*((method, seed) for method in ("kmeans", "lisor_k", "hmm") for seed in range(4))]
LUMPED = "joined"  # of a machine, the same one over states with different futures
AGREEMENTS = "agreements"
Z = 1.96  # of a normal distribution, 95 %


def key_of(*parts: Any) -> str:
    """Return the name of an array; parts that are empty are left out."""
    return " ".join(map(str, filter(lambda part: part != "", parts)))


def compare(folder: Path, way: str) -> pd.DataFrame:
    """Return how far machines made in a way decide as full fits do, and as the network.

    A full fit is compared with those of the other seeds, the others with all. So are the machines
    over states with different futures, in columns of their own.
    """
    found, full = (dict(np.load(folder / f"{name}.npz")) for name in (way, "in full"))
    rows = []
    for method, seed in FITS:
        others = [key for key in FITS if key[0] == method and (way, key[1]) != ("in full", seed)]
        row: dict[str, Any] = {"way": way, "stage": method, "seed": seed}
        for kind in ("", LUMPED):
            if key_of(method, seed, kind) in found:
                one = [found[key_of(method, seed, kind, *each)] for each in ((), (AGREEMENTS,))]
                all_of = [
                    [full[key_of(*other, kind, *each)] for other in others]
                    for each in ((), (AGREEMENTS,))
                ]
                row |= {key_of(kind, name): value for name, value in _beside(one, all_of).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def _beside(one: list[np.ndarray], others: list[list[np.ndarray]]) -> dict[str, float]:
    """Return what one machine decides and how far it agrees, beside others of the same."""
    said, mine = one
    lag = np.mean(others[1], axis=0) - mine
    half = Z * lag.std(ddof=1) / np.sqrt(len(lag))
    as_full = float(np.mean([said == other for other in others[0]]))
    found = {"as_network": mine.mean(), "as_full": as_full, "lag": lag.mean()}
    return found | {"lag_low": lag.mean() - half, "lag_high": lag.mean() + half}
