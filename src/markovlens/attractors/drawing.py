"""Where networks rest, drawn in the principal components of their states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from markovlens.attractors.memory import memories_of
from markovlens.attractors.resting_points import RestingPoints
from markovlens.attractors.selection import Context
from markovlens.figures.colours import PROBABILITY_COLOURS, state_colour
from markovlens.figures.panels import keys
from markovlens.figures.style import INK, frame, panels, styled
from markovlens.figures.text import listing, percent
from markovlens.spelling import count
from markovlens.tasks.attractors import CONTEXTS, summed
from markovlens.trace import Trace

HEIGHT = 4.2  # inches of a panel
N_DRAWN = 3000  # steps
TILT = np.array([[1.0, 0.0, -0.45], [0.0, 1.0, 0.3]])  # a cube seen from above and the side
STABLE: dict[str, Any] = {"marker": "o", "mfc": "white", "mec": INK, "ms": 9, "mew": 1.6, "ls": ""}
SADDLE: dict[str, Any] = {"marker": "X", "mfc": "#B5171F", "mec": "white", "ms": 8, "ls": ""}
STEEPER: dict[str, Any] = SADDLE | {"mfc": "#6B6B6B", "ms": 7}
SLOW: dict[str, Any] = {"marker": ".", "mfc": INK, "mec": INK, "ms": 4, "ls": ""}


@styled()
def draw_memory(trace: Trace, states: np.ndarray, found: RestingPoints, *, name: str) -> Figure:
    """Return the states of a flip-flop by memory and by state of its HMM, with its fixed points.

    Args:
        trace: of test sequences.
        states: (N,), the HMM's state at each step.
        found: the fixed points.
        name: of the network.
    """
    basis = PCA(3).fit(trace.states)
    seen = basis.transform(trace.states) @ TILT.T
    points = basis.transform(found.points.states) @ TILT.T
    figure, axes = panels(2, columns=2, height=HEIGHT)
    rows = _some(trace.n_steps)
    titles = "by true memory", f"by state of the HMM: {len(np.unique(states))} states"
    for ax, labels, title in zip(axes, (trace.truth, states), titles, strict=True):
        colours = {int(label): state_colour(int(label)) for label in np.unique(labels[rows])}
        _dots(ax, seen[rows], hue=labels[rows], palette=colours)
        for which, look in _sorts(found):
            ax.plot(*points[which].T, **look, zorder=5)
        ax.set(title=title, xticks=[], yticks=[], xlabel="", ylabel="")
    for point, memory in memories_of(found).items():
        said = trace.classes[memory].replace("-", "−")
        axes[0].annotate(
            said, points[point], xytext=(7, 5), textcoords="offset points", weight="bold", zorder=6
        )
    share = percent(basis.explained_variance_ratio_.sum())
    foot = f"{name} · three components ({share} of variance), seen at an angle · no input"
    legend = {"stable fixed point": STABLE, "saddle, one way out": SADDLE, "more ways": STEEPER}
    frame(figure, _memory_finding(found), foot=foot, handles=[keys(legend)])
    return figure


@styled()
def draw_contexts(
    trace: Trace, states: np.ndarray, contexts: Sequence[Context], *, name: str
) -> Figure:
    """Return the states in each context by summed evidence and by state, with its slow points.

    Args:
        trace: of test sequences.
        states: (N,), the HMM's state at each step.
        contexts: the slow points of each.
        name: of the network.
    """
    length = int(trace.lengths[0])
    total = summed(trace.inputs.reshape(-1, length, trace.inputs.shape[1])).ravel()
    figure, axes = panels(2 * len(contexts), columns=2, height=HEIGHT * 0.85)
    widest = float(np.quantile(np.abs(total), 0.95))
    for row, context in enumerate(contexts):
        column = len(CONTEXTS) + CONTEXTS.index(context.name)
        here = np.flatnonzero(trace.inputs[:, column] == 1)
        here = here[_some(len(here))]
        basis = PCA(2).fit(trace.states[here])
        seen, points = (basis.transform(each) for each in (trace.states[here], _of(context)))
        left, right = axes[2 * row : 2 * row + 2]
        _dots(left, seen, hue=total[here], palette=PROBABILITY_COLOURS, hue_norm=(-widest, widest))
        left.set_title(f"{context.name} counts: by its sum so far")
        colours = {int(label): state_colour(int(label)) for label in np.unique(states[here])}
        _dots(right, seen, hue=states[here], palette=colours)
        right.set_title(f"{context.name} counts: by state of the HMM, {len(colours)} states")
        for ax in (left, right):
            limits = ax.get_xlim(), ax.get_ylim()
            ax.plot(*points.T, **SLOW, zorder=5)
            ax.set(xlim=limits[0], ylim=limits[1])
            ax.set(xlabel=f"component 1 ({percent(basis.explained_variance_ratio_[0])})")
            ax.set_ylabel(f"component 2 ({percent(basis.explained_variance_ratio_[1])})")
    foot = f"{name} · no evidence is read where slow points are searched · sums: orange −, purple +"
    frame(figure, _contexts_finding(contexts), foot=foot, handles=[keys({"slow point": SLOW})])
    return figure


def _of(context: Context) -> np.ndarray:
    return context.points.states


def _memory_finding(found: RestingPoints) -> str:
    said = len(set(memories_of(found).values()))
    unstable = found.points.n_unstable
    stable = count(int((unstable == 0).sum()), "stable fixed point")
    one = count(int((unstable == 1).sum()), "saddle")
    return f"{stable} for {count(said, 'memory', 'memories')}; {one} with one way out"


def _contexts_finding(contexts: Sequence[Context]) -> str:
    parts = []
    for context in contexts:
        counts, other = context.kept.mean(axis=0) if len(context.kept) else (np.nan, np.nan)
        parts.append(f"{counts:.2g} by {context.name} that counts, {other:.2g} by the other")
    return f"30 steps after a pulse log odds have moved: {listing(parts)}"


def _sorts(found: RestingPoints) -> list[tuple[np.ndarray, dict[str, Any]]]:
    unstable = found.points.n_unstable
    return [(unstable > 1, STEEPER), (unstable == 1, SADDLE), (unstable == 0, STABLE)]


def _some(n_steps: int) -> np.ndarray:
    """Return evenly spread steps, `N_DRAWN` at most."""
    return np.unique(np.linspace(0, n_steps - 1, min(n_steps, N_DRAWN)).astype(int))


def _dots(axes: Axes, points: np.ndarray, **options: Any) -> None:
    style = {
        "s": 9,
        "linewidth": 0.2,
        "edgecolor": "#8A8A8A",
        "alpha": 0.55,
        "rasterized": True,
        "legend": False,
    }
    sns.scatterplot(x=points[:, 0], y=points[:, 1], ax=axes, **style | options)
