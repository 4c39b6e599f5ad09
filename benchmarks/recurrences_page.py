"""The figure and the tables of `docs/recurrences.md`, made of the rows of `recurrences.py`.

python benchmarks/recurrences_page.py        # writes docs/recurrences.svg, prints the tables
"""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binomtest

from markovlens.faithfulness.claims.recurrences import CHANCE, INVARIANT, NON_LINEAR, SIGNED
from markovlens.faithfulness.scores.digest import to_markdown
from markovlens.figures.style import MODEL_NAMES, MUTED, styled

DOCS = Path(__file__).resolve().parents[1] / "docs"
CHANCES = CHANCE | {"dyck_1_bounded": 1 / 2, "s3": 1 / 6}
GROUPS = {"not linear": NON_LINEAR, "linear, signed": SIGNED, "linear, invariant": INVARIANT}
POSITIVE = "linear, positive"
COLOURS = {
    "not linear": "#0072B2",
    "linear, signed": "#009E73",
    "linear, invariant": "#CC79A7",
    POSITIVE: "#D55E00",
}
TRAINED = 20  # symbols at most


def kind_of(cell: str) -> str:
    """Return what kind of recurrence a cell is."""
    return next((kind for kind, cells in GROUPS.items() if cell in cells), POSITIVE)


def table_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy by length, pooled over the seeds that ran, with Wilson's intervals."""
    table = []
    for (task, cell), own in rows.groupby(["task", "cell"], sort=False):
        seeds = own.drop_duplicates("seed")
        row = {"task": task, "cell": MODEL_NAMES[cell], "kind": kind_of(cell)}
        row["learned"] = f"{int(seeds['learned'].sum())} of {len(seeds)}"
        for length, each in own.groupby("length"):
            row[str(length)] = pooled(each)
        row["processor s"] = f"{seeds['seconds'].mean():.0f}"
        table.append(row)
    return pd.DataFrame(table)


def pooled(rows: pd.DataFrame) -> str:
    """Return the accuracy over all strings of some networks, with its interval."""
    n = int(rows["n"].sum())
    right = round(float((rows["accuracy"] * rows["n"]).sum()))
    ends = binomtest(right, n).proportion_ci(method="wilson")
    return f"{right / n:.2f} [{ends.low:.2f}, {ends.high:.2f}]"


def machines_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each method extracted of a cell's networks on a task, all seeds together."""
    table = []
    for (task, cell, method), own in rows.groupby(["task", "cell", "method"], sort=False):
        made = own.dropna(subset="n_states")
        row = {"task": task, "cell": MODEL_NAMES[cell], "method": method}
        row["machines"] = f"{len(made)} of {len(own)}"
        row["states"] = between(made["n_states"], "{:.0f}")
        row["exact"] = f"{int((made['exact_language'] == 1).sum())} of {len(own)}"
        for column, name in (
            ("fidelity", "fidelity"),
            ("fidelity_long", "as the network at 100"),
            ("machine_accuracy_long", "right at 100"),
        ):
            row[name] = between(made[column], "{:.2f}")
        table.append(row)
    return pd.DataFrame(table)


def between(values: pd.Series, form: str) -> str:
    """Return the least and the largest of some values in words; nothing if there are none."""
    if values.empty:
        return ""
    low, high = form.format(values.min()), form.format(values.max())
    return low if low == high else f"{low} to {high}"


def claims_shown(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the claims as the page shows them."""
    table = claims[["claim"]].copy()
    table["effect"] = [
        f"{value:.2f} [{low:.2f}, {high:.2f}]" if n > 1 else ""
        for value, low, high, n in claims[["effect", "low", "high", "n"]].to_numpy()
    ]
    table["networks"], table["p"] = claims["n"], claims["p"].map("{:.4f}".format)
    table["verdict"] = claims["verdict"]
    table["reason"] = claims["reason"].fillna("")
    return table


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
    for cell in MODEL_NAMES:
        own = rows[rows["cell"] == cell].groupby("length")["accuracy"].mean()
        kind = kind_of(cell)
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
    """Write the figure and print the tables."""
    rows = pd.read_csv(DOCS / "recurrences.csv")
    figure_of(rows).savefig(DOCS / "recurrences.svg", metadata={"Date": None})
    print(to_markdown(table_of(rows)))
    machines = DOCS / "recurrences_machines.csv"
    if machines.exists():
        print(to_markdown(machines_table(pd.read_csv(machines))))
    print(to_markdown(claims_shown(pd.read_csv(DOCS / "recurrences_claims.csv"))))


if __name__ == "__main__":
    main()
