"""What the page of layers quotes of a kept run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from kept_tables import having, interval_of_mean, markdown, with_ends
from kept_words import bare

from markovlens.faithfulness.claims.claims import t_interval
from markovlens.figures.style import MODEL_NAMES
from markovlens.layers.claims import LEARNED, NETWORK, best_and_most, beyond, used_share

WITH_ENDS = {"probe": "read", "iia": "used"}
ALONE = {
    "probe_control": "control", "probe_untrained": "untrained", "iia_random": "random move",
    "iia_up_to": "with all below", "iia_from": "with all above",
    "iia_probe": "probe's directions", "iia_probe_random": "random ones",
}  # fmt: skip
HEAD = ("task", "network", "layer", "networks", *WITH_ENDS.values(), *ALONE.values())
READ, NOT_USED = 0.99, 0.05  # shares of steps: a layer that is a copy and nothing more
GROUP = ["task", "seed"]  # as the claims count
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

    def below_top(self, score: str, **wanted: object) -> pd.Series:
        """Return a score of all layers but the top ones."""
        return self._of(score, wanted).query("depth < n_layers")["value"]

    def top_used_most(self, **wanted: object) -> bool:
        """Return whether in every kind of network the top layer is the one that is used most."""
        rows = self._of("iia", wanted)
        most = rows.loc[rows.groupby(["task", "model"])["value"].idxmax()]
        return bool((most["depth"] == most["n_layers"]).all())

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


@dataclass(frozen=True)
class Single:
    """Kept scores of every layer of every network by itself.

    Attributes:
        rows: a row a task, model, seed, layer and score, of networks that count and others.
    """

    rows: pd.DataFrame

    @cached_property
    def _wide(self) -> pd.DataFrame:
        """Return the scores of networks that count, a row a layer and a column a score."""
        counted = self.rows[self.rows["accuracy"] >= LEARNED]
        by = [*NETWORK, "cell", "n_layers", "depth"]
        return counted.pivot(index=by, columns="score", values="value").reset_index()

    def _networks(self, **wanted: object) -> list[pd.DataFrame]:
        """Return the scores of each network that counts, a row a layer."""
        return [mine for _, mine in having(self._wide, wanted).groupby(NETWORK, sort=False)]

    def pointed(self) -> str:
        """Return in how many networks all layers that are read best are among the most used."""
        pairs = [best_and_most(layers) for layers in self._networks()]
        return f"{sum(bool(most[best].all()) for best, most in pairs)} of {len(pairs)}"

    @cached_property
    def _unused(self) -> pd.Series:
        """Return by network how much less is used than read where the probe is best."""
        by = ["task", "cell", "seed", "n_layers"]
        networks = self._networks()
        found = [(*layers[by].iloc[0], _unused(layers)) for layers in networks]
        return pd.DataFrame(found, columns=[*by, "unused"]).set_index(by)["unused"]

    def unused(self, n_layers: int) -> str:
        """Return the mean of that over tasks and seeds, with its interval, and the networks."""
        mine = self._unused.xs(n_layers, level="n_layers")
        return f"{interval_of_mean(mine.groupby(GROUP).mean())} ({len(mine)} networks)"

    def unused_of(self, task: str, cell: str, n_layers: int) -> str:
        """Return the mean of that over the networks of a kind."""
        return f"{self._unused.loc[task, cell, :, n_layers].mean():.2f}"

    def deeper(self) -> pd.Series:
        """Return how much more three layers leave unused than two, a row a pair of networks."""
        return (
            self._unused.xs(3, level="n_layers").sub(self._unused.xs(2, level="n_layers")).dropna()
        )

    def deeper_by(self) -> str:
        """Return the mean of that over tasks and seeds, with its interval."""
        return interval_of_mean(self.deeper().groupby(GROUP).mean())

    def deeper_clearly(self) -> bool:
        """Return whether the interval of that is above 0."""
        return t_interval(self.deeper().groupby(GROUP).mean().to_numpy())[0] > 0

    def deeper_against(self) -> list[tuple[str, str]]:
        """Return the tasks and cells of which three layers leave less unused on average."""
        mean = self.deeper().groupby(["task", "cell"]).mean()
        return sorted(mean[mean < 0].index)

    def most_used(self, cell: str) -> str:
        """Return the largest interchange effect of a layer alone."""
        return f"{having(self._wide, {'cell': cell})['iia'].max():.2f}"

    def _rights(self, task: str) -> pd.DataFrame:
        """Return how right each network is, and whether it counts."""
        rows = having(self.rows, {"task": task}).drop_duplicates(NETWORK)
        return rows.assign(counted=rows["accuracy"] >= LEARNED)

    def right(self, task: str, **wanted: object) -> str:
        """Return at how many of the steps the worst and the best network are right."""
        found = having(self._rights(task), wanted)["accuracy"]
        return " to ".join(dict.fromkeys((bare(found.min()), bare(found.max()))))

    def n_right(self, task: str) -> dict[tuple[int, bool], int]:
        """Return how many networks there are by number of layers, and by whether they count."""
        return self._rights(task).groupby(["n_layers", "counted"]).size().to_dict()

    def directions(self, cell: str) -> float:
        """Return what the probe's directions do beyond random ones, the mean of networks.

        Left out is S5: a probe of 120 states looks at the whole layer, and random directions do.
        """
        found = [
            (layers["iia_probe"] - layers["iia_probe_random"])[best_and_most(layers)[0]].mean()
            for task in self.rows["task"].unique()
            for layers in self._networks(cell=cell, task=task)
            if task != "s5"
        ]
        return sum(found) / len(found)

    def with_copies(self, task: str) -> pd.Series:
        """Return which networks have a layer that is read perfectly and used not at all."""
        return pd.Series(
            ((layers["probe"] >= READ) & (layers["iia"] <= NOT_USED)).any()
            for layers in self._networks(task=task)
        )

    def read_everywhere(self, task: str, cell: str) -> pd.Series:
        """Return which networks are read perfectly in all layers and used in the first alone."""
        return pd.Series(
            (layers["probe"] >= READ).all() and (layers["iia"].iloc[1:] <= NOT_USED).all()
            for layers in self._networks(task=task, cell=cell)
        )


def _unused(layers: pd.DataFrame) -> float:
    """Return what is read and not used, in the layer of the best probe."""
    readable = beyond(layers["probe"], layers["probe_control"])
    return float((readable - used_share(layers))[best_and_most(layers)[0]].mean())
