"""The figure of `docs/recurrences.md`, made of the rows of `recurrences.py`.

python benchmarks/recurrences_figure.py        # writes docs/recurrences.svg
"""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.faithfulness.claims.recurrences import CHANCE, KIND_OF, LENGTH, LINEAR, NON_LINEAR
from markovlens.figures.save import save_figure
from markovlens.figures.style import MODEL_NAMES, MUTED, frame, name_edges, panels, styled

DOCS = Path(__file__).resolve().parents[1] / "docs"
CHANCES = CHANCE | {"dyck_1_bounded": 1 / 2, "s3": 1 / 6}
COLOURS = {
    "not linear": ("#0072B2", "blue"),
    "linear, signed": ("#009E73", "green"),
    "linear, invariant": ("#CC79A7", "pink"),
    "linear, positive": ("#D55E00", "orange"),
}
TRAINED = 20  # symbols at most
HELD = 0.99  # accuracy
COLUMNS = 3


@styled()
def figure_of(rows: pd.DataFrame) -> Figure:
    """Return accuracy at each length, a panel a task, a line a recurrence: mean over seeds."""
    tasks = [task for task in CHANCES if task in set(rows["task"])]
    figure, axes = panels(len(tasks), columns=COLUMNS, height=1.9, sharey=True)
    for axis, task in zip(axes, tasks, strict=True):
        _draw(axis, rows[rows["task"] == task], CHANCES[task])
        axis.set_title(task)
    name_edges(axes, columns=COLUMNS, x="symbols", y="right after the last symbol")
    foot = (
        f"means over {rows['seed'].nunique()} seeds, also of what did not learn its task \u00b7 "
        f"{rows['n'].min()} strings a network and length \u00b7 grey: lengths of training \u00b7 "
        "dotted: chance \u00b7 colours: " + ", ".join(map(_colour_said, COLOURS))
    )
    drawn = {line.get_label(): line for axis in axes for line in axis.get_lines()}
    named = [drawn[name] for name in MODEL_NAMES.values() if name in drawn]
    frame(figure, finding(rows), foot=foot, handles=[named])
    return figure


def finding(rows: pd.DataFrame) -> str:
    """Return the title: how many recurrences of either kind hold a parity and a composition."""
    far = rows[rows["length"] == LENGTH].groupby(["task", "cell"])["accuracy"].mean()

    def holding(task: str, cells: tuple[str, ...]) -> str:
        own = far[task].reindex(cells).dropna()
        return f"{(own >= HELD).sum()} of {len(own)}"

    return (
        f"Strings of {LENGTH} symbols: {holding('parity', NON_LINEAR)} recurrences that are not "
        f"linear and {holding('parity', LINEAR)} linear ones are right on {100 * HELD:g} % of "
        f"parities, {holding('s3', NON_LINEAR)} and {holding('s3', LINEAR)} of products in S3"
    )


def _colour_said(kind: str) -> str:
    _, name = COLOURS[kind]
    return f"{name} {kind.replace(',', ' and')}"


def _draw(axis: Axes, rows: pd.DataFrame, chance: float) -> None:
    axis.axhline(chance, color=MUTED, linestyle=":", linewidth=1)
    axis.axvspan(1, TRAINED, color=MUTED, alpha=0.12, linewidth=0)
    markers: dict[str, int] = {}
    for cell in filter(KIND_OF.get, MODEL_NAMES):
        own = rows[rows["cell"] == cell].groupby("length")["accuracy"].mean()
        kind = KIND_OF[cell]
        if len(own):
            place = markers[kind] = markers.get(kind, -1) + 1
            style = {"color": COLOURS[kind][0], "marker": "os^vD"[place % 5], "markersize": 3.5}
            axis.plot(own.index, own, label=MODEL_NAMES[cell], linewidth=1, **style)
    axis.set_xscale("log")
    axis.set_xlim(0.8 * TRAINED, 300)
    axis.set_xticks([20, 40, 100, 250], ["20", "40", "100", "250"])
    axis.minorticks_off()
    axis.set_ylim(-0.03, 1.03)


def main() -> None:
    """Write the figure."""
    rows = pd.read_csv(DOCS / "recurrences.csv")
    save_figure(DOCS / "recurrences.svg", figure_of(rows))


if __name__ == "__main__":
    main()
