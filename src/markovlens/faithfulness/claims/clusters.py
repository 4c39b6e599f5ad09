"""How many states each cell needs before its automaton is as good as asked (Hou & Zhou 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.scores.evaluate import FIT, REFERENCES
from markovlens.tables.networks import CLUSTERS

FIXED = 0.7  # the accuracy that LISOR's paper asks for on the harder task
SLACK = 0.005  # below the network's own accuracy
NETWORK = ["task", "model", "seed"]
ACCURACIES = ("accuracy_string", "accuracy_step")  # the first that a task has


def clusters_needed(scores: pd.DataFrame, cells: Mapping[str, str]) -> pd.DataFrame:
    """Return the smallest number of states that reaches a target accuracy on the test sequences.

    There is a row for each network, method and target: `fixed` is an accuracy of 0.7, `network`
    that of the network itself less 0.005. `needed` is NaN where no machine does it, or all fits
    failed; `largest` is the largest size that any method of this network was asked for or made;
    `best` is the best accuracy.

    Args:
        scores: rows of `evaluate` with task, model, seed and gate.
        cells: the kind of cell of each model, as its card says.
    """
    rows: list[dict[str, Any]] = []
    for key, network in scores.groupby(NETWORK, sort=False):
        place: dict[str, Any] = dict(zip(NETWORK, key, strict=True))
        name = next((one for one in ACCURACIES if (network["score"] == one).any()), "")
        accuracy = network[network["score"] == name]
        own = accuracy.loc[accuracy["method"] == "network", "value"]
        if own.empty:
            continue
        place["cell"] = cells.get(str(place["model"]), "")
        place["gate"] = network["gate"].iloc[0]
        swept = network[(network["mode"] == "closed") | (network["score"] == FIT)]
        swept = swept[~swept["method"].isin(REFERENCES)]
        place["largest"] = int(swept["n_states"].max())
        targets = {"fixed": FIXED, "network": float(own.iloc[0]) - SLACK}
        for method in swept["method"].unique():
            sizes = accuracy[(accuracy["method"] == method) & (accuracy["mode"] == "closed")]
            for target, asked in targets.items():
                found = {"method": method, "target": target, "accuracy_asked": asked}
                rows.append(place | found | _needed(sizes, asked))
    return pd.DataFrame(rows, columns=CLUSTERS.names)


def _needed(sizes: pd.DataFrame, asked: float) -> dict[str, float]:
    good = sizes.loc[sizes["value"] >= asked, "n_states"]
    return {
        "needed": float(good.min()) if len(good) else np.nan,
        "best": float(sizes["value"].max()) if len(sizes) else np.nan,
    }
