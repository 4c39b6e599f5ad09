"""Claims of the papers, measured on our own runs: supported, contradicted or undecided.

Differences are averaged within clusters (a task and a seed, say), which are taken as independent:
the p-value flips the signs of the clusters' means at random, the interval is Student's t on them,
and ends where effects do (`ranges`).
A claim is decided at 5 % over the whole table (Holm), and never on fewer than `FEWEST` clusters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from markovlens.faithfulness.claims.groups import COLUMN, groups_in_text
from markovlens.faithfulness.claims.power import effect_shown, groups_to_decide
from markovlens.faithfulness.claims.ranges import range_of, within

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
LISOR = ("lisor_k", "lisor_x")
GATED = ("mgu", "gru", "lstm")  # from one gate to three
TRUST = {
    "accuracy_stretched": "right on strings 2 to 4 times as long",
    "edit_accuracy": "right before and after an edit that keeps the right answer",
    "seed_agreement": "chance-corrected agreement with the networks (machines) of other seeds",
}
FLIPS = 10_000
FEWEST = 6  # with fewer, no pattern of signs is rarer than 1 in 32
LEVEL = 0.05
CUT = 1e-3  # within which an end is that of what is possible, in tables of rounded numbers, too
NEEDED, SHOWN = "n_clusters_needed", "effect_shown"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim and what our runs say of it.

    Attributes:
        claim: a short name.
        system: S2 to S7, as the parts of the benchmark are numbered.
        statement: the claim in words.
        measure: what `effect` is; positive speaks for the claim.
        effect: the mean over clusters.
        low, high: 95 % interval, which ends at what is possible; NaN with fewer than two clusters.
        n: differences behind it.
        n_clusters: independent groups of them.
        p: two-sided, of this claim alone.
        verdict: at 5 % over all claims of the table.
        groups: each group and its mean difference, as text.
    """

    claim: str
    system: str
    statement: str
    measure: str
    effect: float
    low: float
    high: float
    n: int
    n_clusters: int
    p: float
    verdict: str
    groups: str = ""


DECIDED = [field.name for field in fields(Claim) if field.name != COLUMN]  # what a verdict rests on


def lisor_claims(
    scores: pd.DataFrame, needed: pd.DataFrame, *, seed: int, also: Iterable[Claim] = ()
) -> list[Claim]:
    """Return the claims of Hou & Zhou 2020 that the runs can speak to.

    Only networks that passed their gate count.

    Args:
        scores: all scores with task, model, seed, gate.
        needed: the table of `clusters_needed`.
        seed: of the sign flips.
        also: claims that are decided together with these.
    """
    rng = np.random.default_rng(seed)
    scores, needed = (table[table["gate"] == "passed"] for table in (scores, needed))
    claims = [*_gate_claims(needed, rng), *_trust_claims(scores, rng), *_meaning(scores, rng)]
    return decide([*claims, *also])


