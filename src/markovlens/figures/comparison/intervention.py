"""Interchange interventions: the network put into another state, with the controls beside it."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from markovlens.figures.comparison.grid import Scale, cell_handles, draw_grid, mark_handle
from markovlens.figures.style import frame, message, method_name, styled
from markovlens.figures.tables import LEVEL, METHOD_KEYS, methods_in, rests_on
from markovlens.figures.text import ABSENT, decimal, leading
from markovlens.spelling import count

HIGH = 0.95
HALF = 0.5
IIA, SAME_STATE, RANDOM = "iia", "iia_same_state", "iia_random"
FORETOLD = "swap_explained"  # of networks that answer with numbers
MOVED, MOVED_WITHIN = "swap_effect", "swap_effect_same_state"
RANDOM_OF = {IIA: RANDOM, FORETOLD: "swap_explained_random"}
SCALES = {
    IIA: Scale("steps with the answer of the other state", "#08519C", 0.0, 1.0),
    FORETOLD: Scale("of values and risks: share of the change foretold", "#54278F", 0.0, 1.0),
}


@styled()
def draw_intervention(comparison: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return how often each network, put into another state, does what each machine says.

    Of networks that answer with numbers it is how much of the change the machine foretells. Small
    below it the control that should be low, a random move as long; marked where the other
    control, a swap within one machine state, changes what it should not.

    Args:
        comparison: the comparison table, with rows of mode `swap`.
        level: coverage of the table's intervals.
    """
    rows = swaps_of(comparison)
    title = intervention_finding(rows)
    if rows["value"].isna().all():
        why = "; ".join(rows["reason"].dropna().unique()) or "no row has an intervention"
        return message(title, foot="", why=why)
    values = rows["value"].astype(float)
    cells = rows.assign(
        value=values,
        text=values.map(decimal),
        small=rows[RANDOM].map(_rounded),
        marked=_changes_within(rows),
        scale=rows["score"],
    )
    figure = draw_grid(cells, SCALES)
    mark = mark_handle(f"a swap within one machine state agrees in less than {HIGH:g}")
    foot = _foot(rows, level=level)
    handles = [*cell_handles(SCALES, rows["score"]), mark]
    frame(figure, title, foot=foot, handles=[handles])
    return figure


def swaps_of(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the swap itself, with a column for each of its controls."""
    rows = comparison[(comparison["mode"] == "swap") & (comparison["selection"] == "chosen")]
    swaps = rows[rows["score"].isin(SCALES)]
    for control in (SAME_STATE, RANDOM, RANDOM_OF[FORETOLD], MOVED, MOVED_WITHIN):
        values = rows[rows["score"] == control].set_index(METHOD_KEYS)["value"].astype(float)
        swaps = swaps.join(values.rename(control), on=METHOD_KEYS)
    swaps[RANDOM] = swaps[RANDOM].fillna(swaps[RANDOM_OF[FORETOLD]])
    return swaps.reset_index(drop=True)


def _changes_within(rows: pd.DataFrame) -> pd.Series:
    """Return whether (M,) a swap within one machine state changes what it should not."""
    return (rows[SAME_STATE] < HIGH) | (rows[MOVED_WITHIN] >= HALF * rows[MOVED])


def intervention_finding(rows: pd.DataFrame) -> str:
    """Return the title: on how many networks the swap works, and what random moves get."""
    found = rows[rows["value"].notna()]
    if found.empty:
        return "No network was put into another state"
    iia = found[found["score"] == IIA]
    if iia.empty:
        return (
            "Put into another state, networks change as machines foretell: median "
            f"{found['value'].astype(float).median():.2f} of the squared change; a random move as "
            f"long: {found[RANDOM].median():.2f}"
        )
    said = []
    for method in methods_in(iia):
        values = iia.loc[iia["method"] == method, "value"].astype(float)
        works = int((values >= HIGH).sum())
        said.append((works / len(values), f"{method_name(method)} on {works} of {len(values)}"))
    return (
        f"Put into another state, the network does as the machine says in {100 * HIGH:g} % or more "
        f"of the steps: {leading(said, most=4)}; a random move as long: median "
        f"{iia[RANDOM].median():.2f}"
    )


def _rounded(share: float) -> str:
    return "" if pd.isna(share) else f"{share:.2f}".replace("0.", ".", 1)


def _foot(rows: pd.DataFrame, *, level: float) -> str:
    parts = [
        "small: the same of a random move as long",
        "of decisions only steps at which the machine answers differently from the two states",
        rests_on(rows, level=level).split(";")[0],
        "intervals and swaps with the mean of a state: the table",
    ]
    if (rows["score"] == FORETOLD).any():
        parts.append(
            "of numbers the corner stands where a swap within one state moves the answer at least "
            "half as far as one to another state"
        )
    missing = int(rows["value"].isna().sum())
    if missing:
        parts.append(f"{ABSENT}: {count(missing, 'time')} without a value, the table says why")
    return " · ".join(parts)
