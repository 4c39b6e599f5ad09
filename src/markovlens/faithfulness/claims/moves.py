"""What moves between states add: machines that run alone beside states that are only looked at."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from markovlens.abstractions import WITHOUT_MOVES
from markovlens.faithfulness.claims.claims import Claim, measured
from markovlens.faithfulness.scores.evaluate import EXPLAINED

MOVING = "kmeans"
SCORES = (EXPLAINED, "balanced_fidelity_string", "balanced_fidelity_step")  # the first it has
KEYS = ["task", "model", "seed", "score"]


def both_asked(methods: Iterable[str]) -> bool:
    """Return whether a run has states with moves and states without."""
    asked = set(methods)
    return MOVING in asked and not asked.isdisjoint(WITHOUT_MOVES)


def moves_claims(scores: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claim on what moves are worth, not yet decided beside others.

    Only networks that passed their gate count.

    Args:
        scores: all scores with task, model, seed, gate.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    return [
        measured(
            "moves_beat_looking",
            "States with moves, running on inputs alone, say more of a network than states without "
            "moves that are read off its units",
            "agreement with the network (balanced; of networks that predict, divergence "
            "explained): k-means in closed loop minus co-clusters of units and words in open loop",
            _differences(scores[(scores["gate"] == "passed") & scores["chosen"]]),
            rng,
        )
    ]


def _differences(chosen: pd.DataFrame) -> pd.DataFrame:
    """Return closed loop with moves minus open loop without, by each task's own measure."""
    chosen = chosen[chosen["score"].isin(SCORES) & chosen["value"].notna()]
    closed = chosen[(chosen["method"] == MOVING) & (chosen["mode"] == "closed")]
    opened = chosen[chosen["method"].isin(WITHOUT_MOVES) & (chosen["mode"] == "open")]
    both = closed[[*KEYS, "value"]].merge(
        opened[[*KEYS, "value"]], on=KEYS, suffixes=("_closed", "_open")
    )
    both = both.assign(rank=both["score"].map(SCORES.index)).sort_values("rank")
    both = both.drop_duplicates(["task", "model", "seed"])
    return both.assign(difference=both["value_closed"] - both["value_open"])