def decide(claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims with verdicts that hold at 5 % for all together (Holm 1979)."""
    open_ones = [claim for claim in claims if claim.n_clusters >= FEWEST]
    decided: dict[str, str] = {}
    for rank, claim in enumerate(sorted(open_ones, key=lambda one: one.p)):
        if claim.p * (len(open_ones) - rank) >= LEVEL:
            break
        decided[claim.claim] = SUPPORTED if claim.effect > 0 else CONTRADICTED
    return [replace(claim, verdict=decided.get(claim.claim, UNDECIDED)) for claim in claims]


def claims_table(claims: Iterable[Claim]) -> pd.DataFrame:
    """Return one row a claim, with the reason where too little was compared to decide it.

    An open claim has what it would take, see `power`, in numbers and in words.
    """
    claims = list(claims)
    rows = [asdict(claim) | _power(claim, claims) | {"reason": why_open(claim)} for claim in claims]
    return pd.DataFrame(rows, columns=[*DECIDED, NEEDED, SHOWN, "power", "reason", COLUMN])


def _power(claim: Claim, claims: Sequence[Claim]) -> dict[str, object]:
    """Return the groups that would decide an open claim, the effect these would show, and words."""
    if claim.verdict != UNDECIDED:
        return {NEEDED: None, SHOWN: None, "power": ""}
    others = sum(one.n_clusters >= FEWEST for one in claims if one is not claim)
    of = (claim.effect, claim.effect + _half(claim), claim.n_clusters)
    needed = groups_to_decide(*of, n_claims=others + 1, level=LEVEL)
    shown = effect_shown(*of, n_claims=others + 1, level=LEVEL)
    return {NEEDED: needed, SHOWN: shown, "power": in_words(claim, needed, shown)}


def _half(claim: Claim) -> float:
    """Return half the width of Student's interval; NaN where both ends are cut: none tells."""
    cut = np.isclose((claim.low, claim.high), range_of(claim.claim), rtol=0, atol=CUT)
    if cut.all():
        return float(np.nan)
    return max(claim.effect - claim.low, claim.high - claim.effect)


def in_words(claim: Claim, needed: int | None, shown: float | None) -> str:
    """Return what an open claim would take, "" where nothing tells.

    Args:
        claim: the claim.
        needed: groups that decide an effect as large as measured.
        shown: the smallest effect that its groups decide.
    """
    said = []
    if shown is not None:
        said += [f"{_groups(claim.n_clusters)} would show an effect of {shown:.2g}"]
    if needed is not None:
        times = needed / claim.n_clusters
        said += [
            f"one of {claim.effect:.2g}, as measured, takes {_groups(needed)}, "
            f"{times:.1f} times the networks"
        ]
    return "; ".join(said)


def _groups(number: int, which: str = "") -> str:
    return f"{number} {which}{'group' if number == 1 else 'groups'}"


def why_open(claim: Claim) -> str:
    """Return why a claim cannot be decided, "" where it could be."""
    if not claim.n:
        return "these runs hold nothing that the claim compares"
    if claim.n_clusters < FEWEST:
        groups = _groups(claim.n_clusters, "independent ")
        return f"{groups}, and {FEWEST} at least can be significant"
    return ""


def _gate_claims(needed: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    """Yield what the numbers of clusters say; a network that never gets there needs the most."""
    rows = needed[(needed["target"] == "network") & needed["method"].isin(LISOR)]
    rows = rows.assign(needed=rows["needed"].fillna(np.inf))
    yield measured(
        "gates_matter",
        "A gated cell needs fewer clusters than one without gates",
        "share of pairs (SRN, gated cell) in which the gated cell needs fewer clusters to be as "
        "accurate as its network, minus the share in which it needs more",
        _pairs(rows, ["srn"], GATED),
        rng,
    )
    yield measured(
        "fewer_gates_are_better",
        "Among gated cells, the one with the fewest gates (MGU) needs the fewest clusters",
        "share of pairs (GRU or LSTM, MGU) in which MGU needs fewer clusters, minus the share in "
        "which it needs more",
        _pairs(rows, GATED[1:], GATED[:1]),
        rng,
    )


def _pairs(rows: pd.DataFrame, worse: Sequence[str], better: Sequence[str]) -> pd.DataFrame:
    """Return sign(K of a `worse` cell - K of a `better` one) for each task, seed and method."""
    keys = ["task", "seed", "method"]
    left = rows.loc[rows["cell"].isin(worse), [*keys, "needed"]]
    right = rows.loc[rows["cell"].isin(better), [*keys, "needed"]]
    both = left.merge(right, on=keys, suffixes=("_worse", "_better"))
    first, second = both["needed_worse"].to_numpy(), both["needed_better"].to_numpy()
    return both.assign(difference=(first > second).astype(float) - (first < second))


def _trust_claims(scores: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    for score, words in TRUST.items():
        # Seeds are compared with one another, so that a task's seeds are no separate clusters.
        clusters = ["task", "model"] if score == "seed_agreement" else ["task", "seed"]
        yield measured(
            f"automaton_more_trustable:{score}",
            "The automaton is more trustable than the network it comes from",
            f"{words}: LISOR-k's automaton minus the network",
            _against_network(scores, score),
            rng,
            clusters=clusters,
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
    yield measured(
        "states_are_semantic",
        "States of a sentiment automaton are semantic aggregates",
        "rank correlation of how a word moves the automaton's answer with how often people praise "
        "in test reviews that have the word",
        rows.assign(difference=rows["value"]),
        rng,
        clusters=["model", "seed"],  # networks of one task, each trained from its own seed
    )


def measured(
    name: str,
    statement: str,
    measure: str,
    found: pd.DataFrame,
    rng: np.random.Generator,
    *,
    clusters: Sequence[str] = ("task", "seed"),
    system: str = "S2",
) -> Claim:
    """Return a claim, not yet decided, from differences that speak for it where positive.

    Args:
        name: of the claim, short.
        statement: the claim in words.
        measure: what a difference is.
        found: a row for each, in column `difference`, and the columns of `clusters`; rows without
            a difference count for nothing.
        rng: of the sign flips.
        clusters: rows that agree in these columns depend on one another.
        system: as in `Claim`.
    """
    found = found.dropna(subset="difference")
    by_group = found.groupby(list(clusters))["difference"].mean()
    means = by_group.to_numpy()
    effect = float(means.mean()) if len(means) else np.nan
    low, high = within(t_interval(means), range_of(name))
    p = sign_flip(means, rng)
    counts, groups = (len(found), len(means)), groups_in_text(by_group)
    return Claim(name, system, statement, measure, effect, low, high, *counts, p, UNDECIDED, groups)


def t_interval(means: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return Student's interval of the mean of clusters (n,); NaN with fewer than two."""
    if len(means) < 2:
        return np.nan, np.nan
    half = stdtrit(len(means) - 1, (1 + level) / 2) * means.std(ddof=1) / np.sqrt(len(means))
    return float(means.mean() - half), float(means.mean() + half)


def sign_flip(means: np.ndarray, rng: np.random.Generator) -> float:
    """Return the two-sided p of a mean of clusters (n,) under random signs; 1 without clusters."""
    if not len(means):
        return 1.0
    signs = rng.choice([-1.0, 1.0], size=(FLIPS, len(means)))
    flipped = np.abs((signs * means).mean(axis=1))
    # Ties count: with few clusters the flip of all signs is among the draws.
    as_far = (flipped >= abs(means.mean()) - 1e-12).sum()
    return float((1 + as_far) / (1 + FLIPS))
