"""The claims on networks whose dynamics are published: what they rest on, what HMMs see of it.

Sussillo & Barak 2013, "Opening the black box" (flip-flop); Mante et al. 2013, "Context-dependent
computation by recurrent dynamics in prefrontal cortex". That the states of a hidden Markov model
are attractors is what this project's method takes for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, decide, measured

SYSTEM = "S4"
NETWORK = ("task", "model", "seed")
N_MEMORIES = 8

WORDS = {  # by claim: the statement, and what its effect is
    "flip_flop_has_eight_fixed_points": (
        "A network that holds three bits has a stable fixed point for each of the eight memories",
        "1 where the search finds eight stable fixed points without input, and their answers are "
        "the eight memories; -1 elsewhere",
    ),
    "hmm_states_are_attractors": (
        "The states of a hidden Markov model are the attractors of its network",
        "adjusted Rand index of the states of the HMM, at the number it chooses, with the stable "
        "fixed point that each state comes to without input, less the same index with those of "
        "other sequences",
    ),
    "hmm_counts_attractors": (
        "A hidden Markov model chooses as many states as its network has attractors",
        "1 where the HMM of a network of flip_flop chooses 8 states, -1 elsewhere",
    ),
    "context_selects_by_slow_direction": (
        "A network that decides by context lets in evidence by the direction of its slow mode",
        "absolute cosine of the selection vector (left eigenvector of the slowest mode) with what "
        "the evidence that counts does to the state, less that of the other evidence; mean over "
        "slow points of both contexts",
    ),
}

Finding = Callable[[pd.DataFrame], pd.DataFrame]


def attractor_claims(table: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims from the table of numbers of all networks; only trained ones count.

    Args:
        table: `tables.attractors.ATTRACTORS`.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    passed = table[table["gate"] == "passed"]
    return decide(
        [
            measured(name, *words, FOUND[name](passed), rng, clusters=NETWORK, system=SYSTEM)
            for name, words in WORDS.items()
        ]
    )


def _eight(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["where"].isin(["unstable_0", "stable"])]
    wide = _wide(rows[rows["measure"].isin(["points", "memories"])], "measure")
    both = wide.reindex(columns=[*NETWORK, "points", "memories"]).dropna()
    holds = (both["points"] == N_MEMORIES) & (both["memories"] == N_MEMORIES)
    return both.assign(difference=_sign(holds))


def _attractors(table: pd.DataFrame) -> pd.DataFrame:
    rows = _chosen(table)
    wide = _wide(rows[rows["where"] == "attractor"], "measure")
    both = wide.reindex(columns=[*NETWORK, "ari", "ari_floor"])
    return both.assign(difference=both["ari"] - both["ari_floor"])


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    rows = _chosen(table)
    rows = rows[(rows["measure"] == "ari") & (rows["where"] == "attractor")]
    return rows.assign(difference=_sign(rows["n_states"] == N_MEMORIES))


def _selects(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["measure"].isin(["along_counts", "along_other"])]
    wide = _wide(rows, "measure", [*NETWORK, "where"])
    both = wide.reindex(columns=[*NETWORK, "where", "along_counts", "along_other"])
    return both.assign(difference=both["along_counts"] - both["along_other"])


def _chosen(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["method"] == "hmm") & (table["selection"] == "chosen")]


def _wide(rows: pd.DataFrame, columns: str, index: Sequence[str] = NETWORK) -> pd.DataFrame:
    return rows.pivot(index=list(index), columns=columns, values="value").reset_index()


def _sign(holds: pd.Series) -> pd.Series:
    return holds.map({True: 1.0, False: -1.0}).astype(float)


FOUND: Mapping[str, Finding] = {
    "flip_flop_has_eight_fixed_points": _eight,
    "hmm_states_are_attractors": _attractors,
    "hmm_counts_attractors": _counts,
    "context_selects_by_slow_direction": _selects,
}
