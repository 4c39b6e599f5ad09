"""Accuracy under every disturbance: a row of panels for each network, a column a disturbance."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.colours import state_colour
from markovlens.figures.panels import DASHED, DOTTED, draw_curve, keys
from markovlens.figures.style import INK, MUTED, frame, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import balanced, listing
from markovlens.reliance.trust.disturbances import UNITS
from markovlens.reliance.trust.verdicts import ENOUGH, trusted_up_to
from markovlens.spelling import count

CELL = ["task", "model", "network"]  # columns that a table of several networks has
LINES = {"ceiling": DASHED, "chance": DOTTED}
MARKERS = ("o", "s", "^", "D")
APART = 0.09  # of the distance of two sizes, between subjects: often they are equally right


@styled()
def draw_stand(table: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return the figure of a table such as `stand.Stand.table`, or of several networks merged.

    Args:
        table: with the columns disturbance, size, who, score, value, low, high, ceiling, chance,
            n_sequences; `CELL` where there are several networks.
        level: coverage of the intervals.
    """
    by = [name for name in CELL if name in table]
    cells = [(name, rows) for name, rows in table.groupby(by, sort=False)] if by else [((), table)]
    columns = [name for name in UNITS if name in set(table["disturbance"])]
    figure, axes = panels(
        len(cells) * len(columns), columns=len(columns), height=1.9, sharey=True, sharex="col"
    )
    looks = {
        str(who): {"color": state_colour(at), "marker": MARKERS[at % len(MARKERS)], "ms": 4}
        for at, who in enumerate(dict.fromkeys(table["who"]))
    }
    places = [(cell, name) for cell in cells for name in columns]
    for ax, ((title, rows), name) in zip(axes, places, strict=True):
        _draw(ax, rows[(rows["disturbance"] == name) & (rows["score"] == "accuracy")], looks)
        ax.set_ylim(min(0.42, table["low"].min() - 0.03), 1.03)
        if name == columns[0]:
            ax.set_title(", ".join(map(str, title)))
            ax.set_ylabel("accuracy")
    for ax, name in zip(axes[-len(columns) :], columns, strict=True):
        ax.set_xlabel(balanced(f"{name.replace('_', ' ')}: {UNITS[name]}", 26))
    lines = {
        "the specification, reading the same": {"color": INK, "lw": 0.9, "ls": DASHED},
        "one answer to all": {"color": MUTED, "lw": 0.9, "ls": DOTTED},
    }
    frame(figure, finding(table), foot=_foot(table, level), handles=[keys(looks | lines)])
    return figure


def finding(table: pd.DataFrame) -> str:
    """Return who can be trusted under how many of the disturbances, in words."""
    kept = table[table["score"] == "kept"]
    by = [name for name in CELL if name in table]
    said = []
    for who, mine in kept.groupby("who", sort=False):
        cells = [rows for _, rows in mine.groupby([*by, "disturbance"], sort=False)]
        whole = sum(trusted_up_to(rows) == rows["size"].max() for rows in cells)
        said.append(f"{who} in {whole} of {len(cells)}")
    return f"Right under all that was tried of a disturbance: {listing(said)}"


def _draw(axes: Axes, rows: pd.DataFrame, looks: dict[str, dict[str, object]]) -> None:
    sizes = sorted(rows["size"].unique())
    rows = rows.assign(place=rows["size"].map(sizes.index))
    for name, dashes in LINES.items():
        line = rows.drop_duplicates("size").sort_values("place")
        axes.plot(line["place"], line[name], color=INK if name == "ceiling" else MUTED,
                  lw=0.9, ls=dashes, zorder=1)  # fmt: skip
    for at, (who, look) in enumerate(looks.items()):
        mine = rows[rows["who"] == who]
        mine = mine.assign(place=mine["place"] + APART * (at - (len(looks) - 1) / 2))
        others = {key: value for key, value in look.items() if key != "color"}
        draw_curve(axes, mine, "place", colour=str(look["color"]), **others)
    axes.set_xticks(range(len(sizes)), [f"{size:g}" for size in sizes])
    axes.grid(axis="y")


def _foot(table: pd.DataFrame, level: float) -> str:
    n_seeds = count(int(table["n_seeds"].max()), "seed") if "n_seeds" in table else ""
    seeds = f"mean over {n_seeds} · " if n_seeds else ""
    return (
        f"{seeds}bands: {100 * level:g} % intervals over words ({int(table['n_sequences'].max())} "
        "a size; of bit flips over draws of flips) · right answers weigh the same · trusted: of "
        f"what the specification gets right, {100 * ENOUGH:g} % or more, by the band's lower end"
    )
