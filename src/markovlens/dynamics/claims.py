"""The claims of Torre et al. (2025) about networks that emulate hidden Markov models, on our runs.

Each is measured against a control that could have come out the same, or against the authors' own
threshold. Only networks trained as theirs, by optimal transport alone, speak for or against them;
the last claim is ours and compares losses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, decide, measured, t_interval
from markovlens.faithfulness.claims.ranges import AUTHORS_ERROR, range_of, within

SYSTEM = "S4"
NETWORK = ["task", "model", "seed"]
TRANSPORT, LAGS = "transport", "transport+lags"
# Transport, computed exactly or nearly so, and without its pull towards too little spread. The
# gradient is the authors' in `sinkhorn` alone, see `networks.transport`.
AUTHORS_LOSSES = (TRANSPORT, "sinkhorn", "energy")
SHARES = "sign_share", "sign_share_shuffled"
TOPOLOGIES = ("full_3", "cycle_4")
ALL = "all"  # sources together

WORDS = {  # by claim: the statement, and what its effect is
    "emissions_replicated": (
        "Networks replicate the emission statistics of their source",
        f"{AUTHORS_ERROR} (the authors' error of a symbol transition) minus the largest error of "
        "the common symbols' transitions beyond the source's own",
    ),
    "one_fixed_point": (
        "Without input there is one fixed point, and all states collapse onto it",
        "1 where root finding from noisy states finds one root and all runs collapse in "
        "100 steps, -1 elsewhere",
    ),
    "orbit_sustained_by_noise": (
        "Noise sustains an orbit that is gone round in one direction",
        "share of runs that turn in the commoner direction minus the same with their steps "
        "in random order",
    ),
    "slow_regions_fast_transitions": (
        "Slow regions, in which noise decides, are joined by fast transitions",
        "expected step in units of the spread of states: transition minus cluster",
    ),
    "kick_units_initiate": (
        "A few kick units initiate the transitions",
        "switching in a unit group's direction, relative to normal: matched other units "
        "silenced minus as many kick units silenced",
    ),
    "emergence_is_a_bifurcation": (
        "The mechanism emerges in training with a bifurcation",
        "1 where near-critical complex pairs appear at a checkpoint no later than that of "
        "the fall in switching, -1 elsewhere",
    ),
    "stochastic_resonance": (
        "Switching is most regular at an intermediate amplitude of the noise",
        "irregularity of dwell times at the better end of the range of amplitudes minus "
        "that at the best amplitude (chosen on other runs)",
    ),
    "motif_is_reused": (
        "In cyclic and fully connected sources each pair of symbols has the same orbit",
        "share of runs that turn in the commoner direction between two symbols minus the "
        "same with steps in random order",
    ),
    "loss_decides_orbit": (
        "The loss decides whether there is an orbit",
        "turns per switch: trained by transport alone minus by transport and lags, same "
        "task and seed",
    ),
}


def dynamics_claims(table: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims that the runs can speak to, decided together.

    Args:
        table: named numbers of every analysis (`measures.COLUMNS`) with `task,
            model, seed, loss`.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    return decide(
        [
            measured(name, *WORDS[name], differences, rng, system=SYSTEM)
            for name, differences in _differences(table).items()
        ]
    )


def by_source(table: pd.DataFrame) -> pd.DataFrame:
    """Return the effect of each claim on each source, and on `ALL`.

    Columns claim, task, effect, low, high (Student's 95 % interval over seeds, or over sources and
    seeds, within what is possible), n_clusters. The effect on all is that of `dynamics_claims`.

    Args:
        table: as for `dynamics_claims`.
    """
    rows = [
        (name, task, means.mean(), *_interval(name, means), len(means))
        for name, differences in _differences(table).items()
        for task, means in _means(differences)
    ]
    return pd.DataFrame(rows, columns=["claim", "task", "effect", "low", "high", "n_clusters"])


def _interval(name: str, means: pd.Series) -> tuple[float, float]:
    return within(t_interval(means.to_numpy()), range_of(name))


def _means(differences: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Yield the means of task and seed on each source, then on all."""
    found = differences.dropna(subset="difference")
    means = found.groupby(["task", "seed"], sort=False)["difference"].mean()
    if len(means):
        yield from ((str(task), mine) for task, mine in means.groupby("task", sort=False))
        yield ALL, means


