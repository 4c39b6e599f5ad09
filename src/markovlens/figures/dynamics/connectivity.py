"""Recurrent weights with units in the order of their roles."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.style import INK, frame, message, panels, styled
from markovlens.figures.text import listing

COLOURS = "PuOr"  # negative orange to positive purple; white is 0
CLIP = 0.99  # quantile of sizes at which the colours end


@styled()
def draw_connectivity(
    recurrent: np.ndarray, roles: Mapping[str, np.ndarray], *, network: str
) -> Figure:
    """Return two heat maps of a network: every weight, and the mean of each block.

    Args:
        recurrent: (H, H), from the unit of the column to the unit of the row.
        roles: units of each role, from `Pair.roles`; all other units are shown last.
        network: how the network is called in the foot line.
    """
    title = connectivity_finding(recurrent, roles)
    roles = {name: units for name, units in roles.items() if len(units)}
    if not roles:
        return message(title, foot=network, why="no unit has a role")
    rest = np.setdiff1d(np.arange(len(recurrent)), np.concatenate(list(roles.values())))
    roles = roles | ({"other": rest} if len(rest) else {})
    figure, (left, right) = panels(2, columns=2, height=4.4)
    limit = float(np.quantile(np.abs(recurrent), CLIP))
    order = np.concatenate(list(roles.values()))
    image = left.imshow(
        recurrent[np.ix_(order, order)], cmap=COLOURS, vmin=-limit, vmax=limit, aspect="equal"
    )
    _mark(left, roles)
    figure.colorbar(image, ax=left, shrink=0.7, label="weight")
    _draw_means(right, recurrent, roles)
    left.set_title("every weight")
    right.set_title("mean of each block")
    for axes in (left, right):
        axes.set_xlabel("from")
    left.set_ylabel("to")
    foot = (
        f"{network} · kick units: found from their drive around switches · pools: weights on the "
        f"two groups of kick units differ in sign · colours end at the {100 * CLIP:g} % quantile"
    )
    frame(figure, title, foot=foot)
    return figure


def connectivity_finding(recurrent: np.ndarray, roles: Mapping[str, np.ndarray]) -> str:
    """Return the title: mean weights within and between the two groups of kick units."""
    kicks = [units for name, units in roles.items() if name.startswith("kick") and len(units)]
    pools = [units for name, units in roles.items() if name.startswith("pool") and len(units)]
    said = [
        f"{name} {_mean(recurrent, units, within=True):+.3f} within a group and "
        f"{_mean(recurrent, units, within=False):+.3f} between groups"
        for name, units in (("kick units", kicks), ("their inputs", pools))
        if len(units) == 2
    ]
    if not said:
        return "Recurrent weights: no two opposite groups of kick units"
    return f"Mean recurrent weights: {listing(said)}; over all units {recurrent.mean():+.3f}"


def _mean(recurrent: np.ndarray, groups: list[np.ndarray], *, within: bool) -> float:
    blocks = [
        recurrent[np.ix_(one, other)].mean()
        for i, one in enumerate(groups)
        for j, other in enumerate(groups)
        if (i == j) == within
    ]
    return float(np.mean(blocks))


def _mark(axes: Axes, roles: Mapping[str, np.ndarray]) -> None:
    sizes = np.array([len(units) for units in roles.values()])
    ends = np.cumsum(sizes) - 0.5
    for end in ends[:-1]:
        axes.axhline(end, color=INK, lw=0.7)
        axes.axvline(end, color=INK, lw=0.7)
    middles = ends - sizes / 2
    axes.set_xticks(middles, list(roles), rotation=45, ha="right")
    axes.set_yticks(middles, list(roles))
    axes.tick_params(length=0)


def _draw_means(axes: Axes, recurrent: np.ndarray, roles: Mapping[str, np.ndarray]) -> None:
    means = np.array(
        [
            [recurrent[np.ix_(to, source)].mean() for source in roles.values()]
            for to in roles.values()
        ]
    )
    limit = float(np.abs(means).max())
    axes.imshow(means, cmap=COLOURS, vmin=-limit, vmax=limit, aspect="equal")
    for (row, column), mean in np.ndenumerate(means):
        ink = "white" if abs(mean) > 0.6 * limit else INK
        axes.text(column, row, f"{mean:+.3f}", ha="center", va="center", color=ink, fontsize=7.5)
    axes.set_xticks(range(len(roles)), list(roles), rotation=45, ha="right")
    axes.set_yticks(range(len(roles)), list(roles))
    axes.tick_params(length=0)
