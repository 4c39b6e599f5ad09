"""Every claim of every study with its verdict, as the page of claims lists them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from kept_claims import estimate
from kept_tables import markdown

from markovlens.dynamics.region_claims import WORDS as OF_REGIONS

HEAD = ("id", "claim", "effect", "groups", "verdict", "page")


@dataclass(frozen=True)
class Decided:
    """Claims that were decided together.

    Attributes:
        words: of what networks, or by what.
        table: the file in `docs/`.
        pages: where they are told of, by claim or system; the page of all others is that of "".
    """

    words: str
    table: str
    pages: dict[str, str]


DECIDED = (
    Decided(
        "The default run, all claims together",
        "numbers/default/claims.csv",
        {
            "S2": "languages",
            "S3": "encoder_decoders",
            "S4": "emulators",
            "S5": "hmm_or_clusters",
        },
    ),
    Decided(
        "Emulating networks, `config/emulators.yaml`",
        "numbers/emulators/claims.csv",
        {**dict.fromkeys(OF_REGIONS, "fixed_points"), "": "emulators"},
    ),
    Decided("Clusters and HMMs on planted machines", "hmm_or_clusters_claims.csv",
            {"": "hmm_or_clusters"}),
    Decided(
        "Attention, `config/alternatives.yaml`",
        "numbers/alternatives/attention_claims.csv",
        {"": "attention"},
    ),
    Decided(
        "Hybrids, `config/alternatives.yaml`",
        "numbers/alternatives/hybrids_claims.csv",
        {"": "hybrids"},
    ),
    Decided(
        "Co-clusters on networks of the default config",
        "numbers/coclusters/coclusters_claims.csv",
        {"": "methods/coclusters"},
    ),
    Decided("Recurrences", "recurrences_claims.csv", {"": "recurrences"}),
    Decided("Layers, `config/layers.yaml`", "numbers/layers/layers_claims.csv", {"": "layers"}),
    Decided(
        "Training, `config/training.yaml`",
        "numbers/training/formation_claims.csv",
        {"": "formation"},
    ),
    Decided("Noise, `config/noise.yaml`", "numbers/noise/claims.csv", {"": "noise"}),
    Decided(
        "Attractors, `config/attractors.yaml`",
        "numbers/attractors/attractors_claims.csv",
        {"": "attractors"},
    ),
)  # fmt: skip


def listed(docs: Path) -> str:
    """Return a line for each claim, under a line for each set that was decided together."""
    return markdown([HEAD, *(line for each in DECIDED for line in _lines(docs, each))])


def _lines(docs: Path, decided: Decided) -> Iterator[tuple[str, ...]]:
    claims = pd.read_csv(docs / decided.table)
    name = decided.table.rsplit("/", 1)[-1]
    yield (f"**{decided.words}**", _counted(claims), "", "", "", f"[{name}]({decided.table})")
    for _, row in claims.iterrows():
        page = _page(decided, row["claim"], row["system"])
        yield (
            f"`{row['claim']}`",
            row["statement"],
            estimate(row),
            f"{row['n_clusters']:.0f}",
            row["verdict"],
            f"[{page.rsplit('/', 1)[-1]}]({page}.md)",
        )


def _page(decided: Decided, claim: str, system: str) -> str:
    """Return the page that tells of a claim, or of all of its system."""
    page = next((decided.pages[one] for one in (claim, system, "") if one in decided.pages), None)
    if not page:
        raise LookupError(
            f"{decided.table}: expected a page for its claims of {system}, got none; name it in "
            "DECIDED of docs/_ext/kept_verdicts.py"
        )
    return page


def _counted(claims: pd.DataFrame) -> str:
    """Return how many claims have each verdict, in words."""
    found = claims["verdict"].value_counts()
    kinds = ("supported", "contradicted", "undecided")
    return ", ".join(f"{found[kind]} {kind}" for kind in kinds if kind in found)
