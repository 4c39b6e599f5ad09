"""What the rows of `hmm_or_clusters.py` come to: tables of conditions and machines, claims."""

from pathlib import Path

import numpy as np
import pandas as pd
from hmm_or_clusters_figure import draw_conditions

from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.claims.hmm_or_clusters import CHANCE, CLUSTERS, HMMS, cluster_claims
from markovlens.faithfulness.scores.tally import Bootstrap, Tally
from markovlens.figures.save import save_figure

UNIT = ["task", "seed"]
CONDITION = ["aliasing", "n_train", "noise"]
SHARES = ("found", "found_lumped", "exact", "exact_lumped")
NAMES = {
    "value": "balanced_agreement",
    "value_lumped": "balanced_agreement_lumped",
    "found": "true_number_found",
    "found_lumped": "true_number_found_lumped",
    "exact": "true_automaton_found",
    "exact_lumped": "true_automaton_found_lumped",
    "ceiling": "balanced_agreement_of_true_machine",
}
PLANTED = "planted"  # in place of a network's name
SEED = 0  # of sign flips


def write_tables(rows: pd.DataFrame, out: Path) -> None:
    """Write `out`.csv, a row a condition and method, and `out`_machines.csv."""
    summary(counted(rows)).round(4).to_csv(out.with_suffix(".csv"), index=False)
    write_machines(rows, out)


def write_machines(rows: pd.DataFrame, out: Path) -> None:
    """Write `out`_machines.csv: what claims are made of, a row a planted machine and condition."""
    claimed = counted(rows[rows["method"].isin([CLUSTERS, *HMMS])])
    claimed = _named(claimed[[*UNIT, *CONDITION, "method", "value"]])
    claimed.to_csv(_beside(out, "machines"), index=False, float_format="%.5g")


def write_claims(out: Path) -> None:
    """Write `out`_claims.csv and `out`.svg of the tables."""
    machines = pd.read_csv(_beside(out, "machines"))
    rows = machines.rename(columns={NAMES["value"]: "value"}).assign(model=PLANTED)
    claims = decide(cluster_claims(rows, seed=SEED))
    table = claims_table(claims).drop(columns="groups")
    table.to_csv(_beside(out, "claims"), index=False, float_format="%.5g")
    conditions = pd.read_csv(out.with_suffix(".csv"))
    save_figure(out.with_suffix(".svg"), draw_conditions(conditions, claims))


def _beside(out: Path, what: str) -> Path:
    return out.with_name(f"{out.stem}_{what}.csv")


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.rename(columns=NAMES)


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a method that has no machine at chance, having found nothing."""
    values = dict.fromkeys(("value", "value_lumped"), CHANCE) | dict.fromkeys(SHARES, 0.0)
    return rows.fillna(values)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a condition and method: means over units, the interval for other units."""
    made = []
    keys = [*CONDITION, "method"]
    for key, cell in rows.groupby(keys, sort=False):
        score = of_units(cell.groupby(UNIT)["value"].mean().to_numpy())
        numbers = {"value": score.value, "low": score.low, "high": score.high}
        means = cell[["value_lumped", *SHARES, "ceiling"]].mean().to_dict()
        made.append(dict(zip(keys, key, strict=True)) | {"n_machines": len(cell)} | numbers | means)
    return _named(pd.DataFrame(made))


def of_units(values: np.ndarray):
    """Return the mean of a share over units (n,) as a score, with its interval."""
    bootstrap = Bootstrap.draw(len(values), n_resamples=1, rng=np.random.default_rng(SEED))
    return bootstrap.score(Tally(values[:, None], np.ones((len(values), 1))))
