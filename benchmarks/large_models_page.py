"""What `large_models.py` measured, as the tables of docs/large.md and its figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.save import save_figure
from markovlens.figures.style import frame, panels, styled
from markovlens.files.generated import Part

PAGE, TABLE = Path("docs/large.md"), Path("docs/large_models.csv")
DIMENSIONS = Path("docs/large_models_dimensions.csv")
COMMAND = "python benchmarks/large_models.py draw"
WAYS, KINDS = Part("ways", COMMAND), Part("kinds", COMMAND)
NAMES = {
    "pod": "principal components",
    "gaussian": "random, Gaussian",
    "sparse": "random, sparse",
    "hadamard": "random, Hadamard",
    "units": "units by effect",
    "any units": "units at random",
}
COLOURS = dict(
    zip(NAMES, ("#0072B2", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#666666"), strict=True)
)
MARKERS = dict(zip(NAMES, "osD^vX", strict=True))
CLOSE = 0.01  # of the full fit, what was asked for


def write_page() -> None:
    """Put the tables that there are into the page, and write the figure."""
    text = PAGE.read_text(encoding="utf-8")
    if TABLE.exists():
        text = WAYS.put(text, ways(pd.read_csv(TABLE)))
    if DIMENSIONS.exists():
        table = pd.read_csv(DIMENSIONS)
        text = KINDS.put(text, kinds(table))
        save_figure(DIMENSIONS.with_suffix(".svg"), draw_dimensions(table))
    PAGE.write_text(text, encoding="utf-8")


def ways(table: pd.DataFrame) -> str:
    """Return a row for each stage of each way, and one for all stages of it."""
    lines = [
        "| way | stage | processor, s | clock, s | peak so far, MiB | states | as the network | as"
        " full fits | less than full fits | joined to | as the network | less than full fits |",
        "| --- " * 12 + "|",
    ]
    for way, rows in table.groupby("way", sort=False):
        steps, width = rows["steps"].iloc[0], rows["n_components"].iloc[0]
        lines += [_line(way, row) for row in rows.to_dict("records")]
        cpu, clock, peak = rows["cpu_s"].sum(), rows["wall_s"].sum(), rows["peak_mib"].max()
        about = f"**all**, {steps:,} steps, {width} coordinates"
        lines.append(
            f"| {way} | {about} | **{cpu:.0f}** | {clock:.0f} | **{peak:.0f}** {'| ' * 7}|"
        )
    return "\n".join(lines)


def _line(way: str, row: dict) -> str:
    cells = [way, row["stage"], f"{row['cpu_s']:.0f}", f"{row['wall_s']:.0f}"]
    cells.append(f"{row['peak_mib']:.0f}")
    if np.isnan(row["as_network"]):
        return "| " + " | ".join([*cells, *[""] * 7]) + " |"
    cells[1] += f", seed {row['seed']:.0f}"
    cells += [f"{row['n_states']:.0f}", *_agreed(row), *_joined(row)]
    return "| " + " | ".join(cells) + " |"


def _agreed(row: dict) -> list[str]:
    return [f"{row['as_network']:.4f}", f"{row['as_full']:.4f}", _lag(row, "")]


def _joined(row: dict) -> list[str]:
    """Return what became of the machine over states with different futures; some have none."""
    if np.isnan(row["n_joined"]):
        return [""] * 3
    agreed = f"{row['joined as_network']:.4f}"
    return [f"{row['n_joined']:.0f}", agreed, _lag(row, "joined ")]


def _lag(row: dict, kind: str) -> str:
    lag, low, high = (row[f"{kind}{name}"] for name in ("lag", "lag_low", "lag_high"))
    return f"{lag:.4f} [{low:.4f}, {high:.4f}]"


def kinds(table: pd.DataFrame) -> str:
    """Return a row for each kind of coordinates: what was chosen, what is lost on test words."""
    lines = [
        "| coordinates | chosen | agreement on test words | lost, at most | in 4 | in 16 |",
        "| --- " * 6 + "|",
    ]
    for kind, rows in table.groupby("kind", sort=False):
        best = rows[rows["chosen"]]
        chosen = ", ".join(map(str, best["n_components"]))
        test = ", ".join(
            f"{one.test:.4f} [{one.test_low:.4f}, {one.test_high:.4f}]" for one in best.itertuples()
        )
        lost = ", ".join(f"{one.lost:.4f}, {one.lost_high:.4f}" for one in best.itertuples())
        four, sixteen = (
            rows.loc[rows["n_components"] == size, "agreement"].mean() for size in (4, 16)
        )
        cells = [NAMES[kind], chosen, test, lost, f"{four:.4f}", f"{sixteen:.4f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


@styled()
def draw_dimensions(table: pd.DataFrame) -> Figure:
    """Return agreement by the number of coordinates: of machines, and of the network itself."""
    figure, (left, right) = panels(2, columns=2, height=3.0, sharey=True)
    for ax, column, title in (
        (left, "agreement", "Machines made in them"),
        (right, "network", "The network that keeps only them"),
    ):
        for kind, rows in table.groupby("kind", sort=False):
            _curve(ax, rows, column, kind)
        ax.set_xscale("log", base=2)
        sizes = sorted(table["n_components"].unique())
        ax.set_xticks(sizes, list(map(str, sizes)))
        ax.minorticks_off()
        ax.set_xlabel("coordinates of 1,024 units")
        ax.set_title(title)
        ax.grid()
    left.set_ylabel("agreement with the network")
    draws = table.groupby("kind")["seed"].nunique().max()
    foot = (
        "LSTM of 2 x 512 units that says whether three zeros in a row came, h and c of its top "
        "layer \u00b7 machines of k-means clusters, run on inputs alone \u00b7 10,000 steps to fit "
        "to, as many for validation, on which all of this is measured \u00b7 where something is "
        f"drawn: mean of {draws} draws, bars from the least to the most"
    )
    handles = [
        Line2D([], [], color=COLOURS[kind], marker=MARKERS[kind], label=NAMES[kind])
        for kind in table["kind"].unique()
    ]
    frame(figure, finding(table), foot=foot, handles=[handles])
    return figure


def _curve(ax: Axes, rows: pd.DataFrame, column: str, kind: str) -> None:
    found = rows.groupby("n_components")[column].agg(["mean", "min", "max"])
    off = [found["mean"] - found["min"], found["max"] - found["mean"]]
    ax.errorbar(
        found.index,
        found["mean"],
        yerr=off if rows["seed"].nunique() > 1 else None,
        color=COLOURS[kind],
        marker=MARKERS[kind],
        ms=4,
        lw=1.2,
        elinewidth=0.8,
    )


def finding(table: pd.DataFrame) -> str:
    """Return the title: how many coordinates of each kind were chosen."""
    chosen = table[table["chosen"]].groupby("kind", sort=False)["n_components"]
    said = [
        f"{low} {NAMES[kind]}" if low == high else f"{low} to {high} {NAMES[kind]}"
        for kind, low, high in chosen.agg(["min", "max"]).itertuples()
    ]
    return "Chosen for a machine: " + "; ".join(said)
