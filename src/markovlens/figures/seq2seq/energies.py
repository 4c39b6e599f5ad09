"""How much of the variance of the states the first modes hold, network by network."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from markovlens.figures.panels import DOTTED, keys, network_title, networks_of
from markovlens.figures.style import FAINT, MUTED, frame, message, panels, styled
from markovlens.figures.text import listing, spread
from markovlens.seq2seq.snapshots import DECODER, ENCODER, JOINT, PARTS, SHARES
from markovlens.spelling import count

COLOURS = {ENCODER: "#0072B2", DECODER: "#D55E00", JOINT: "#222222"}
DASHES = {ENCODER: (4, 1.5), DECODER: (1.5, 1), JOINT: ""}
FEWEST_MODES = 6  # on the axis
ROUNDING = 1e-12


@styled()
def draw_energies(energies: pd.DataFrame) -> Figure:
    """Return a panel a network: cumulative variance of the modes of encoder, decoder and both.

    Args:
        energies: rows of `energy_rows` with task, model and seed.
    """
    networks = networks_of(energies)
    if not networks:
        return message("No states to decompose", foot="", why="no encoder-decoder was recorded")
    figure, axes = panels(len(networks), columns=5, height=2.3, sharey=True)
    for ax, (task, model, mine) in zip(axes, networks, strict=True):
        _draw_network(ax, mine)
        ax.set_title(network_title(task, model), fontsize=8.5)
        ax.set_xlabel(f"mode, of {mine['n_units'].max()}")
    axes[0].set_ylabel("share of the variance")
    foot = (
        f"POD of test states, {count(energies['seed'].nunique(), 'seed')}: lines are means, bands "
        "the range of seeds · as many modes as units, strongest first · dotted: "
        f"{listing(f'{share:.0%}' for share in SHARES)} of the variance; dots: the modes that "
        "reach it"
    )
    handles = keys(
        {
            "encoder and decoder together" if part == JOINT else part: {
                "color": COLOURS[part],
                "ls": (0, DASHES[part]) if DASHES[part] else "-",
            }
            for part in PARTS
        }
    )
    frame(figure, energies_finding(energies), foot=foot, handles=[handles])
    return figure


def energies_finding(energies: pd.DataFrame) -> str:
    """Return the title: how many modes of both parts together hold 90 %, by task."""
    joint = energies[energies["part"] == JOINT]
    said = [
        f"{spread([int(mode) for mode in _reaching(mine, SHARES[0]).to_numpy()])} ({task})"
        for task, _, mine in networks_of(joint)
    ]
    return f"Modes that hold 90 % of the variance of encoder and decoder states: {listing(said)}"


def _reaching(rows: pd.DataFrame, share: float) -> pd.Series:
    """Return, for each part and seed, the mode with which this share of the variance is held."""
    held = rows[rows["cumulative"] >= share - ROUNDING]
    return held.groupby(["part", "seed"])["mode"].min()


def _draw_network(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw one network up to the mode that reaches the largest share in every part."""
    most = max(FEWEST_MODES, int(_reaching(rows, SHARES[-1]).max()))
    sns.lineplot(
        rows[rows["mode"] <= most], x="mode", y="cumulative", hue="part", palette=COLOURS,
        style="part", dashes=DASHES, errorbar=("pi", 100), err_kws={"alpha": 0.15, "lw": 0},
        legend=False, ax=axes,
    )  # fmt: skip
    means = rows.groupby(["part", "mode"], as_index=False)["cumulative"].mean().assign(seed=0)
    for share in SHARES:
        axes.axhline(share, color=MUTED, lw=0.7, ls=DOTTED)
        dots = _reaching(means, share).reset_index().merge(means, on=["part", "mode"])
        axes.scatter(
            dots["mode"], dots["cumulative"], s=16, c=list(dots["part"].map(COLOURS)), zorder=3
        )
    axes.set(ylabel="", ylim=(0, 1.03))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="x", color=FAINT, lw=0.4)
