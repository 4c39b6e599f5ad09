"""How many states each cell needs before its automaton is as good as asked (Hou & Zhou 2020)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from markovlens.faithfulness.evaluate import REFERENCES

FIXED = 0.7  # the accuracy that LISOR's paper asks for on the harder task
SLACK = 0.005  # below the network's own accuracy
KEYS = ["task", "model", "seed", "method"]
COLUMNS = [*KEYS, "target", "accuracy_asked", "needed", "largest", "best"]
ACCURACIES = ("accuracy_string", "accuracy_step")  # the first that a task has


def clusters_needed(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the smallest number of states that reaches a target accuracy on the test sequences.

    There is a row for each network, method and target: `fixed` is an accuracy of 0.7, `network`
    that of the network itself less 0.005. `needed` is NaN where not even the `largest` number of
    states tried does it; `best` is the best accuracy of all.

    Args:
        scores: rows of `evaluate` with task, model and seed, closed loop.
    """
    accuracy = pd.concat(
        [_of_task(rows) for _, rows in scores.groupby("task", sort=False)], ignore_index=True
    )
    networks = accuracy[accuracy["method"] == "network"]
    places = networks[["task", "model", "seed"]].itertuples(index=False, name=None)
    own = dict(zip(places, networks["value"], strict=True))
    swept = accuracy[(accuracy["mode"] == "closed") & accuracy["value"].notna()]
    rows = []
    for key, sizes in swept.groupby(KEYS, sort=False):
        place = dict(zip(KEYS, key, strict=True))
        if place["method"] in REFERENCES:
            continue
        accuracy_of_network = own[place["task"], place["model"], place["seed"]]
        for target, asked in (("fixed", FIXED), ("network", accuracy_of_network - SLACK)):
            rows.append(place | {"target": target, "accuracy_asked": asked} | _needed(sizes, asked))
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_task(rows: pd.DataFrame) -> pd.DataFrame:
    known = set(rows["score"])
    name = next((name for name in ACCURACIES if name in known), None)
    return rows[rows["score"] == name]


def _needed(sizes: pd.DataFrame, asked: float) -> dict[str, float]:
    good = sizes.loc[sizes["value"] >= asked, "n_states"]
    return {
        "needed": float(good.min()) if len(good) else np.nan,
        "largest": int(sizes["n_states"].max()),
        "best": float(sizes["value"].max()),
    }
