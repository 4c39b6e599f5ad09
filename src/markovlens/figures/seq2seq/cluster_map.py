"""How the classes of windows spread over the clusters of decoder states."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from sklearn.metrics import adjusted_rand_score

from markovlens.figures.colours import CONFIDENCE_COLOURS
from markovlens.figures.networks.states import matched
from markovlens.figures.style import frame, panels, styled
from markovlens.figures.text import listing, percent
from markovlens.lettering import shorten
from markovlens.seq2seq.partition import PARTITIONS
from markovlens.seq2seq.separability import spread_windows
from markovlens.seq2seq.snapshots import Snapshots, flat
from markovlens.seq2seq.study import MOST_STEPS
from markovlens.spelling import count

LINE, LEAST = 0.22, 1.4  # inches of a class, of the heat map
NAMES = {"kmeans": "k-means", "single_linkage": "single linkage, cosine"}
GRID = "#E6E6E6"


@styled()
def draw_cluster_map(snapshots: Snapshots, *, seed: int, network: str = "") -> Figure:
    """Return a heat map a kind of cluster: the share of each class's decoder steps in each cluster.

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
    height = max(LEAST, LINE * n_classes) + 0.8
    figure, axes = panels(len(found), columns=2, height=height, sharey=True)
    for ax, (name, labels) in zip(axes, found.items(), strict=True):
        shares = shares_of(known, labels)
        names = [f"{label} {shorten(some.classes[label], longest=20)}" for label in shares.index]
        sns.heatmap(
            shares, annot=shares.map(_in_percent), fmt="", annot_kws={"size": 7.5}, vmin=0, vmax=1,
            cmap=CONFIDENCE_COLOURS, cbar=False, linewidths=0.5, linecolor=GRID, ax=ax,
            yticklabels=names,
        )  # fmt: skip
        largest = percent(np.bincount(labels).max() / len(labels))
        ax.set(title=f"{NAMES[name]}: largest {largest}", xlabel="cluster", ylabel="")
        ax.tick_params(length=0, labelrotation=0)
    foot = (
        f"{network} · {count(len(points), 'decoder step')} of {len(some.labels)} of "
        f"{count(len(snapshots.labels), 'test window')} · clusters are found on all "
        f"{points.shape[1]} units, without labels, and bear the number of the class that they "
        "overlap most · numbers: how many in a hundred steps of a class (row) are in a cluster"
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


def _in_percent(share: float) -> str:
    return f"{100 * share:.0f}" if share else ""