def _differences(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return for each claim the differences that speak for it where positive."""
    own = table[table["loss"].isin(AUTHORS_LOSSES)]
    return {
        "emissions_replicated": _replicated(own),
        "one_fixed_point": _one_root(own),
        "orbit_sustained_by_noise": _minus(own, "orbit", "sign_share", "run", "shuffled"),
        "slow_regions_fast_transitions": _minus(own, "residency", "drift", "transition", "cluster"),
        "kick_units_initiate": _kicks(own),
        "emergence_is_a_bifurcation": _bifurcates(own),
        "stochastic_resonance": _resonates(own),
        "motif_is_reused": _motif(own),
        "loss_decides_orbit": _losses(table),
    }


def _of(table: pd.DataFrame, analysis: str, measure: str) -> pd.DataFrame:
    rows = table[(table["analysis"] == analysis) & (table["measure"] == measure)]
    return rows[rows["value"].notna()]


def _wide(rows: pd.DataFrame, column: str, keys: Sequence[str] = tuple(NETWORK)) -> pd.DataFrame:
    """Return one row a network, the values of `column` as columns."""
    wide = rows.pivot_table(index=list(keys), columns=column, values="value", aggfunc="mean")
    return wide.reset_index()


def _needed(wide: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the rows that have all of the columns, empty where a column is missing."""
    return wide.reindex(columns=[*NETWORK, *columns]).dropna(subset=list(columns))


def _minus(
    table: pd.DataFrame, analysis: str, measure: str, first: str, second: str
) -> pd.DataFrame:
    """Return the difference of a measure between two places, for each network."""
    both = _needed(_wide(_of(table, analysis, measure), "where"), first, second)
    return both.assign(difference=both[first] - both[second])


def _replicated(table: pd.DataFrame) -> pd.DataFrame:
    rows = _of(table, "match", "transition_error_gap")
    rows = rows[rows["where"] == "common symbols"]
    return rows.assign(difference=AUTHORS_ERROR - rows["value"].clip(lower=0))


def _one_root(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["analysis"] == "fixed_points"]
    rows = rows[rows["measure"].isin(["n_roots", "collapsed"])]
    both = _needed(_wide(rows, "measure"), "n_roots", "collapsed")
    return both.assign(difference=_sign((both["n_roots"] == 1) & (both["collapsed"] == 1)))


def _kicks(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each direction what silencing does to it, matched units minus kick units."""
    rows = _of(table, "silencing", "rate_ratio")
    wide = _wide(rows, "where", [*NETWORK, "pair", "level"])
    both = wide.reindex(columns=[*NETWORK, "kick", "matched"]).dropna()
    return both.assign(difference=both["matched"] - both["kick"])


def _bifurcates(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[(table["analysis"] == "emergence") & (table["measure"] == "bifurcation")]
    steps = rows.pivot(index=NETWORK, columns="where", values="value").reset_index()
    steps = steps.reindex(columns=[*NETWORK, "critical", "switching"])
    return steps.assign(difference=_sign(steps["critical"] <= steps["switching"]))  # NaN: never


def _resonates(table: pd.DataFrame) -> pd.DataFrame:
    """Return what the better end of the curve loses, for each network and thing that is driven."""
    rows = _of(table, "resonance", "loss_of_irregularity")
    least = rows.groupby([*NETWORK, "where"])["value"].min()
    return least.rename("difference").reset_index()


def _motif(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each network and pair of symbols."""
    rows = table[(table["analysis"] == "composition") & table["task"].isin(TOPOLOGIES)]
    rows = rows[rows["measure"].isin(SHARES)]
    pairs = _needed(_wide(rows, "measure", [*NETWORK, "pair"]), *SHARES)
    return pairs.assign(difference=pairs[SHARES[0]] - pairs[SHARES[1]])


def _losses(table: pd.DataFrame) -> pd.DataFrame:
    rows = _of(table, "orbit", "turns_per_switch")
    rows = rows[rows["where"] == "run"]
    wide = _wide(rows, "loss", ["task", "seed"]).reindex(columns=["task", "seed", TRANSPORT, LAGS])
    both = wide.dropna()
    return both.assign(difference=both[TRANSPORT] - both[LAGS])


def _sign(holds: pd.Series) -> pd.Series:
    return holds.map({True: 1.0, False: -1.0}).astype(float)
