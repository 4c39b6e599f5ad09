"""The gap between reading a state off the network and running the machine on inputs alone."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from markovlens.faithfulness.scores.evaluate import EXPLAINED
from markovlens.figures.comparison.comparison import DECIDES, scale_names
from markovlens.figures.comparison.grid import Scale, cell_handles, draw_grid
from markovlens.figures.style import frame, message, method_name, model_name, styled
from markovlens.figures.tables import (
    LEVEL,
    MEASURE,
    METHOD_KEYS,
    lower_is_better,
    methods_in,
    rests_on,
    scores_of,
    split_roles,
)
from markovlens.figures.text import leading
from markovlens.outputs import CONCORDANCE, LABEL, VARIANCE

LOST = 0.05  # a gap that counts in the title
SCALES = {
    DECIDES: Scale("balanced agreement lost", "#6A3D9A", 0.0, 0.4),
    EXPLAINED: Scale("explained divergence lost", "#00695C", 0.0, 0.4),
    VARIANCE: Scale("variance explained, lost", "#7F0000", 0.0, 0.4),
    LABEL: Scale("balanced agreement of labels lost", "#0B3C5D", 0.0, 0.4),
    CONCORDANCE: Scale("concordance lost", "#5B4A00", 0.0, 0.4),
}


@styled()
def draw_gap(comparison: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return what each method loses on each network when it runs without the network's state.

    Args:
        comparison: the comparison table.
        level: coverage of the table's intervals.
    """
    pairs = open_and_closed(comparison)
    title = gap_finding(pairs)
    if pairs.empty:
        return message(title, foot="", why="no method has its score in both modes")
    lost = pairs["gap"] > LOST
    cells = pairs.assign(
        value=pairs["gap"],
        text=pairs["gap"].map(signed),
        small="",
        marked=lost & (pairs["open"] > pairs["high"].astype(float)),
        scale=scale_names(pairs),
    )
    figure = draw_grid(cells, SCALES)
    foot = (
        "open loop (state read off the activations at every step) minus closed loop (inputs alone) "
        f"· 0: less than .005 · corner: open loop lies above the closed loop's interval, by more "
        f"than {LOST:g} · empty: not in both · {rests_on(pairs, level=level).replace('bars: ', '')}"
    )
    frame(figure, title, foot=foot, handles=[cell_handles(SCALES, cells["scale"])])
    return figure


def open_and_closed(comparison: pd.DataFrame, *, score: str = MEASURE) -> pd.DataFrame:
    """Return the closed-loop rows of the compared methods with a column `open` and `gap`.

    `gap` is what is lost: positive if the closed loop is worse.
    """
    rows = {
        mode: split_roles(scores_of(comparison, score=score, mode=mode))[0].dropna(subset=["value"])
        for mode in ("open", "closed")
    }
    opened = rows["open"].set_index(METHOD_KEYS)["value"].rename("open")
    pairs = rows["closed"].join(opened, on=METHOD_KEYS, how="inner").reset_index(drop=True)
    sign = -1.0 if lower_is_better(score) else 1.0
    return pairs.assign(gap=sign * (pairs["open"] - pairs["value"]).astype(float))


def gap_finding(pairs: pd.DataFrame) -> str:
    """Return the title: on how many networks each method loses, and the worst of all.

    A median would be 0 for methods that lose much on a few tasks, which is where it matters.
    """
    if pairs.empty:
        return "No method has both an open-loop and a closed-loop score"
    said = []
    for method in methods_in(pairs):
        gaps = pairs.loc[pairs["method"] == method, "gap"]
        lost = int((gaps > LOST).sum())
        said.append((lost / len(gaps), f"{method_name(method)} on {lost} of {len(gaps)}"))
    worst = pairs.iloc[int(pairs["gap"].to_numpy().argmax())]
    where = f"{method_name(worst['method'])} on {worst['task']}, {model_name(worst['model'])}"
    return (
        f"Networks on which more than {LOST:g} is lost without the network's state: "
        f"{leading(said, most=3)}; "
        f"at worst {worst['gap']:.2f} ({where})"
    )


def signed(gap: float) -> str:
    """Return a gap with two decimals, no leading zero and no sign of a zero."""
    return "0" if abs(gap) < 0.005 else f"{gap:.2f}".replace("0.", ".", 1)
