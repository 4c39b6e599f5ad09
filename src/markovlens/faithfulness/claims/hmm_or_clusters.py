"""Clusters or hidden Markov models: which are closer to a network, and where?

LUNA (Song et al., "LUNA: a model-based universal analysis framework for large language models",
2024) reports that Markov chains over clusters of hidden states mostly do better than HMMs. Both are
machines here, each with the number of states that it chose itself, and run on inputs alone. Each
kind of condition (`regions`) has a claim of its own for each kind of HMM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, claims_table, decide, measured
from markovlens.faithfulness.claims.robustness import FIDELITY
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.tables.claims import CLAIMS
from markovlens.tables.writer import write_table

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
CONDITION = ["task", "model", "seed", "aliasing", "noise", "n_train"]


def cluster_claims(rows: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return a claim, not yet decided, for each kind of condition that occurs and each HMM.

    A difference is the balanced agreement of clusters less that of an HMM, under one condition of
    one network; those of one task and seed depend on one another.

    Args:
        rows: task, model, seed, aliasing, noise, n_train, method and value, a balanced agreement.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    values = rows.assign(value=rows["value"].astype(float).fillna(CHANCE))
    found = values.pivot(index=CONDITION, columns="method", values="value").reset_index()
    if CLUSTERS not in found:
        return []
    return [
        measured(
            f"clusters_beat_hmms:{region}:{hmm}",
            STATEMENT,
            f"{WORDS[region]}: balanced agreement in closed loop of k-means less that of "
            f"the {HMMS[hmm]}",
            found[inside].assign(difference=found[CLUSTERS] - found[hmm]),
            rng,
            system="S5",
        )
        for region, inside in regions(found).items()
        for hmm in HMMS
        if hmm in found and inside.any()
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


def claim_of_runs(runs: Iterable[Run], output: str | Path, *, seed: int) -> None:
    """Write the claims on all disturbed networks that passed their gate and decide.

    Networks that predict are judged by a divergence, which is on no common scale with agreement.
    """
    tables = pd.concat([read_table(run.robustness) for run in runs], ignore_index=True)
    counted = tables[(tables["gate"] == "passed") & (tables["score"] == FIDELITY)]
    claims = cluster_claims(counted.assign(aliasing=PLAIN), seed=seed)
    write_table(output, claims_table(decide(claims)), CLAIMS)
