"""How much of the variance of the states the first modes hold, network by network."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from markovlens.figures.style import FAINT, MUTED, frame, message, model_name, panels, styled
from markovlens.figures.text import count, listing, spread
from markovlens.seq2seq.snapshots import PARTS, SHARES

COLOURS = {"encoder": "#0072B2", "decoder": "#D55E00", "joint": "#222222"}
DASHES = {"encoder": (0, (4, 1.5)), "decoder": (0, (1.5, 1)), "joint": "-"}
FEWEST_MODES = 6  # on the axis
NETWORK = ["task", "model"]


@styled()
def draw_energies(energies: pd.DataFrame) -> Figure:
    """Return a panel a network: cumulative variance of the modes of encoder, decoder and both.

    Args:
        energies: rows of `energy_rows` with task, model and seed.
    """
    networks = list(energies[NETWORK].drop_duplicates().itertuples(index=False, name=None))
    if not networks:
        return message("No states to decompose", foot="", why="no encoder-decoder was recorded")
    figure, axes = panels(len(networks), columns=3, height=2.2, sharey=True)
    said = []
    for ax, (task, model) in zip(axes, networks, strict=True):
        mine = energies[(energies["task"] == task) & (energies["model"] == model)]
        said.append(f"{spread(_draw_network(ax, mine))} ({task})")
        ax.set_title(f"{task},\n{model_name(model)}: {mine['n_units'].max()} units", fontsize=9)
    axes[0].set_ylabel("share of the variance")
    title = f"Modes that hold 90 % of the variance of encoder and decoder states: {listing(said)}"
    n_seeds = energies["seed"].nunique()
    foot = (
        f"POD of test states, {count(n_seeds, 'seed')}: lines are means, bands the range of seeds "
        f"\u00b7 dotted: {listing(f'{share:.0%}' for share in SHARES)} of the variance; dots: the "
        "modes that reach it"
    )
    handles = [
        Line2D([], [], color=COLOURS[part], ls=DASHES[part], label=_words(part)) for part in PARTS
    ]
    frame(figure, title, foot=foot, handles=[handles])
    return figure


def _draw_network(axes: Axes, rows: pd.DataFrame) -> list[int]:
    """Draw one network up to the mode that reaches the largest share in every part.

    Returns:
        For each seed how many modes of both parts together hold 90 %.
    """
    reached = rows[rows["cumulative"] >= SHARES[-1] - 1e-12].groupby(["part", "seed"])["mode"].min()
    most = max(FEWEST_MODES, int(reached.max()))
    for share in SHARES:
        axes.axhline(share, color=MUTED, lw=0.7, ls=(0, (1, 2)))
    for part in PARTS:
        mine = rows[rows["part"] == part]
        table = mine.pivot_table(index="mode", columns="seed", values="cumulative")
        drawn = table.iloc[:most]
        axes.fill_between(
            drawn.index, drawn.min(axis=1), drawn.max(axis=1), color=COLOURS[part], alpha=0.15, lw=0
        )
        axes.plot(drawn.index, drawn.mean(axis=1), color=COLOURS[part], ls=DASHES[part])
        mean = table.mean(axis=1).to_numpy()
        for share in SHARES:
            mode = int(np.argmax(mean >= share - 1e-12)) + 1
            axes.plot(mode, mean[mode - 1], "o", ms=4, color=COLOURS[part])
    axes.set_xlabel("modes, strongest first")
    axes.set_ylim(0, 1.03)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="x", color=FAINT, lw=0.4)
    joint = rows[(rows["part"] == "joint") & (rows["cumulative"] >= SHARES[0] - 1e-12)]
    return [int(mode) for mode in joint.groupby("seed")["mode"].min()]


def _words(part: str) -> str:
    return "encoder and decoder together" if part == "joint" else part
