"""What the page of emulating networks quotes of a kept run."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_claims import estimate
from kept_tables import having, interval_of_mean, markdown, only

from markovlens.dynamics.claims import AUTHORS_LOSSES

TRANSITIONS, ALL = "common symbols", "all"
HEAD = (
    "source", "model", "passed", "error of symbol transitions (the source itself)",
    "changes of symbol, relative", "runs that turn one way", "turns per switch",
    "HMM of hidden states names the source's state (ceiling)",
)  # fmt: skip
SOURCES = ("chain_2", "chain_3", "chain_4", "chain_5", "full_3", "cycle_4")


@dataclass(frozen=True)
class Emulators:
    """Kept numbers of the networks, and effects of the claims.

    Attributes:
        numbers: a row a network, analysis, measure and place.
        effects: of each claim by source, `of` all networks, a loss or a model.
    """

    numbers: pd.DataFrame
    effects: pd.DataFrame

    def networks(self, **wanted: str) -> pd.DataFrame:
        """Return a row a network that writes."""
        rows = having(self.numbers[self.numbers["analysis"] != "beliefs"], wanted)
        return rows[["task", "model", "loss", "seed", "gate"]].drop_duplicates()

    def passed(self, **wanted: str) -> str:
        """Return how many networks of a model, loss or task passed their gate: "12 of 15"."""
        gates = self.networks(**wanted)["gate"]
        return f"{(gates == 'passed').sum()} of {len(gates)}"

    def values(self, measure: str, where: str, **wanted: str) -> pd.Series:
        """Return a measure of the networks that passed their gate."""
        rows = having(self.numbers[self.numbers["gate"] == "passed"], wanted)
        return rows.loc[(rows["measure"] == measure) & (rows["where"] == where), "value"].dropna()

    def middle(self, measure: str, where: str, digits: int = 2, **wanted: str) -> str:
        """Return the median of a measure over networks that passed their gate, "–" of none."""
        values = self.values(measure, where, **wanted)
        return f"{values.median():.{digits}f}" if len(values) else "–"

    def falling(self, measure: str, where: str, models: list[str], **wanted: str) -> bool:
        """Return whether the median of a measure falls from each of some models to the next."""
        found = [self.values(measure, where, model=model, **wanted).median() for model in models]
        return found == sorted(set(found), reverse=True)

    def of_ceiling(self, tasks: list[str]) -> pd.Series:
        """Return how often states are named right, as a share of the ceiling, by network."""
        named, most = (
            having(self.numbers, {"measure": measure, "where": where, "task": tasks})
            .query("gate == 'passed'")
            .set_index(["task", "model", "seed"])["value"]
            for measure, where in (("state_accuracy", "source"), ("state_accuracy_ceiling", ALL))
        )
        return named / most

    def range(self, measure: str, where: str, **wanted: str) -> str:
        """Return the least and the largest of a measure: "0.03 to 3.35"."""
        values = self.values(measure, where, **wanted)
        return f"{values.min():.2f} to {values.max():.2f}"

    def table(self) -> str:
        """Return one line a source and model: medians over seeds."""
        found = set(self.networks()[["task", "model"]].itertuples(index=False, name=None))
        lines = [
            self._line(task, model)
            for task in SOURCES
            for model in sorted(model for one, model in found if one == task)
        ]
        return markdown([HEAD, *lines])

    def _line(self, task: str, model: str) -> tuple[str, ...]:
        at = {"task": task, "model": model}
        floor = self.middle("transition_error_floor", TRANSITIONS, 3, **at)
        ceiling = self.middle("state_accuracy_ceiling", ALL, **at)
        return (
            task,
            model,
            self.passed(**at),
            f"{self.middle('transition_error', TRANSITIONS, 3, **at)} ({floor})",
            self.middle("volatility_ratio", ALL, **at),
            self.middle("sign_share", "run", **at),
            self.middle("turns_per_switch", "run", **at),
            f"{self.middle('state_accuracy', 'source', **at)} ({ceiling})",
        )

    def effects_table(self, *columns: str) -> str:
        """Return one line a claim: its effect by all networks of some losses or models alone."""
        named = (
            ("claim", *columns),
            *(
                (f"`{claim}`", *(self.effect(claim, of=column) for column in columns))
                for claim in dict.fromkeys(self.effects["claim"])
                if set(self.effects.loc[self.effects["claim"] == claim, "of"]) & set(columns)
            ),
        )
        return markdown([*named])

    def effect(self, claim: str, task: str = ALL, of: str = ALL) -> str:
        """Return the effect of a claim on a source by some networks, with its groups."""
        rows = having(self.effects, {"claim": claim, "task": task, "of": of})
        if rows.empty:
            return "–"
        row = only(rows, {})
        return f"{estimate(row)} ({row['n_clusters']})"

    def between(self, measure: str, where: str, one: str, other: str) -> str:
        """Return the mean difference of a measure between two models, of a task and seed each."""
        rows = self.numbers[(self.numbers["gate"] == "passed") & (self.numbers["where"] == where)]
        rows = rows[(rows["measure"] == measure) & rows["model"].isin([one, other])]
        pairs = rows.pivot(index=["task", "seed"], columns="model", values="value")
        pairs = pairs.reindex(columns=[one, other]).dropna()
        return f"{interval_of_mean(pairs[one] - pairs[other])}, {len(pairs)} pairs"

    def _emergence(self) -> pd.DataFrame:
        """Return when things first happen in the training of each network that claims are about."""
        rows = self.numbers[self.numbers["gate"] == "passed"]
        rows = rows[(rows["measure"] == "bifurcation") & rows["loss"].isin(AUTHORS_LOSSES)]
        return rows.pivot(index=["task", "model", "seed"], columns="where", values="value")

    def without_fall(self) -> str:
        """Return on how many networks switching never falls from one checkpoint to the next."""
        falls = self._emergence()["switching"]
        return f"{falls.isna().sum()} of {len(falls)}"

    def emergence_with_fall(self) -> str:
        """Return the effect of the claim on a bifurcation by the networks that have a fall."""
        steps = self._emergence().dropna(subset="switching")
        holds = (steps["critical"] <= steps["switching"]) * 2.0 - 1
        groups = holds.groupby(["task", "seed"]).mean()
        return f"{interval_of_mean(groups)} on {len(groups)} groups"
