"""What the page of fixed points quotes of networks that were searched region by region."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_tables import having, interval_of_mean, markdown
from kept_words import bare, wilson

ROOTS, REGIONS = "root finder", "regions"
KEY = ["task", "model", "seed"]
HEAD = (
    "source", "model", "attracting rays (+ cycles of 2), by seed", "saddle rays", "largest factor",
    "fixed points, {} noise vectors a network", "root finder missed, {} starts", "regions missed",
    "cycles of 2, 3", "vectors: no attractor found", "several",
    "kicks that change the fate: kick-zone", "cluster",
)  # fmt: skip


@dataclass(frozen=True)
class Regions:
    """Kept numbers of linear regions and basins, a row a network, measure and place.

    Attributes:
        rows: task, model, loss, seed, measure, where, rank, symbol, step, value, n.
    """

    rows: pd.DataFrame

    def _of(self, measure: str, where: str, **wanted: object) -> pd.DataFrame:
        return having(self.rows, {"measure": measure, "where": where, **wanted})

    def networks(self, **wanted: object) -> pd.DataFrame:
        """Return a row a network."""
        return having(self.rows, wanted)[[*KEY, "loss"]].drop_duplicates()

    def total(self, measure: str, where: str, **wanted: object) -> int:
        """Return a count over networks; what is a mean over noise vectors is summed over them."""
        rows = self._of(measure, where, **wanted)
        held = measure.startswith("held")
        return round((rows["value"] * (rows["n"] if held else 1)).sum())

    def cycles(self, **wanted: object) -> int:
        """Return the cycles of two or more points under held noise."""
        rows = having(self.rows, {"measure": "held_cycles", **wanted})
        rows = rows[rows["rank"] > 1]
        return round((rows["value"] * rows["n"]).sum())

    def n_vectors(self, **wanted: object) -> int:
        """Return the noise vectors that were held."""
        return int(self._of("held_points", REGIONS, **wanted)["n"].sum())

    def starts(self) -> list[int]:
        """Return from how many states root finding began, each that was tried."""
        return sorted(self._of("missed", ROOTS)["rank"].dropna().astype(int).unique())

    def _known(self, **wanted: object) -> pd.Series:
        """Return the fixed points under held noise that either search found, by network."""
        found = self._of("held_points", REGIONS, **wanted).set_index(KEY)
        missed = self._of("missed", REGIONS, **wanted).set_index(KEY)["value"]
        return (found["value"] * found["n"] / (1 - missed)).round()

    def points(self, **wanted: object) -> int:
        """Return the fixed points under held noise that either search found."""
        return int(self._known(**wanted).sum())

    def _missed(self, where: str, starts: int | None = None, **wanted: object) -> pd.Series:
        at = wanted if starts is None else {"rank": starts, **wanted}
        shares = self._of("missed", where, **at).set_index(KEY)["value"]
        return (shares * self._known(**wanted)).dropna().round()

    def missed(self, where: str, starts: int | None = None, **wanted: object) -> int:
        """Return the fixed points under held noise that a search missed."""
        return int(self._missed(where, starts, **wanted).sum())

    def root_finding_misses(self, starts: int) -> str:
        """Return by how much larger a share root finding misses, over sources and seeds."""
        ours, theirs = (
            self._of("missed", where, **at).set_index(KEY)["value"]
            for where, at in ((ROOTS, {"rank": starts}), (REGIONS, {}))
        )
        return interval_of_mean((ours - theirs).groupby(["task", "seed"]).mean(), 3)

    def missing(self, where: str, starts: int | None = None) -> int:
        """Return on how many networks a search missed some."""
        return int((self._missed(where, starts) > 0).sum())

    def largest_factors(self) -> pd.Series:
        """Return the largest factor of a ray, by network."""
        return self._of("ray_factor", "largest").set_index(KEY)["value"]

    def without_attracting_ray(self) -> int:
        """Return in how many networks no ray, nor cycle of rays, was found to attract."""
        return int((self._of("rays", "attractor").groupby(KEY)["value"].sum() == 0).sum())

    def share(self, where: str) -> str:
        """Return the percentage of noise vectors that pull so."""
        return f"{100 * self.total('held_with', where) / self.n_vectors():.0f} %"

    def middle(self, measure: str, where: str, digits: int = 2, **wanted: object) -> str:
        """Return the median of a measure over networks."""
        rows = self._of(measure, where, **wanted)
        return f"{rows['value'].median():.{digits}f}"

    def still_apart(self, step: int, average: str = "median", **wanted: object) -> str:
        """Return the share of pairs that the same noise leaves apart, averaged over networks."""
        rows = self._of("apart", "same noise", step=step, **wanted)
        return f"{100 * getattr(rows['value'], average)():.0f} %"

    def _fates(self) -> pd.Series:
        return self._of("fate_share", "symbol").groupby(KEY).size()

    def n_with_one_fate(self) -> int:
        """Return the networks all states of which have one fate."""
        return int((self._fates() == 1).sum())

    def _several(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of networks with several fates; all of what is not about fates."""
        if not (rows["measure"] == "kicks_that_cross").any():
            return rows
        fates = self._fates().reindex(pd.MultiIndex.from_frame(rows[KEY]))
        return rows[(fates > 1).to_numpy()]

    def kicks(self) -> pd.Series:
        """Return by how much more often kicks change fates in the kick-zone, by network."""
        zone, cluster = (
            self._several(self._of("kicks_that_cross", where)).set_index(KEY)["value"]
            for where in ("kick-zone", "cluster")
        )
        return (zone - cluster).dropna()

    def kicks_more(self) -> str:
        """Return the mean of that, with Student's interval over sources and seeds."""
        return interval_of_mean(self.kicks().groupby(["task", "seed"]).mean(), 3)

    def less(self) -> str:
        """Return 1 less the largest factor of a network, the mean and its interval likewise."""
        rows = self._of("ray_factor", "largest")
        return interval_of_mean(1 - rows.groupby(["task", "seed"])["value"].mean(), 3)

    def crossings(self) -> pd.Series:
        """Return how often a segment from one fate to another changes fate, by network."""
        return self._of("boundary_changes", "segment")["value"]

    def listed(self) -> str:
        """Return a line for each source and loss."""
        vectors, starts = self.n_vectors() // len(self.networks()), self.starts()[0]
        head = [name.format(vectors if "vectors" in name else starts) for name in HEAD]
        kinds = self.networks()[["task", "model"]].drop_duplicates()
        return markdown([head, *(self._line(*kind) for kind in kinds.itertuples(index=False))])

    def _line(self, task: str, model: str) -> list[str]:
        at = {"task": task, "model": model}
        numbers = (
            self.points(**at), self.missed(ROOTS, self.starts()[0], **at),
            self.missed(REGIONS, **at), self.cycles(**at),
            self.total("held_with", "no attractor", **at),
            self.total("held_with", "several attractors", **at),
        )  # fmt: skip
        rays = [self._rays("attractor", rank, at) for rank in (1, 2)]
        return [
            task, model, " + ".join(one for one in rays if set(one) - set("0 ")),
            self._rays("saddle", 1, at), self._spread("ray_factor", "largest", at),
            *map(str, numbers),
            *(self._spread("kicks_that_cross", where, at) for where in ("kick-zone", "cluster")),
        ]  # fmt: skip

    def _rays(self, kind: str, rank: int, at: dict[str, object]) -> str:
        counts = self._of("rays", kind, rank=rank, **at).set_index("seed")["value"]
        seeds = sorted(self.networks(**at)["seed"])
        return " ".join(f"{counts.get(seed, 0):.0f}" for seed in seeds)

    def _spread(self, measure: str, where: str, at: dict[str, object]) -> str:
        values = self._several(self._of(measure, where, **at))["value"]
        ends = f" ({values.min():.2f} to {values.max():.2f})" if len(values) > 1 else ""
        return f"{values.median():.2f}{ends}" if len(values) else "–"


