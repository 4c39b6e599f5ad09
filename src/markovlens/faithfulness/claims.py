"""Claims of the papers, measured on our own runs: supported, contradicted or undecided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from markovlens.faithfulness.tally import interval

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
LISOR = ("lisor_k", "lisor_x")
GATES = {"srn": 0, "mgu": 1, "gru": 2, "lstm": 3}
TRUST = {
    "accuracy_stretched": "right on strings 2 to 4 times as long",
    "edit_consistency": "same answer after edits that keep the right answer",
    "seed_agreement": "same answer as the networks (machines) of other seeds",
}
N_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim and what our runs say of it.

    Attributes:
        claim: a short name.
        system: S1 to S5, as the parts of the benchmark are numbered.
        statement: the claim in words.
        measure: what `effect` is; positive speaks for the claim.
        effect: the mean over networks.
        low, high: interval over (task, seed) clusters, which are drawn with all networks in them.
        n: differences behind it.
        verdict: `supported` if the interval is above 0, `contradicted` if below, else `undecided`.
    """

    claim: str
    system: str
    statement: str
    measure: str
    effect: float
    low: float
    high: float
    n: int
    verdict: str


def lisor_claims(scores: pd.DataFrame, needed: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims of Hou & Zhou 2020 that the runs can speak to.

    Args:
        scores: all scores with task, model, seed.
        needed: the table of `clusters_needed`.
        seed: of the bootstrap.
    """
    rng = np.random.default_rng(seed)
    return [*_gate_claims(needed, rng), *_trust_claims(scores, rng), *_meaning(scores, rng)]


def claims_table(claims: Iterable[Claim]) -> pd.DataFrame:
    """Return one row a claim."""
    return pd.DataFrame([asdict(claim) for claim in claims], columns=list(Claim.__slots__))


def _gate_claims(needed: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    """Yield what the numbers of clusters say; a network that never gets there needs the most."""
    rows = needed[(needed["target"] == "network") & needed["method"].isin(LISOR)].copy()
    rows["cell"] = rows["model"].str.split("_").str[0]
    rows = rows[rows["cell"].isin(GATES)]
    rows["needed"] = rows["needed"].fillna(np.inf)
    yield _judged(
        "gates_matter",
        "A gated cell needs fewer clusters than one without gates",
        "share of pairs (SRN, gated cell) in which the gated cell needs fewer clusters to be as "
        "accurate as its network, minus the share in which it needs more",
        _pairs(rows, ["srn"], ["mgu", "gru", "lstm"]),
        rng,
    )
    yield _judged(
        "fewer_gates_are_better",
        "Among gated cells, the one with the fewest gates (MGU) needs the fewest clusters",
        "share of pairs (GRU or LSTM, MGU) in which MGU needs fewer clusters, minus the share in "
        "which it needs more",
        _pairs(rows, ["gru", "lstm"], ["mgu"]),
        rng,
    )


def _pairs(rows: pd.DataFrame, worse: list[str], better: list[str]) -> pd.DataFrame:
    """Return sign(K of a `worse` cell - K of a `better` one) for each task, seed and method."""
    keys = ["task", "seed", "method"]
    left = rows.loc[rows["cell"].isin(worse), [*keys, "needed"]]
    right = rows.loc[rows["cell"].isin(better), [*keys, "needed"]]
    both = left.merge(right, on=keys, suffixes=("_worse", "_better"))
    first, second = both["needed_worse"].to_numpy(), both["needed_better"].to_numpy()
    return both.assign(difference=(first > second).astype(float) - (first < second))


def _trust_claims(scores: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    for score, words in TRUST.items():
        yield _judged(
            f"automaton_more_trustable:{score}",
            "The automaton is more trustable than the network it comes from",
            f"{words}: LISOR-k's automaton minus the network",
            _against_network(scores, score),
            rng,
        )


def _against_network(scores: pd.DataFrame, score: str) -> pd.DataFrame:
    keys = ["task", "model", "seed"]
    rows = scores[(scores["score"] == score) & scores["value"].notna()]
    own = rows.loc[rows["method"] == "network", [*keys, "value"]]
    machine = rows.loc[(rows["method"] == LISOR[0]) & rows["chosen"], [*keys, "value"]]
    both = machine.merge(own, on=keys, suffixes=("_machine", "_network"))
    return both.assign(difference=both["value_machine"] - both["value_network"])


def _meaning(scores: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    rows = scores[(scores["score"] == "word_valence") & scores["method"].isin(LISOR)]
    rows = rows[rows["chosen"] & rows["value"].notna()]
    yield _judged(
        "states_are_semantic",
        "States of a sentiment automaton are semantic aggregates",
        "rank correlation of how a word moves the automaton's answer with how often people praise "
        "in test reviews that have the word",
        rows.assign(difference=rows["value"]),
        rng,
    )


def _judged(
    name: str,
    statement: str,
    measure: str,
    found: pd.DataFrame,
    rng: np.random.Generator,
    *,
    system: str = "S2",
) -> Claim:
    if found.empty:
        nothing = float("nan")
        return Claim(name, system, statement, measure, nothing, nothing, nothing, 0, UNDECIDED)
    low, high = cluster_interval(found, rng)
    verdict = SUPPORTED if low > 0 else CONTRADICTED if high < 0 else UNDECIDED
    effect = float(found["difference"].mean())
    return Claim(name, system, statement, measure, effect, low, high, len(found), verdict)


def cluster_interval(found: pd.DataFrame, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % interval of the mean difference, drawing (task, seed) clusters."""
    clusters = found.groupby(["task", "seed"])["difference"]
    sums, counts = clusters.sum().to_numpy(), clusters.count().to_numpy()
    drawn = rng.integers(len(sums), size=(N_RESAMPLES, len(sums)))
    return interval(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), 0.95)
