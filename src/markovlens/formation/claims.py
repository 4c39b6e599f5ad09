"""What is said of states along training, measured on networks that were trained along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from markovlens.faithfulness.claims.claims import Claim, measured

ORDERS = 1000  # random orders of the moments
STAYS = 3  # last moments at which a number of states must be the source's to have come to stay
PARITY, NETWORK = "parity", ["task", "model", "seed"]
SYSTEM = "S7"
COUNTS = {
    "minimal": ("n_states", "states of the minimal machine"),
    "merged": ("n_merged", "classes that state merging leaves"),
}
QUESTIONS = {
    "building": (["queries"], "to build hypotheses"),
    "all": (["queries", "tests"], "to build and to test hypotheses"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Networks whose states come and go, in the words of their claim.

    Attributes:
        name: how they come by their states.
        whose: the networks; "" of any.
        other: what else could give another machine, and gives it.
        moments: what moments share.
        made: of what two machines of one network are made.
    """

    name: str
    whose: str
    other: str
    moments: str
    made: str


TRAINING = Kind("training", "", "sequences give", "", "of different sequences")
EMULATION = Kind(
    "emulation", "of emulating networks ", "noise gives", " under the same noise",
    "under different noise",
)  # fmt: skip


def formation_claims(table: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims, not yet decided.

    Args:
        table: rows of `tables.formation.FORMATION`.
        seed: of sign flips and random orders.
    """
    rng = np.random.default_rng(seed)
    writes = table["source_states"].notna()
    table, emulating = table[~writes], table[writes]
    learned = table[table["n_states"].notna() & (table["gate"] == "passed")]
    return [
        *_parity_claims(learned[learned["task"] == PARITY], rng),
        *_convergence_claims(learned, rng),
        _events_claim(table, rng, TRAINING),
        *_reuse_claims(table, rng),
        _events_claim(emulating, rng, EMULATION),
        _source_claim(emulating[emulating["gate"] == "passed"], rng),
    ]


def _parity_claims(rows: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    for name, (column, words) in COUNTS.items():
        yield measured(
            f"parity_expands_then_merges:{name}",
            "States expand and then merge where parity is learned",
            f"log2 of the most {words} along training over the first, or over the last if that is "
            "less, minus its mean over random orders of the moments",
            _each(rows, partial(_hump, column=column, rng=rng)),
            rng,
            clusters=["model", "seed"],  # networks of one task, each trained from its own seed
            system=SYSTEM,
        )
    ends = _each(rows, lambda one: 2.0 * bool(one["exact"].iloc[-1]) - 1.0)
    claim = measured(
        "parity_ends_with_two",
        "What is left is the automaton of parity",
        "1 where the last machine is the two states of parity, -1 elsewhere",
        ends,
        rng,
        clusters=["model", "seed"],
        system=SYSTEM,
    )
    yield _of_a_share(claim)


def _of_a_share(claim: Claim) -> Claim:
    """Return a claim whose cases are 1 or -1 with Wilson's interval, which has a width if all hold.

    Student's has none where all cases are alike. A case is a cluster, however many networks it has;
    one whose networks differ counts in part, and the sum of all is rounded.
    """
    if not claim.n:
        return claim
    held = round((claim.effect + 1) / 2 * claim.n_clusters)
    ends = binomtest(held, claim.n_clusters).proportion_ci(0.95, method="wilson")
    return replace(claim, low=float(2 * ends.low - 1), high=float(2 * ends.high - 1))


def _convergence_claims(rows: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    for name, (column, words) in COUNTS.items():
        yield measured(
            f"training_on_merges_states:{name}",
            "Training past convergence merges states",
            f"log2 of the {words} at the first moment at which validation accuracy passes the gate "
            "over those at the last",
            _each(rows, partial(_past_convergence, column=column)),
            rng,
            system=SYSTEM,
        )


def _events_claim(table: pd.DataFrame, rng: np.random.Generator, kind: Kind) -> Claim:
    """Return whether more happens to states from moment to moment than between two machines."""
    return measured(
        f"states_come_and_go_in_{kind.name}",
        f"States {kind.whose}come and go because the network changes, and not because other "
        f"{kind.other} another machine",
        f"births, splits, merges and deaths from one moment to the next{kind.moments}, minus those "
        f"between two machines of one network made {kind.made}, per moment",
        _each(table, _beyond_resampled),
        rng,
        system=SYSTEM,
    )


def _source_claim(rows: pd.DataFrame, rng: np.random.Generator) -> Claim:
    """Return whether numbers of states come to the source's own and stay there."""
    stays = _each(rows, _ends_as_the_source)
    claim = measured(
        "emulators_reach_the_source",
        "The number of states of an emulating network reaches the source's own and stays",
        "1 where the machine has as many states as the source at each of the last "
        f"{STAYS} moments, -1 elsewhere",
        stays,
        rng,
        system=SYSTEM,
    )
    return _of_a_share(claim)


def _reuse_claims(table: pd.DataFrame, rng: np.random.Generator) -> Iterator[Claim]:
    for name, (columns, words) in QUESTIONS.items():
        yield measured(
            f"an_earlier_machine_saves_questions:{name}",
            "Learning from the automaton of the moment before needs fewer questions",
            f"log2 of the words that L# asks {words} over those of adaptive L#, per "
            "moment at which both finish",
            _each(table, partial(_saved, columns=columns)),
            rng,
            system=SYSTEM,
        )


def _each(rows: pd.DataFrame, effect: Callable[[pd.DataFrame], float]) -> pd.DataFrame:
    """Return a row for each network with its `difference`, its moments in order."""
    found = [
        {**dict(zip(NETWORK, names, strict=True)), "difference": effect(one.sort_values("step"))}
        for names, one in rows.groupby(NETWORK, sort=False)
    ]
    return pd.DataFrame(found, columns=[*NETWORK, "difference"])


def _hump(rows: pd.DataFrame, column: str, rng: np.random.Generator) -> float:
    """Return how far a number rises from the first and falls to the last, beyond chance."""
    numbers = rows[column].dropna().to_numpy(float)
    if not len(numbers):
        return np.nan
    orders = rng.permuted(np.tile(numbers, (ORDERS, 1)), axis=1)
    return float(_rise_and_fall(numbers[None])[0] - _rise_and_fall(orders).mean())


def _rise_and_fall(numbers: np.ndarray) -> np.ndarray:
    """Return log2 of the most over the larger of the ends, for rows (R, M)."""
    ends = np.maximum(numbers[:, 0], numbers[:, -1])
    return np.asarray(np.log2(numbers.max(axis=1) / ends))


def _past_convergence(rows: pd.DataFrame, column: str) -> float:
    """Return log2 of a number at the first moment that passes the gate over that at the last."""
    after = rows[rows["accuracy"] >= rows["threshold"]][column].dropna().astype(float)
    return float(np.log2(after.iloc[0] / after.iloc[-1])) if len(after) > 1 else np.nan


def _beyond_resampled(rows: pd.DataFrame) -> float:
    """Return the mean number of events a moment beyond what other sequences, or noise, give."""
    return float(_events(rows).mean() - rows["resampled"].astype(float).mean())


def _ends_as_the_source(rows: pd.DataFrame) -> float:
    """Return 1 where the last numbers of states are the source's, -1 elsewhere."""
    last = rows.tail(STAYS)
    return 1.0 if bool((last["n_states"] == last["source_states"]).all()) else -1.0


def _events(rows: pd.DataFrame) -> pd.Series:
    return rows[["births", "splits", "merges", "deaths"]].astype(float).sum(axis=1, skipna=False)


def _saved(rows: pd.DataFrame, columns: Sequence[str]) -> float:
    """Return the mean log2 of the words of L# over those of adaptive L#, where both finished.

    A moment at which either asked none has no ratio.
    """
    rows = rows[(rows["lsharp_finished"] == True) & (rows["adaptive_finished"] == True)]  # noqa: E712
    plain, adaptive = (
        rows[[f"{learner}_{column}" for column in columns]].astype(float).sum(axis=1, skipna=False)
        for learner in ("lsharp", "adaptive")
    )
    asked = (plain > 0) & (adaptive > 0)
    return float(np.log2(plain[asked] / adaptive[asked]).mean())
