"""What linear regions and basins say of claims about networks that emulate hidden Markov models."""

from __future__ import annotations

import numpy as np
import pandas as pd

from markovlens.dynamics.claims import NETWORK, SYSTEM
from markovlens.faithfulness.claims.claims import Claim, decide, measured

WORDS = {  # by claim: the statement, and what its effect is
    "origin_attracts_every_ray": (
        "Without noise every state dies away, on rays that no path visits as well",
        "1 less the largest factor by which a step multiplies a ray, or a cycle of rays, that was "
        "found in the linear regions",
    ),
    "root_finding_misses": (
        "Root finding from noisy states misses fixed points that linear regions hold",
        "share of the fixed points under held noise that root finding from all noisy states "
        "misses, less the share that the search by regions misses, which begins with the same",
    ),
    "kick_zone_is_at_the_boundary": (
        "In the kick-zone noise decides which slow region comes next",
        "share of one-step noise kicks after which the noise-free map leads to another symbol: "
        "kick-zone minus cluster",
    ),
}


def region_claims(table: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims that the runs can speak to, decided together.

    Args:
        table: named numbers of `held` and `basins`, with task, model and seed.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    factor = _of(table, "ray_factor", "largest")
    differences = {
        "origin_attracts_every_ray": factor.assign(difference=1 - factor["value"]),
        "root_finding_misses": _less(_from_most_starts(table), "missed", "root finder", "regions"),
        "kick_zone_is_at_the_boundary": _less(table, "kicks_that_cross", "kick-zone", "cluster"),
    }
    return decide(
        [
            measured(name, *WORDS[name], found, rng, system=SYSTEM)
            for name, found in differences.items()
        ]
    )


def _of(table: pd.DataFrame, measure: str, where: str) -> pd.DataFrame:
    return table[(table["measure"] == measure) & (table["where"] == where)]


def _less(table: pd.DataFrame, measure: str, first: str, second: str) -> pd.DataFrame:
    """Return the difference of a measure between two places, for each network that has both."""
    both = _of(table, measure, first).merge(_of(table, measure, second), on=NETWORK)
    return both.assign(difference=both["value_x"] - both["value_y"])


def _from_most_starts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table without what root finding missed from fewer starts than all."""
    is_fewer = (table["measure"] == "missed") & (
        table["rank"] < table.groupby([*NETWORK, "measure", "where"])["rank"].transform("max")
    )
    return table[~is_fewer.fillna(False)]
