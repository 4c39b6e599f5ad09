"""Every fixed point, cycle and ray that a search by regions found, a row each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from markovlens.dynamics.rectified import Cycle
from markovlens.dynamics.region_search import Searched

ACTIVE, SILENT, NEXT = "x", ".", ">"
COLUMNS = (
    "noise", "period", "is_ray", "region", "stability", "modulus", "argument", "factor", "many",
    "n_regions", "complete",
)  # fmt: skip


def cycle_table(rays: Sequence[Searched], held: Sequence[Sequence[Searched]]) -> pd.DataFrame:
    """Return a row for each cycle, columns `COLUMNS`; `noise` is empty of those without noise.

    Args:
        rays: by period, of the map without noise.
        held: for each noise vector, by period, of the map that it pushes.
    """
    pushed = [(noise, one) for noise, searched in enumerate(held) for one in searched]
    rows = [
        (noise, *_of(cycle), one.n_regions, one.every)
        for noise, one in [*((None, one) for one in rays), *pushed]
        for cycle in one.cycles
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"noise": "Int64"})


def region_of(active: np.ndarray) -> str:
    """Return which units are active (k, H) in words of `x` and `.`, a word for each point.

    >>> region_of(np.array([[True, False], [False, False]]))
    'x.>..'
    """
    points = ("".join(ACTIVE if unit else SILENT for unit in point) for point in active)
    return NEXT.join(points)


def _of(cycle: Cycle) -> tuple[object, ...]:
    """Return the columns from `period` to `many`; conjugate eigenvalues have one argument."""
    leading = cycle.eigenvalues[0]
    numbers = (float(abs(leading)), float(abs(np.angle(leading))), float(cycle.factor))
    region = region_of(cycle.active)
    return cycle.period, cycle.is_ray, region, str(cycle.stability), *numbers, cycle.many
