"""What the page of layers quotes of a kept run."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown, with_ends

from markovlens.figures.style import MODEL_NAMES

WITH_ENDS = {"probe": "read", "iia": "used"}
ALONE = {
    "probe_control": "control", "probe_untrained": "untrained", "iia_random": "random move",
    "iia_up_to": "with all below", "iia_from": "with all above",
    "iia_probe": "probe's directions", "iia_probe_random": "random ones",
}  # fmt: skip
HEAD = ("task", "network", "layer", "networks", *WITH_ENDS.values(), *ALONE.values())
KIND = ["task", "cell", "n_layers", "depth", "counted"]


@dataclass(frozen=True)
class Layers:
    """Kept scores of layers, networks of one kind merged.

    Attributes:
        rows: a row a layer and score.
    """

    rows: pd.DataFrame

    def listed(self) -> str:
        """Return a line for each layer: what is read, what is used, and their controls."""
        return markdown([HEAD, *(_line(*kind) for kind in self.rows.groupby(KIND, sort=False))])

    def n_networks(self, **wanted: object) -> int:
        """Return how many networks there are."""
        rows = having(self.rows, {"score": "probe", "depth": 1, **wanted})
        return int(rows["n_seeds"].sum())

    def _of(self, score: str, wanted: dict[str, object]) -> pd.DataFrame:
        return having(self.rows, {"score": score, "counted": True, **wanted})

    def values(self, score: str, **wanted: object) -> pd.Series:
        """Return a score of the layers of networks that count."""
        return self._of(score, wanted)["value"]

    def least(self, score: str, **wanted: object) -> str:
        """Return the least of a score over layers."""
        return f"{self.values(score, **wanted).min():.2f}"

    def most(self, score: str, **wanted: object) -> str:
        """Return the largest of a score over layers."""
        return f"{self.values(score, **wanted).max():.2f}"

    def mean(self, score: str, digits: int = 2, **wanted: object) -> str:
        """Return the mean of a score over layers, each as often as there are networks."""
        rows = self._of(score, wanted)
        mean = (rows["value"] * rows["n_seeds"]).sum() / rows["n_seeds"].sum()
        return f"{mean:.{digits}f}"

    def directions(self, cell: str) -> float:
        """Return what the probe's directions do beyond random ones, where the probe is best.

        The mean over kinds of network, whose layers within .01 of the best probe are all the best.
        """
        kind, scores = ["task", "n_layers"], ["probe", "iia_probe", "iia_probe_random"]
        rows = having(self.rows, {"cell": cell, "counted": True})
        by = rows[rows["score"].isin(scores)].pivot(
            index=[*kind, "depth"], columns="score", values="value"
        )
        best = by[by["probe"] >= by.groupby(kind)["probe"].transform("max") - 0.01]
        beyond = best["iia_probe"] - best["iia_probe_random"]
        return float(beyond.groupby(kind).mean().mean())

    def together(self) -> pd.Series:
        """Return how often all layers together do what is asked, by task."""
        rows = self._of("iia_up_to", {})
        rows = rows[rows["depth"] == rows["n_layers"]]
        sums = rows.assign(sum=rows["value"] * rows["n_seeds"]).groupby("task", sort=False)
        return sums["sum"].sum() / sums["n_seeds"].sum()


def _line(kind: tuple, rows: pd.DataFrame) -> list[str]:
    task, cell, n_layers, depth, counted = kind
    scores = rows.set_index("score")
    right = "" if counted else f" (right at {scores['accuracy'].iloc[0]:.2f})"
    return [
        task, MODEL_NAMES[cell] + right, f"{depth} of {n_layers}", f"{scores['n_seeds'].max()}",
        *(with_ends(scores.loc[score]) for score in WITH_ENDS),
        *(f"{scores.loc[score, 'value']:.2f}" for score in ALONE),
    ]  # fmt: skip
