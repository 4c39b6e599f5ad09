"""Decoder states on a map, by class and by cluster."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import adjusted_rand_score

from markovlens.embedding.pod import pod
from markovlens.figures.networks.states import matched
from markovlens.figures.seq2seq.embedding import class_handles, class_style, number_classes
from markovlens.figures.style import FAINT, MUTED, frame, panels, styled
from markovlens.figures.text import count, listing, percent
from markovlens.seq2seq.partition import PARTITIONS
from markovlens.seq2seq.separability import spread_windows
from markovlens.seq2seq.snapshots import Snapshots, flat
from markovlens.seq2seq.study import MOST_STEPS

HEIGHT = 3.3  # inches
NAMES = {"kmeans": "k-means", "single_linkage": "single linkage, cosine"}


@styled()
def draw_cluster_map(snapshots: Snapshots, *, seed: int, network: str = "") -> Figure:
    """Return decoder steps in their two strongest modes: by class, and by both kinds of cluster.

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
    basis = pod(points, n_components=2)
    n_classes = len(np.unique(known))
    found = {name: cluster(points, n_classes, seed=seed) for name, cluster in PARTITIONS.items()}
    figure, axes = panels(1 + len(found), columns=3, height=HEIGHT, sharex=True, sharey=True)
    place = basis.project(points)
    _draw(axes[0], place, known)
    axes[0].set_title(f"{n_classes} classes")
    axes[0].set_ylabel(f"mode 2 of the decoder ({percent(basis.energies[1])})")
    for ax, (name, labels) in zip(axes[1:], found.items(), strict=True):
        _draw(ax, place, matched(labels, known)[labels])
        ax.set_title(f"{NAMES[name]}: largest {percent(np.bincount(labels).max() / len(labels))}")
    for ax in axes:
        ax.set_xlabel(f"mode 1 ({percent(basis.energies[0])} of variance)")
    title = cluster_finding(found, known)
    foot = (
        f"{network} \u00b7 {count(len(points), 'decoder step')} of {len(some.labels)} of "
        f"{count(len(snapshots.labels), 'test window')} \u00b7 clusters are found on all "
        f"{points.shape[1]} units, without labels, and take the colour of the class that they "
        "overlap most \u00b7 numbers: classes at their medians"
    )
    everything = np.arange(len(some.labels))
    frame(figure, title, foot=foot, handles=[class_handles(some, everything)])
    return figure


def cluster_finding(found: dict[str, np.ndarray], known: np.ndarray) -> str:
    """Return the title: how well each kind of cluster matches the classes."""
    said = listing(
        f"{adjusted_rand_score(known, labels):.2f} ({NAMES[name]})"
        for name, labels in found.items()
    )
    return f"Clusters of decoder states match the classes with an adjusted Rand index of {said}"


def _draw(axes: Axes, points: np.ndarray, colour_of: np.ndarray) -> None:
    """Draw steps (N, 2) in the colours of the classes `colour_of` (N,), numbered by them."""
    present = np.unique(colour_of)
    styles = {int(one): class_style(int(one))["color"] for one in present}
    axes.scatter(
        points[:, 0], points[:, 1], s=5, c=[styles[int(one)] for one in colour_of], alpha=0.5, lw=0
    )
    number_classes(axes, points, colour_of, span=np.ptp(points, axis=0))
    axes.axhline(0, color=FAINT, lw=0.5, zorder=0)
    axes.axvline(0, color=FAINT, lw=0.5, zorder=0)
    axes.tick_params(labelsize=7.5, labelcolor=MUTED)
