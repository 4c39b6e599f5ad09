"""What the page of attractors quotes of a kept run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from kept_tables import having, interval_of_mean, least_to_most, markdown

from markovlens.tasks.attractors import BITS, PULSE

KEY = ["model", "seed"]
CELLS = {"srn": "simple", "gru": "GRU"}
POINTS = ("unstable_0", "unstable_1", "unstable_2", "unstable_3")
SAID_OF_POINTS = (
    "", "stable", "one way out", "two", "three or more", "edges of the cube with a saddle",
)  # fmt: skip
PUBLISHED = ("published", "8", "12", "", "", "12")
BY_CONTEXT = {
    "moved": "it moves the state (spreads for a unit)",
    "along": "cosine with the selection vector",
    "kept": "log odds of the answer, 30 steps after a pulse of 1",
}


@dataclass(frozen=True)
class Attractors:
    """Kept numbers of fixed points beside states, a row a network and measure.

    Attributes:
        rows: task, model, seed, measure, where, method, selection, n_states, value.
    """

    rows: pd.DataFrame

    def pulses(self, n_channels: int = BITS) -> float:
        """Return the share of the steps with pulses on so many channels at once."""
        return PULSE**n_channels

    def values(self, measure: str, **wanted: object) -> pd.Series:
        """Return a measure of the networks, by model and seed."""
        rows = having(self.rows, {"measure": measure, **wanted})
        return rows.set_index(KEY)["value"]

    def mean(self, measure: str, digits: int = 2, **wanted: object) -> str:
        """Return the mean of a measure over networks."""
        return f"{self.values(measure, **wanted).mean():.{digits}f}"

    def span(self, measure: str, digits: int = 2, **wanted: object) -> str:
        """Return the least and the largest value of a measure over networks."""
        return least_to_most(self.values(measure, **wanted), f".{digits}f")

    def span_of_means(self, measure: str, digits: int = 2, **wanted: object) -> str:
        """Return the least and the largest mean over both contexts."""
        return least_to_most(self._over_contexts(measure, **wanted), f".{digits}f")

    def _over_contexts(self, measure: str, **wanted: object) -> pd.Series:
        return self.values(measure, **wanted).groupby(KEY).mean()

    def as_a_cube(self, off: float) -> bool:
        """Return whether memories two and three bits apart lie √2 and √3 times as far as one.

        Args:
            off: by what share of that they may be off.
        """
        one, *further = (self.values("distance", where=f"bits_{n}").mean() for n in (1, 2, 3))
        return all(
            abs(far / one / n**0.5 - 1) < off for n, far in zip((2, 3), further, strict=True)
        )

    def sizes(self, measure: str, method: str) -> list[int]:
        """Return how many states a method chose, the networks for which this is measured."""
        rows = having(self.rows, {"measure": measure, "method": method, "selection": "chosen"})
        return sorted(rows["n_states"].astype(int).unique())

    def points(self) -> str:
        """Return a line for the networks with the same numbers of fixed points, most first."""
        found = having(self.rows, {"measure": "points"})
        counts = found.pivot_table(index=KEY, columns="where", values="value")[[*POINTS]]
        counts = counts.fillna(0).astype(int).assign(edges=self.values("edges").astype(int))
        kinds = sorted(counts.groupby([*counts.columns]), key=lambda kind: -len(kind[1]))
        lines = ((_named(rows.index, len(counts)), *map(str, kind)) for kind, rows in kinds)
        return markdown([SAID_OF_POINTS, PUBLISHED, *lines])

    def by_context(self) -> str:
        """Return a line for each measure and cell: evidence that counts, the other, difference."""
        head = ("", "", "evidence that counts", "the other", "difference")
        return markdown([head, *self._context_lines()])

    def _context_lines(self) -> Iterator[tuple[str, ...]]:
        for measure, words in BY_CONTEXT.items():
            for model, cell in CELLS.items():
                counts, other = (
                    self._over_contexts(f"{measure}_{which}", model=model)
                    for which in ("counts", "other")
                )
                means = (f"{counts.mean():.2f}", f"{other.mean():.2f}")
                first = words if model == next(iter(CELLS)) else ""
                yield first, cell, *means, interval_of_mean(counts - other)

    def known(self) -> str:
        """Return a line for each cell and method: what machines of each size know of the sum."""
        rows = having(self.rows, {"measure": "evidence_known"})
        sizes = sorted(rows["n_states"].astype(int).unique())
        kinds = [(model, method) for model in CELLS for method in ("hmm", "kmeans")]
        names = {"hmm": "HMM", "kmeans": "k-means"}
        lines = (
            (CELLS[model], names[method], *(self._known(model, method, size) for size in sizes))
            for model, method in kinds
        )
        return markdown([("cell", "states of", *map(str, sizes)), *lines])

    def known_rises(self) -> bool:
        """Return whether machines with more states know more of the sum, in every cell."""
        rows = having(self.rows, {"measure": "evidence_known"})
        means = rows.pivot_table(index=["model", "method"], columns="n_states", values="value")
        return bool((means.diff(axis=1).iloc[:, 1:] > 0).all(axis=None))

    def _known(self, model: str, method: str, size: int) -> str:
        return self.mean("evidence_known", model=model, method=method, n_states=size)


def _named(networks: pd.MultiIndex, n_all: int) -> str:
    """Return how many networks there are, or which one it is."""
    if len(networks) > 1:
        return f"{len(networks)} of {n_all} networks"
    model, seed = networks[0]
    return f"{CELLS[model]}, seed {seed}"
