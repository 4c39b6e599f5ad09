"""The tables of claims: one a study, and all together."""

from __future__ import annotations

from markovlens.tables.column import NUMBER, TEXT, Column, count, share
from markovlens.tables.common import ends
from markovlens.tables.table import Table

CLAIMS = Table(
    (
        "claims.csv",
        "tables/lisor_claims.csv",
        "tables/cluster_claims.csv",
        "tables/seq2seq_claims.csv",
        "tables/dynamics_claims.csv",
        "tables/dynamics_regions_claims.csv",
        "tables/hybrids_claims.csv",
        "tables/layers_claims.csv",
        "tables/formation_claims.csv",
        "tables/attractors_claims.csv",
        "tables/attention_claims.csv",
    ),
    "a claim of a paper; `claims.csv` has those of the others, decided together",
    (
        Column("claim", TEXT, "short name"),
        Column("system", TEXT, "part of the benchmark, S1 to S7"),
        Column("statement", TEXT, "the claim in words"),
        Column("measure", TEXT, "what the effect is, positive speaking for the claim"),
        Column("effect", NUMBER, "its mean over groups; empty without any", nullable=True),
        *ends("Student's 95 % interval over groups, which ends where effects do"),
        count("n", "differences behind it"),
        count("n_clusters", "independent groups of them, mostly a task and a seed"),
        share("p", "two-sided, by flipping the groups' signs"),
        Column(
            "verdict",
            TEXT,
            "at 5 % over the whole table (Holm), with six groups or more",
            values=("supported", "contradicted", "undecided"),
        ),
        count(
            "n_clusters_needed",
            "groups that it would take to decide an effect as large as measured (power .8 at "
            "Holm's first step); empty where it is decided or nothing is known of it",
            nullable=True,
        ),
        Column(
            "effect_shown",
            NUMBER,
            "smallest effect that `n_clusters` groups decide with that power, by their spread; "
            "empty where it is decided or too few",
            nullable=True,
        ),
        Column("power", TEXT, "both in words, for open claims", nullable=True),
        Column(
            "reason", TEXT, "why too little was compared to decide it; empty else", nullable=True
        ),
        Column(
            "groups",
            TEXT,
            "each group and its difference; not in `claims.csv`, see `claims_differences.csv`",
            nullable=True,
            optional=True,
        ),
    ),
)
CLAIM_DIFFERENCES = Table(
    ("tables/claims_differences.csv",),
    "a group that a claim of `claims.csv` rests on; its effect is their mean",
    (
        Column("claim", TEXT, "short name, as in `claims.csv`"),
        Column("group", TEXT, "what makes the group, mostly a task and a seed of its networks"),
        Column("difference", NUMBER, "the mean of the group, in the claim's measure"),
    ),
)
