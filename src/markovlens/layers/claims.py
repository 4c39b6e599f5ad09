"""Whether the layer whose state is best readable is the one that is used.

That what a probe reads need not be what a network uses is said of language models (Elazar et al.
2021, "Amnesic Probing"; Ravichander et al. 2021, "Probing the Probing Paradigm"; Belinkov 2022,
"Probing Classifiers: Promises, Shortcomings, and Advances"). Here the true state is known.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, measured

NETWORK = ["task", "model", "seed"]
LEARNED = 0.95  # of all steps of validation sequences, that a network counts
ALIKE = 0.01  # by which layers differ and are still both the best
WORDS = {
    "readable_beyond_used": (
        "In the layer where a state is best readable, more of it is readable than is used",
        "in the layer of the best probe: readable share (probe beyond its control task, of what is "
        "left to 1) minus used share (interchange of this layer beyond a random move, likewise)",
    ),
    "probe_points_elsewhere": (
        "The layer in which a state is best readable is not the one that is used",
        "chance that a layer drawn from those with the best probe is none of those with the "
        "largest interchange effect, minus the same of a layer drawn from all",
    ),
    "readable_directions_act": (
        "What a linear probe reads off a layer is what the network goes on from",
        "in the layer of the best probe: interchange effect of the directions that the probe looks "
        "at minus that of as many random ones",
    ),
}


def layer_claims(rows: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims, undecided as yet: `claims.decide` takes all claims of the table together.

    Only networks count that are right at `LEARNED` of the validation steps: the gate of S5, every
    step of every string, was reached by none that was tried. Layers whose scores differ by up to
    `ALIKE` are equally good, and what is said of the best one is the mean over them.

    Args:
        rows: task, model, seed, accuracy, depth, score and value of every layer, `n_directions` of
            the probe and `n_units` of the layer.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    found = pd.DataFrame(
        _effects(rows[rows["accuracy"] >= LEARNED]), columns=[*NETWORK, *WORDS], dtype=object
    )
    return [
        measured(
            name,
            *WORDS[name],
            found.assign(difference=found[name].astype(float)),
            rng,
            system="S6",
        )
        for name in WORDS
    ]


def _effects(rows: pd.DataFrame) -> Iterator[list[object]]:
    """Yield task, model, seed and the three effects of each network."""
    for key, mine in rows.groupby(NETWORK, sort=False):
        layers = mine.pivot_table(index="depth", columns="score", values="value")
        narrow = mine.groupby("depth")[["n_directions", "n_units"]].first()
        yield [*key, *_of_network(layers, narrow["n_directions"] < narrow["n_units"])]


def _of_network(layers: pd.DataFrame, narrow: pd.Series) -> tuple[float, float, float]:
    """Return the effects of one network from its scores, a row a layer.

    Args:
        layers: the scores.
        narrow: whether the probe looks at less than the whole layer: where it looks at all of it,
            random directions are the same ones.
    """
    needed = ["probe", "probe_control", "iia", "iia_random", "iia_probe", "iia_probe_random"]
    if layers.reindex(columns=needed).isna().any(axis=None):
        return np.nan, np.nan, np.nan
    readable = beyond(layers["probe"], layers["probe_control"])
    used = used_share(layers)
    best, most = best_and_most(layers)
    directions = (layers["iia_probe"] - layers["iia_probe_random"])[best & narrow]
    return (
        float((readable - used)[best].mean()),
        float((~most)[best].mean() - (~most).mean()),
        float(directions.mean()),
    )


def best_and_most(layers: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return which layers are read best and which are used most, from the scores of a network."""
    best, most = (share >= share.max() - ALIKE for share in (layers["probe"], used_share(layers)))
    return best, most


def used_share(layers: pd.DataFrame) -> pd.Series:
    """Return the interchange effect of each layer beyond that of a random move."""
    return beyond(layers["iia"], layers["iia_random"])


def beyond(share: pd.Series, control: pd.Series) -> pd.Series:
    """Return how far a share is above its control, of what was left to 1."""
    return (share - control) / (1 - control).clip(lower=ALIKE)
