"""The main result on one screen: every network, every abstraction, and the verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from markovlens.faithfulness.scores.digest import (
    ARROW,
    in_few_words,
    own_name,
    own_score,
    states_of,
)
from markovlens.faithfulness.scores.evaluate import EXPLAINED, LUMPED
from markovlens.figures.comparison.grid import FAILED, Scale, cell_handles, draw_grid, mark_handle
from markovlens.figures.style import CEILINGS, frame, message, method_name, styled
from markovlens.figures.tables import (
    FIT,
    LEVEL,
    MEASURE,
    METHOD_KEYS,
    NETWORK_KEYS,
    OF_NO_DECISION,
    rests_on,
    score_name,
    scores_of,
    split_roles,
)
from markovlens.figures.text import ABSENT, decimal, leading
from markovlens.outputs import CONCORDANCE, LABEL, VARIANCE
from markovlens.spelling import count
from markovlens.status import Judgement, Scope

DECIDED = (Judgement.FINITE, Judgement.NO_DECISIONS)

DECIDES = "decides"
SCALES = {
    DECIDES: Scale("balanced agreement", "#08519C", 0.5, 1.0),
    EXPLAINED: Scale("explained divergence", "#A63603", 0.0, 1.0),
    VARIANCE: Scale("variance explained, R²", "#1B7837", 0.0, 1.0),
    LABEL: Scale("balanced agreement of labels", "#54278F", 0.5, 1.0),
    CONCORDANCE: Scale("concordance", "#8C510A", 0.5, 1.0),
}


@styled()
def draw_comparison(
    comparison: pd.DataFrame, verdicts: pd.DataFrame | None = None, *, level: float = LEVEL
) -> Figure:
    """Return closed-loop score and number of states of each method on each network.

    The score is that of the main table: balanced agreement with networks that decide, explained
    divergence of those that predict, of those that make no decisions the measure of their kind.
    What is small are the states, as in the main table: those that a method chose, then those that
    lumping leaves.

    Args:
        comparison: the comparison table, one row a score, seeds merged.
        verdicts: the table of verdicts, for a column of what each network is.
        level: coverage of the table's intervals.
    """
    rows = scores_of(comparison)
    rows = rows[~rows["method"].isin(CEILINGS)]
    compared, _, _ = split_roles(rows)
    title = comparison_finding(compared, verdicts)
    if compared.empty:
        return message(title, foot="", why=f"no row has {score_name(MEASURE)} in closed loop")
    cells = cells_of(rows, scores_of(comparison, mode=LUMPED))
    figure = draw_grid(cells, SCALES, beside_of(comparison, verdicts))
    legend = [*cell_handles(SCALES, cells["scale"]), mark_handle("interval reaches 1")]
    frame(figure, title, foot=_foot(rows, level=level), handles=[legend])
    return figure


def comparison_finding(compared: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> str:
    """Return the title: how many networks are small machines, and whose intervals reach 1."""
    if compared.empty:
        return "Nothing to compare: no method has a score in closed loop"
    said = []
    for method, mine in compared.groupby("method", sort=False):
        reached = int(reaches_one(mine).sum())
        said.append((reached, f"{method_name(str(method))} on {reached}"))
    n_networks = len(compared[NETWORK_KEYS].drop_duplicates())
    whole = f"Intervals reach 1, of {count(n_networks, 'network')}: {leading(said, most=4)}"
    if verdicts is None:
        return whole
    merged = verdicts.loc[verdicts["scope"] == Scope.NETWORK, "verdict"]
    finite, silent = (int((merged == said).sum()) for said in DECIDED)
    judging = count(len(merged) - silent, "network")
    are = "is a small state machine" if len(merged) - silent == 1 else "are small state machines"
    judged = f"{finite} of {judging} {are}"
    if not silent:
        return f"{judged}. {whole}"
    no_decisions = f"{count(silent, 'network')} {'makes' if silent == 1 else 'make'} no decisions"
    return f"{judged}, {no_decisions}. {whole}" if finite else f"{no_decisions}. {whole}"


def reaches_one(rows: pd.DataFrame) -> pd.Series:
    """Return for each row (M,) whether its interval holds the best value there is."""
    return rows["high"].astype(float) >= 1 - 1e-9


def cells_of(rows: pd.DataFrame, lumped: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as cells of `draw_grid`; `lumped` are the scores of lumped machines."""
    values = rows["value"].astype(float)
    failed = rows["score"] == FIT
    return rows.assign(
        value=values,
        text=values.map(decimal).mask(failed, FAILED),
        small=sizes(rows, lumped).mask(values.isna(), ""),
        marked=reaches_one(rows),
        scale=scale_names(rows),
    )


def scale_names(rows: pd.DataFrame) -> np.ndarray:
    """Return for each row (M,) which scale it is on: what counts no decisions has its own."""
    return np.where(rows["unit"].isin(OF_NO_DECISION), rows["unit"], DECIDES)


def sizes(rows: pd.DataFrame, lumped: pd.DataFrame) -> pd.Series:
    """Return the states that each method chose and what lumping leaves of them: "12*→5"."""
    lumped = lumped[lumped["mode"] == LUMPED]
    left = {key: ARROW + said for key, said in _keyed_states(lumped)}
    said = [states + left.get(key, "") for key, states in _keyed_states(rows)]
    return pd.Series(said, index=rows.index, dtype=object)


def _keyed_states(rows: pd.DataFrame) -> list[tuple[tuple[str, ...], str]]:
    """Return for each row (task, model, method) and the states of its machine."""
    return [(tuple(row[METHOD_KEYS]), states_of(row)) for _, row in rows.iterrows()]


def beside_of(comparison: pd.DataFrame, verdicts: pd.DataFrame | None) -> pd.DataFrame:
    """Return how each (task, model) does its task, and the verdict, as texts."""
    chosen = comparison[comparison["selection"] == "chosen"]
    networks = chosen.groupby(NETWORK_KEYS, sort=False)
    found = pd.DataFrame({own_name(chosen): {key: _own(run) for key, run in networks}})
    if verdicts is None:
        return found
    merged = verdicts[verdicts["scope"] == Scope.NETWORK]
    said = {(row.task, row.model): _verdict(row) for row in merged.itertuples()}
    return found.assign(verdict=pd.Series(said, dtype=object))


def _own(run: pd.DataFrame) -> str:
    said = own_score(run)
    missed = (run.loc[run["method"] == "network", "gate"] != "passed").any()
    return ABSENT if said is None else f"{said}{' (under-trained)' if missed else ''}"


def _verdict(row: Any) -> str:
    length = row.counterexample_length
    is_small = pd.notna(row.n_states) and pd.notna(length)
    but = f", not at length {length:.0f}" if is_small else ""
    return f"{in_few_words(row)}{but}"


def _foot(rows: pd.DataFrame, *, level: float) -> str:
    parts = [
        "closed loop, K as each seed chose it",
        f"small: states chosen {ARROW} states left once those with the same future are one, "
        "* carries a belief",
        rests_on(rows, level=level).replace("bars: ", ""),
    ]
    failed = int((rows["score"] == FIT).sum())
    if failed:
        parts.append(f"failed: {count(failed, 'time')} no seed had a machine")
    partly = int((rows["value"].notna() & (rows["n_missing"] > 0)).sum())
    if partly:
        parts.append(f"{count(partly, 'value')} without the seeds that failed")
    return " · ".join(parts)