CHANCE = 0.5  # balanced over two answers
METHODS = {
    ("regions", "closed"): "regions",
    ("kmeans", "closed"): "kmeans",
    ("kmeans", "lumped"): "the same, states joined",
    ("overcluster", "closed"): "overcluster",
    ("lstar", "closed"): "lstar",
}


@dataclass(frozen=True)
class Machines:
    """Kept scores of machines of rectified networks, a row a network, method and score.

    Attributes:
        rows: task, model, seed, method, mode, score, n_states, value.
    """

    rows: pd.DataFrame

    def _of(self, score: str, **wanted: object) -> pd.DataFrame:
        return having(self.rows, {"score": score, **wanted}).sort_values("seed")

    def exact(self, method: str, mode: str = "closed", **wanted: object) -> pd.Series:
        """Return of which networks the machine is the exact automaton."""
        rows = self._of("exact_language", method=method, mode=mode, **wanted)
        return rows["value"] == 1

    def missed(self, method: str) -> list[tuple[str, int]]:
        """Return task and seed of the networks of which the machine is not the exact automaton."""
        rows = self._of("exact_language", method=method, mode="closed")
        missed = rows[rows["value"] != 1]
        return sorted(zip(missed["task"], missed["seed"], strict=True))

    def blind(self, method: str, task: str) -> int:
        """Return on how many networks a machine agrees no better than by always the same answer."""
        rows = self._of("balanced_fidelity_string", method=method, mode="closed", task=task)
        return int((rows["value"] <= CHANCE).sum())

    def share_exact(self, method: str) -> str:
        """Return Wilson's interval of the share of networks."""
        return wilson(self.exact(method))

    def listed(self, minimal: dict[str, int]) -> str:
        """Return a line for each language: balanced agreement and states of each seed."""
        lines = (
            (f"{task} ({states} states)", *(self._cell(task, *key) for key in METHODS))
            for task, states in minimal.items()
        )
        return markdown([("language", *METHODS.values()), *lines])

    def _cell(self, task: str, method: str, mode: str) -> str:
        rows = self._of("balanced_fidelity_string", task=task, method=method, mode=mode)
        values = ", ".join(bare(value, 3) for value in rows["value"])
        states = ", ".join(map(str, rows["n_states"]))
        return values if mode == "lumped" else f"{values} ({states})"
