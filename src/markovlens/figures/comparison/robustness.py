"""Which machine survives noise on the activations, and few sequences to learn from."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.colours import method_colours
from markovlens.figures.dots import method_handles
from markovlens.figures.style import INK, frame, message, method_name, model_name, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import listing
from markovlens.spelling import count
from markovlens.status import Status

NETWORK = ["task", "model"]
DIVERGENCE = "divergence"  # the score of tasks that are judged by distributions
CHANCE = 0.5  # of a balanced score over two classes
PERFECT = 0.99


@styled()
def draw_robustness(table: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return a row of panels a network, a column a number of training sequences.

    Args:
        table: rows of `robustness.compile_robustness`.
        level: coverage of its intervals.
    """
    title = robustness_finding(table)
    if table["value"].isna().all():
        return message(title, foot="", why="every fit failed; the table says why")
    networks = list(table[NETWORK].drop_duplicates().itertuples(index=False, name=None))
    sizes = sorted(table["n_train"].unique())
    figure, axes = panels(
        len(networks) * len(sizes), columns=len(sizes), height=2.0, sharex=True, sharey="row"
    )
    places = [(network, size) for network in networks for size in sizes]
    for ax, ((task, model), size) in zip(axes, places, strict=True):
        here = (table["task"] == task) & (table["model"] == model) & (table["n_train"] == size)
        _draw_cell(ax, table[here], is_first=size == sizes[0])
        ax.set_title(f"{task}, {model_name(model)}: {count(size, 'sequence')}")
    for ax in axes[-len(sizes) :]:
        ax.set_xlabel("noise, in sd of each unit")
        ax.tick_params(labelbottom=True)
    seeds = int(table["n_seeds"].max())
    foot = (
        f"mean over {count(seeds, 'seed')}, bands: {100 * level:g} % intervals over seeds and "
        f"{int(table['n_sequences'].max())} test strings \u00b7 each method chose its own K on "
        "noisy training and validation data \u00b7 scored in closed loop against the undisturbed "
        "network \u00b7 dotted: chance"
    )
    methods = list(dict.fromkeys(table["method"]))
    frame(figure, title, foot=foot, handles=[method_handles(methods, marker=".")])
    return figure


def robustness_finding(table: pd.DataFrame) -> str:
    """Return the title: up to which noise each method's drawn mean is right on every network.

    Where a seed has no machine the method does not hold: its mean is over the others.
    """
    most = int(table["n_train"].max())
    large = table[(table["n_train"] == most) & (table["score"] != DIVERGENCE)]
    if large.empty:
        return f"Machines learned from {count(most, 'sequence')} of noisy activations"
    said = []
    for method in dict.fromkeys(large["method"]):
        mine = large[large["method"] == method]
        means = mine["value"].where(mine["status"] == Status.OK, 0.0)
        worst = means.groupby(mine["noise"]).min()
        worst = worst.sort_index()
        holds = (worst >= PERFECT).cumprod().astype(bool)
        upto = f"up to {worst[holds].index.max():g} sd" if holds.any() else "not even without noise"
        said.append(f"{method_name(method)} {upto}")
    return (
        f"Learned from {count(most, 'sequence')} of noisy activations, machines stay right "
        f"(mean of seeds at least {PERFECT:g} on every network): {listing(said)}"
    )


def _draw_cell(axes: Axes, rows: pd.DataFrame, *, is_first: bool) -> None:
    colours = method_colours(rows["method"])
    # Drawn last to first, so that the first method lies on top where all are perfect.
    methods = list(reversed(dict.fromkeys(rows["method"])))
    for method in methods:
        mine = rows[rows["method"] == method].sort_values("noise")
        low, high = mine["low"].astype(float), mine["high"].astype(float)
        axes.fill_between(mine["noise"], low, high, color=colours[method], alpha=0.16, lw=0)
    sns.lineplot(
        rows.astype({"value": float}), x="noise", y="value", hue="method", hue_order=methods,
        palette=colours, lw=2, marker=".", mew=0, ms=9, errorbar=None, legend=False, ax=axes,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.grid(axis="y")
    is_divergence = (rows["score"] == DIVERGENCE).all()
    if is_divergence:
        axes.set_ylim(bottom=0)
    else:
        axes.axhline(CHANCE, color=INK, lw=0.8, ls=(0, (1, 2)))
        axes.set_ylim(0.42, 1.03)
    if is_first:
        axes.set_ylabel("divergence\n(nats per step)" if is_divergence else "balanced agreement")
