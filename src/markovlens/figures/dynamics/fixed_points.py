"""What is left of a noisy state when the noise stops."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from markovlens.figures.colours import state_colour
from markovlens.figures.dynamics.zones import number
from markovlens.figures.panels import DASHED
from markovlens.figures.style import INK, MUTED, frame, panels, styled
from markovlens.figures.text import percent
from markovlens.spelling import count

SMALLEST = 1e-12  # of the norm: less is drawn there
COLLAPSED = 0.01


@styled()
def draw_fixed_points(table: pd.DataFrame, decay: pd.DataFrame, *, name: str) -> Figure:
    """Return the norm of states against steps without noise.

    Args:
        table: of `dynamics.fixed_points`, one network.
        decay: of `FixedPoints.decay`.
        name: of the network, as the title says it.
    """
    figure, (axes,) = panels(1, columns=1, height=2.9)
    values = decay.drop(columns="step").clip(lower=SMALLEST)
    step, colour = decay["step"], state_colour(0)
    axes.fill_between(step, values["low"], values["high"], color=colour, alpha=0.15, lw=0)
    axes.fill_between(step, values["first"], values["third"], color=colour, alpha=0.3, lw=0)
    axes.plot(step, values["median"], color=colour)
    axes.axhline(COLLAPSED, color=INK, lw=0.8, ls=DASHED)
    axes.annotate(
        "1 %: collapsed", (step.max(), COLLAPSED), xytext=(0, 3), textcoords="offset points",
        ha="right", fontsize=8, color=MUTED,
    )  # fmt: skip
    axes.set(
        yscale="log", xlabel="steps without noise", ylabel="norm of the state\n(over its start)"
    )
    axes.set_xlim(0, step.max())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    n, tried = (int(number(table, m, w)["n"]) for m, w in _SAMPLES)
    distance = number(table, "distance_from_one", "starts")["value"]
    foot = (
        f"{n} states of as many noisy runs; line: median, dark band: half of them, pale: all · "
        f"roots of step(h) = h were searched from {tried} of them; in no linear region that the "
        f"states lie in has the Jacobian an eigenvalue nearer to 1 than {distance:.1g}"
    )
    frame(figure, fixed_points_finding(table, name=name), foot=foot)
    return figure


_SAMPLES = (("collapsed", "end"), ("n_roots", "all"))


def fixed_points_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: which share of states collapses, how fast, and how many roots there are."""
    collapsed = number(table, "collapsed", "end")
    factor = number(table, "factor_per_step", "late")["value"]
    roots = int(number(table, "n_roots", "all")["value"])
    norms = table[table["measure"] == "root_norm"]["value"]
    which = ", the origin" if roots == 1 and norms.iloc[0] < COLLAPSED else ""
    return (
        f"{name} without noise: {percent(float(collapsed['value']))} of states fall below 1 % in "
        f"100 steps (by {factor:.2f} a step in the end); {count(roots, 'fixed point')} found{which}"
    )
