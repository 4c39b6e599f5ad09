"""The figure of `docs/recurrences.md`, made of the rows of `recurrences.py`.

python benchmarks/recurrences_figure.py        # writes docs/recurrences.svg
"""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.faithfulness.claims.recurrences import CHANCE, KIND_OF
from markovlens.figures.style import MODEL_NAMES, MUTED, styled

DOCS = Path(__file__).resolve().parents[1] / "docs"
CHANCES = CHANCE | {"dyck_1_bounded": 1 / 2, "s3": 1 / 6}
COLOURS = {
    "not linear": "#0072B2",
    "linear, signed": "#009E73",
    "linear, invariant": "#CC79A7",
    "linear, positive": "#D55E00",
}
TRAINED = 20  # symbols at most


@styled()
def figure_of(rows: pd.DataFrame) -> Figure:
    """Return accuracy at each length, a panel a task, a line a recurrence: mean over seeds."""
    tasks = [task for task in CHANCES if task in set(rows["task"])]
    figure = Figure(figsize=(2.4 * len(tasks) + 1.6, 2.8), layout="constrained")
    axes = figure.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    for axis, task in zip(axes, tasks, strict=True):
        _draw(axis, rows[rows["task"] == task], CHANCES[task])
        axis.set_title(task)
        axis.set_xlabel("symbols")
    axes[0].set_ylabel("right after the last symbol")
    handles = {
        line.get_label(): line
        for axis in axes
        for line in axis.get_lines()
        if not str(line.get_label()).startswith("_")
    }
    figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False)
    return figure


def _draw(axis: Axes, rows: pd.DataFrame, chance: float) -> None:
    axis.axhline(chance, color=MUTED, linestyle=":", linewidth=1)
    axis.axvspan(1, TRAINED, color=MUTED, alpha=0.12, linewidth=0)
    markers: dict[str, int] = {}
    for cell in filter(KIND_OF.get, MODEL_NAMES):
        own = rows[rows["cell"] == cell].groupby("length")["accuracy"].mean()
        kind = KIND_OF[cell]
        place = markers[kind] = markers.get(kind, -1) + 1
        if len(own):
            style = {"color": COLOURS[kind], "marker": "os^vD"[place % 5], "markersize": 3.5}
            axis.plot(own.index, own, label=MODEL_NAMES[cell], linewidth=1, **style)
    axis.set_xscale("log")
    axis.set_xlim(0.8 * TRAINED, 300)
    axis.set_xticks([20, 40, 100, 250], ["20", "40", "100", "250"])
    axis.minorticks_off()
    axis.set_ylim(-0.03, 1.03)


def main() -> None:
    """Write the figure."""
    rows = pd.read_csv(DOCS / "recurrences.csv")
    figure_of(rows).savefig(DOCS / "recurrences.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
