"""A table as a picture: a row a network, a column a method, a number in each coloured cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from markovlens.figures.colours import ink_on
from markovlens.figures.style import (
    ALARM,
    FAINT,
    FLOORS,
    INK,
    MUTED,
    WIDTH,
    method_name,
    model_name,
)
from markovlens.figures.tables import NETWORK_KEYS, methods_in, models_in, tasks_in

FAILED = "failed"
SMALL = 8  # characters below a value that need no smaller print
ROW, TOP, BOTTOM, LEFT = 0.21, 0.7, 0.24, 1.56  # inches


@dataclass(frozen=True, slots=True)
class Scale:
    """How the values of some rows are coloured.

    Attributes:
        name: what the values are.
        colour: of the best value; the worst is nearly white.
        worst, best: the ends; what lies beyond gets the colour of the end.
    """

    name: str
    colour: str
    worst: float
    best: float

    @property
    def colours(self) -> Colormap:
        """Colours from worst to best."""
        return sns.light_palette(self.colour, as_cmap=True)

    def colour_of(self, value: float) -> tuple[float, float, float, float]:
        """Return the colour of a value."""
        return self.colours(float(Normalize(self.worst, self.best, clip=True)(value)))

    @property
    def handle(self) -> Patch:
        """Its entry of the legend."""
        return Patch(fc=self.colour, label=f"{self.name} (pale {self.worst:g}, full {self.best:g})")


def draw_grid(
    cells: pd.DataFrame, scales: Mapping[str, Scale], beside: pd.DataFrame | None = None
) -> Figure:
    """Return a figure with a coloured table; title, foot line and legend are to come.

    Args:
        cells: a row a cell: task, model, method, `value`, `text` (as printed), `small` (below it),
            `marked` (a corner) and `scale`, a name in `scales`.
        scales: of the rows, which stand in this order with a line between.
        beside: texts for the right side, a column each, by (task, model).
    """
    places = networks_of(cells, scales)
    methods = sorted(methods_in(cells), key=lambda method: method in FLOORS)
    columns = [] if beside is None else list(beside.columns)
    figure, axes = _board(len(places), [len(name) for name in _longest(beside)])
    values = wide(cells, "value", places, methods).astype(float)
    kinds = cells.drop_duplicates(NETWORK_KEYS).set_index(NETWORK_KEYS)["scale"].loc[places]
    for name, scale in scales.items():
        if (kinds == name).any():
            _colour(axes, values[(kinds == name).to_numpy()].reindex(places), scale)
    for cell in cells.itertuples():
        row, column = list(places).index((cell.task, cell.model)), methods.index(str(cell.method))
        _write(axes, cell, x=column, y=row, scale=scales[str(cell.scale)])
    _name_rows(axes, places, kinds)
    _name_columns(axes, methods)
    for name, x in zip(columns, _stops(beside), strict=True):
        texts = ["" if pd.isna(text) else text for text in beside.reindex(places)[name]]  # type: ignore[union-attr]
        for y, text in [(-0.35, name), *zip(np.arange(len(texts)) + 0.5, texts, strict=True)]:
            _beside(axes, text, x=x, y=y)
    return figure


def networks_of(cells: pd.DataFrame, scales: Mapping[str, Scale]) -> pd.MultiIndex:
    """Return the (task, model) of the rows: by scale, then by task, simplest cell first."""
    ranks = {"scale": list(scales), "task": tasks_in(cells), "model": models_in(cells)}
    networks = cells.drop_duplicates(NETWORK_KEYS)
    order = networks.assign(**{key: networks[key].map(names.index) for key, names in ranks.items()})
    sorted_by = order.sort_values(list(ranks)).index
    return pd.MultiIndex.from_frame(networks.loc[sorted_by, NETWORK_KEYS])


def wide(
    cells: pd.DataFrame, column: str, places: pd.MultiIndex, methods: list[str]
) -> pd.DataFrame:
    """Return one column of `cells` as a table, a row a network and a column a method."""
    table = cells.set_index([*NETWORK_KEYS, "method"])[column].unstack("method")
    return table.reindex(index=places, columns=methods)


def mark_handle(label: str) -> Line2D:
    """Return the legend entry of the corner of a marked cell."""
    return Line2D([], [], marker="^", ls="", ms=5, color=INK, label=label)


def cell_handles(scales: Mapping[str, Scale], used: pd.Series) -> list[Artist]:
    """Return the legend entries of the scales that occur."""
    return [scale.handle for name, scale in scales.items() if (used == name).any()]


def _longest(beside: pd.DataFrame | None) -> list[str]:
    """Return the longest text of each column beside, its title among them."""
    if beside is None:
        return []
    return [max([name, *beside[name].dropna()], key=len) for name in beside.columns]


def _stops(beside: pd.DataFrame | None) -> list[float]:
    """Return where the columns beside begin, in inches right of the cells."""
    widths = [_width(len(text)) for text in _longest(beside)]
    return [0.08 + sum(widths[:index]) for index in range(len(widths))]


def _width(n_characters: int) -> float:
    return 0.1 + 0.058 * n_characters  # inches, of 7 points


def _board(n_rows: int, beside: list[int]) -> tuple[Figure, Axes]:
    body = ROW * n_rows
    height = TOP + body + BOTTOM
    right = max(0.5, 0.1 + sum(map(_width, beside)))
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / height, (WIDTH - LEFT - right) / WIDTH, body / height)
    )
    return figure, axes


def _colour(axes: Axes, values: pd.DataFrame, scale: Scale) -> None:
    sns.heatmap(
        values, ax=axes, mask=values.isna(), cmap=scale.colours, vmin=scale.worst, vmax=scale.best,
        cbar=False, linewidths=0.8, linecolor="white",
    )  # fmt: skip


def _write(axes: Axes, cell: Any, *, x: float, y: float, scale: Scale) -> None:
    """Write a cell's value in its middle, what is small below it, and mark its corner."""
    ink = ALARM if cell.text == FAILED else MUTED
    if not pd.isna(cell.value):
        ink = ink_on(scale.colour_of(float(cell.value)))
    middle, size = 0.36 if cell.small else 0.5, 6 if cell.text == FAILED else 7
    look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": ink}
    axes.text(x + 0.5, y + middle, cell.text, size=size, **look)
    if cell.small:
        below = 5.2 * min(1, SMALL / len(cell.small))
        axes.text(x + 0.5, y + 0.79, cell.small, size=below, **look)
    if cell.marked:
        axes.fill([x + 0.86, x + 0.98, x + 0.98], [y + 0.02, y + 0.02, y + 0.28], color=ink, lw=0)


