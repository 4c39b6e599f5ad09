"""Decoder states on a map by class, and the classes in each cluster that was found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import adjusted_rand_score

from markovlens.embedding.pod import pod
from markovlens.figures.layout import pushed_apart
from markovlens.figures.networks.states import matched
from markovlens.figures.style import (
    CONFIDENCE_COLOURS,
    FAINT,
    MUTED,
    SPARE_COLOURS,
    STATE_COLOURS,
    frame,
    ink_on,
    panels,
    styled,
)
from markovlens.figures.text import count, listing, percent, shorten
from markovlens.seq2seq.partition import PARTITIONS
from markovlens.seq2seq.separability import spread_windows
from markovlens.seq2seq.snapshots import Snapshots, flat
from markovlens.seq2seq.study import MOST_STEPS

HEIGHT = 3.4  # inches
PANEL = 2.3  # inches across, for the distance between the numbers
NAMES = {"kmeans": "k-means", "single_linkage": "single linkage, cosine"}
CLASS_COLOURS = (*STATE_COLOURS, *SPARE_COLOURS)  # classes are numbered on the map


@styled()
def draw_cluster_map(snapshots: Snapshots, *, seed: int, network: str = "") -> Figure:
    """Return decoder steps in their two strongest modes by class, and where each class clusters.

    Clusters are found on all units, as many as there are classes.

    Args:
        snapshots: states on test windows.
        seed: of k-means; with the table's own the clusters are those of the table.
        network: "task, cell, seed", for the foot line.
    """
    n_steps = snapshots.decoder.shape[1]
    some = snapshots.select(spread_windows(snapshots.labels, max(MOST_STEPS // n_steps, 2)))
    points = flat(some.decoder)
    known = np.repeat(some.labels, n_steps)
    n_classes = len(np.unique(known))
    found = {name: cluster(points, n_classes, seed=seed) for name, cluster in PARTITIONS.items()}
    figure, axes = panels(1 + len(found), columns=3, height=HEIGHT, width_ratios=(1.2, 1, 1))
    _draw_map(axes[0], points, known)
    axes[0].set_title(f"{n_classes} classes", fontsize=9)
    names = [f"{label} {shorten(name, longest=14)}" for label, name in enumerate(some.classes)]
    for ax, (name, labels) in zip(axes[1:], found.items(), strict=True):
        _draw_shares(ax, shares_of(known, labels), names if ax is axes[1] else None)
        largest = percent(np.bincount(labels).max() / len(labels))
        ax.set_title(f"{NAMES[name]},\nlargest: {largest}", fontsize=9)
    foot = (
        f"{network} · {count(len(points), 'decoder step')} of {len(some.labels)} of "
        f"{count(len(snapshots.labels), 'test window')} · clusters are found on all "
        f"{points.shape[1]} units, without labels, and numbered after the class that they overlap "
        "most · numbers on the map: classes at their medians · shares: of the steps of each class "
        "(row), from white (0) to dark (all)"
    )
    frame(figure, cluster_finding(found, known), foot=foot)
    return figure


def cluster_finding(found: dict[str, np.ndarray], known: np.ndarray) -> str:
    """Return the title: how well each kind of cluster matches the classes."""
    said = listing(
        f"{adjusted_rand_score(known, labels):.2f} ({NAMES[name]})"
        for name, labels in found.items()
    )
    return f"Clusters of decoder states match the classes with an adjusted Rand index of {said}"


def shares_of(known: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return the share of each class's steps (rows) in each cluster, matched ones on the diagonal.

    Args:
        known: int (N,), the class of each step.
        labels: int (N,), its cluster.
    """
    return pd.crosstab(known, matched(labels, known)[labels], normalize="index")


def class_colour(label: int) -> str:
    """Return the colour of a class; seventeen, then the same ones again."""
    return CLASS_COLOURS[label % len(CLASS_COLOURS)]


def _draw_map(axes: Axes, points: np.ndarray, known: np.ndarray) -> None:
    """Draw steps (N, D) in their two strongest modes, each class numbered at its median."""
    basis = pod(points, n_components=2)
    place = basis.project(points)
    colours = [class_colour(int(label)) for label in known]
    axes.scatter(place[:, 0], place[:, 1], s=5, c=colours, alpha=0.5, lw=0)
    present = np.unique(known)
    medians = np.array([np.median(place[known == label], axis=0) for label in present])
    span = np.ptp(place, axis=0)
    scale = np.where(span > 0, span, 1.0) / PANEL
    for label, (x, y) in zip(
        present, pushed_apart(medians / scale, least=0.2) * scale, strict=True
    ):
        colour = class_colour(int(label))
        axes.plot(x, y, "o", ms=10.5, mfc=colour, mec="white", mew=0.9, zorder=6)
        axes.text(
            x, y, str(label), size=6.8, weight="bold", color=ink_on(colour), ha="center",
            va="center_baseline", zorder=7,
        )  # fmt: skip
    axes.axhline(0, color=FAINT, lw=0.5, zorder=0)
    axes.axvline(0, color=FAINT, lw=0.5, zorder=0)
    axes.tick_params(labelsize=7.5, labelcolor=MUTED)
    first, second = (percent(energy) for energy in basis.energies[:2])
    axes.set(xlabel=f"mode 1 ({first} of the decoder's variance)", ylabel=f"mode 2 ({second})")


def _draw_shares(axes: Axes, shares: pd.DataFrame, names: list[str] | None) -> None:
    sns.heatmap(
        shares, vmin=0, vmax=1, cmap=CONFIDENCE_COLOURS, cbar=False, linewidths=0.5,
        linecolor="#E6E6E6", ax=axes,
        yticklabels=[names[label] for label in shares.index] if names else False,
    )  # fmt: skip
    axes.set(xlabel="cluster", ylabel="")
    axes.tick_params(length=0, labelsize=7.5)
    axes.tick_params(axis="y", labelrotation=0)
    axes.tick_params(axis="x", labelrotation=0, labelsize=6.5)
