"""Recurrent weights with units in the order of their roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.style import INK, frame, message, panels, styled
from markovlens.figures.text import listing

COLOURS = "PuOr"  # negative orange to positive purple; white is 0
CLIP = 0.99  # quantile of sizes at which the colours end


@styled()
def draw_connectivity(
    recurrent: np.ndarray, roles: Mapping[str, np.ndarray], *, name: str
) -> Figure:
    """Return two heat maps of a network: every weight, and the mean of each block.

    Args:
        recurrent: (H, H), from the unit of the column to the unit of the row.
        roles: units of each role, from `Pair.roles`; all other units are shown last.
        name: of the network, for the foot line.
    """
    title = connectivity_finding(recurrent, roles)
    roles = {name: units for name, units in roles.items() if len(units)}
    if not roles:
        return message(title, foot=name, why="no unit has a role")
    rest = np.setdiff1d(np.arange(len(recurrent)), np.concatenate(list(roles.values())))
    roles = roles | ({"other": rest} if len(rest) else {})
    order = np.concatenate(list(roles.values()))
    means = block_means(recurrent, roles)
    figure, (left, right) = panels(2, columns=2, height=4.2)
    _draw_weights(
        left, recurrent[np.ix_(order, order)], limit=float(np.quantile(np.abs(recurrent), CLIP)),
        xticklabels=False, yticklabels=False, cbar_kws={"shrink": 0.7, "label": "weight"},
    )  # fmt: skip
    _mark(left, roles)
    _draw_weights(
        right, means, limit=float(means.abs().to_numpy().max()), annot=True, fmt="+.3f",
        annot_kws={"size": 7.5}, cbar=False,
    )  # fmt: skip
    left.set(title="every weight", xlabel="from", ylabel="to")
    right.set(title="mean of each block", xlabel="from")
    foot = (
        f"{name} · kick units: found from their drive around switches · pools: weights on the "
        f"two groups of kick units differ in sign · colours end at the {100 * CLIP:g} % quantile"
    )
    frame(figure, title, foot=foot)
    return figure


def connectivity_finding(recurrent: np.ndarray, roles: Mapping[str, np.ndarray]) -> str:
    """Return the title: mean weights within and between the two groups of kick units."""
    means = block_means(recurrent, {name: units for name, units in roles.items() if len(units)})
    said = []
    for kind, words in (("kick", "kick units"), ("pool", "their inputs")):
        groups = [name for name in means if str(name).startswith(kind)]
        if len(groups) == 2:
            blocks = means.loc[groups, groups].to_numpy()
            same = np.eye(2, dtype=bool)
            within, between = blocks[same].mean(), blocks[~same].mean()
            said.append(f"{words} {within:+.3f} within a group and {between:+.3f} between groups")
    if not said:
        return "Recurrent weights: no two opposite groups of kick units"
    return f"Mean recurrent weights: {listing(said)}; over all units {recurrent.mean():+.3f}"


def block_means(recurrent: np.ndarray, roles: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the mean weight from the units of each column's role to those of each row's."""
    means = {
        source: [recurrent[np.ix_(to, units)].mean() for to in roles.values()]
        for source, units in roles.items()
    }
    return pd.DataFrame(means, index=list(roles))


def _draw_weights(
    axes: Axes, weights: np.ndarray | pd.DataFrame, *, limit: float, **look: Any
) -> None:
    """Draw a heat map whose colours end at plus and minus `limit`."""
    sns.heatmap(weights, cmap=COLOURS, vmin=-limit, vmax=limit, square=True, ax=axes, **look)
    axes.tick_params(length=0)
    axes.tick_params(axis="x", labelrotation=45)
    axes.tick_params(axis="y", labelrotation=0)


def _mark(axes: Axes, roles: Mapping[str, np.ndarray]) -> None:
    """Draw lines between the roles, and their names at the middles of their units."""
    sizes = np.array([len(units) for units in roles.values()])
    ends = np.cumsum(sizes)
    axes.hlines(ends[:-1], 0, ends[-1], color=INK, lw=0.7)
    axes.vlines(ends[:-1], 0, ends[-1], color=INK, lw=0.7)
    axes.set_xticks(ends - sizes / 2, list(roles))
    axes.set_yticks(ends - sizes / 2, list(roles))
