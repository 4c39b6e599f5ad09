"""Clusters or hidden Markov models: which are closer to a network, and where?

LUNA (Song et al., "LUNA: a model-based universal analysis framework for large language models",
2024) reports that Markov chains over clusters of hidden states mostly do better than HMMs. Both are
machines here, each with the number of states that it chose itself, and run on inputs alone. Each
kind of condition (`regions`) has a claim of its own for each kind of HMM.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, measured

CLUSTERS = "kmeans"
HMMS = {"hmm": "HMM", "hmm_input": "input-driven HMM"}
PLAIN, ALIKE, BRANCHING = "none", "alike", "branching"  # what aliasing there is
LITTLE_NOISE = 0.5  # standard deviations of each unit, at most
FEW = 30  # training sequences, at most
CHANCE = 0.5  # of an answer among two, balanced: what is left where a method has no machine
STATEMENT = "Markov chains over clusters are closer to a network than hidden Markov models"
WORDS = {
    "quiet": f"noise up to {LITTLE_NOISE:g} sd, more than {FEW} sequences",
    "few": f"noise up to {LITTLE_NOISE:g} sd, at most {FEW} sequences",
    "noisy": f"noise above {LITTLE_NOISE:g} sd",
    ALIKE: "states that look alike",
    BRANCHING: "one state and input leading to several states",
}
CONDITION = ["aliasing", "noise", "n_train"]


def cluster_claims(
    rows: pd.DataFrame, *, seed: int, clusters: Sequence[str] = ("task", "seed")
) -> list[Claim]:
    """Return a claim, not yet decided, for each kind of condition that occurs and each HMM.

    A difference is the balanced agreement of clusters less that of an HMM, under one condition of
    one network; those of a network depend on one another.

    Args:
        rows: of `robustness.try_conditions` with the columns of `clusters`, balanced agreements
            only; with a column `aliasing` where there is some.
        seed: of the sign flips.
        clusters: what a network is known by.
    """
    rng = np.random.default_rng(seed)
    found = _side_by_side(rows, clusters)
    return [
        measured(
            f"clusters_beat_hmms:{region}:{hmm}",
            STATEMENT,
            f"{WORDS[region]}: balanced agreement in closed loop of k-means less that of "
            f"the {HMMS[hmm]}",
            some.assign(difference=some[CLUSTERS] - some[hmm]),
            rng,
            clusters=clusters,
            system="S5",
        )
        for region, some in _occurring(found)
        for hmm in HMMS
        if hmm in found and CLUSTERS in found
    ]


def regions(rows: pd.DataFrame) -> Mapping[str, pd.Series]:
    """Return which rows (M,) are of each kind of condition: each row is of one kind."""
    plain, quiet = rows["aliasing"] == PLAIN, rows["noise"] <= LITTLE_NOISE
    few = rows["n_train"] <= FEW
    return {
        "quiet": plain & quiet & ~few,
        "few": plain & quiet & few,
        "noisy": plain & ~quiet,
        ALIKE: rows["aliasing"] == ALIKE,
        BRANCHING: rows["aliasing"] == BRANCHING,
    }


def _side_by_side(rows: pd.DataFrame, clusters: Sequence[str]) -> pd.DataFrame:
    """Return a row a condition and network, a column a method."""
    rows = rows if "aliasing" in rows else rows.assign(aliasing=PLAIN)
    rows = rows.assign(value=rows["value"].astype(float).fillna(CHANCE))
    keys = [*clusters, *CONDITION]
    return rows.pivot(index=keys, columns="method", values="value").reset_index()


def _occurring(found: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for region, inside in regions(found).items():
        if inside.any():
            yield region, found[inside]