def _name_rows(axes: Axes, places: pd.MultiIndex, kinds: pd.Series) -> None:
    """Write each task once, its networks beside it; a line between tasks, a strong one of kinds."""
    models = [model_name(model) for _, model in places]
    axes.set_yticks(np.arange(len(places)) + 0.5, models, rotation=0, size=7.5)
    across = axes.get_yaxis_transform()
    left = -LEFT / (axes.get_position().width * WIDTH)
    axes.set_ylabel("task and network", size=7, weight="bold", rotation=0, ha="left", va="center")
    axes.yaxis.set_label_coords(0.97 * left, 1 + 0.35 / len(places))
    last: tuple[str, str] = ("", "")
    for row, (task, _) in enumerate(places):
        here = (task, kinds.iloc[row])
        if here == last:
            continue
        axes.text(0.97 * left, row + 0.5, task, size=7.5, va="center", transform=across)
        if row:
            strong = last[1] != here[1]
            line: dict[str, Any] = {"color": INK if strong else FAINT, "lw": 1.2 if strong else 0.6}
            axes.plot([0.97 * left, 1], [row, row], transform=across, clip_on=False, **line)
        last = here


def _name_columns(axes: Axes, methods: list[str]) -> None:
    names = [method_name(method) for method in methods]
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(len(methods)) + 0.5, names, rotation=40, size=7.5)
    for label in axes.get_xticklabels():
        label.set(ha="left", rotation_mode="anchor")
    axes.xaxis.set_label_position("bottom")
    axes.set_xlabel("abstraction", size=8)
    axes.tick_params(length=0, pad=2)
    n_compared = sum(method not in FLOORS for method in methods)
    if 0 < n_compared < len(methods):
        axes.axvline(n_compared, color=INK, lw=1.2)


def _beside(axes: Axes, text: str, *, x: float, y: float) -> None:
    inches = axes.get_position().width * WIDTH
    weight = "bold" if y < 0 else "normal"
    colour = ALARM if text.startswith("refused") else INK
    axes.text(
        1 + x / inches, y, text, size=7, va="center", color=colour, weight=weight,
        transform=axes.get_yaxis_transform(),
    )  # fmt: skip
