"""What the page of attention quotes of a kept run."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown, only, with_ends

NAMES = {
    "attention": "attention weights",
    "machine": "need, by the machine",
    "machine_steps": "moves of the machine",
    "occlusion": "occlusion",
    "integrated_gradients": "integrated gradients",
    "random": "random",
    "truth": "planted truth",
}

PLANTED = ("contains_0110", "keywords", "keywords_negated")  # tasks whose evidence is known


@dataclass(frozen=True)
class Attention:
    """Kept scores of explanations.

    Attributes:
        rows: a row a task, network, explanation and measure.
    """

    rows: pd.DataFrame

    def listed(self, measure: str, *left_out: str) -> str:
        """Return a line for each explanation of networks with attention: a measure by task."""
        rows = having(self.rows, {"network": "attention", "measure": measure})
        tasks = list(dict.fromkeys(rows["task"]))
        names = {key: name for key, name in NAMES.items() if key not in left_out}
        head = ("explanation", *(f"`{task}`" for task in tasks))
        cells = {(row["explanation"], row["task"]): with_ends(row) for _, row in rows.iterrows()}
        lines = (
            (name, *(cells.get((key, at), "-") for at in tasks)) for key, name in names.items()
        )
        return markdown([head, *lines])

    def row(self, task: str, explanation: str, measure: str) -> pd.Series:
        """Return a measure of an explanation of the networks with attention."""
        return only(self.rows, {
            "task": task, "explanation": explanation, "measure": measure, "network": "attention",
        })  # fmt: skip

    def value(self, task: str, explanation: str, measure: str) -> float:
        """Return a measure of an explanation of the networks with attention."""
        return float(self.row(task, explanation, measure)["value"])

    def said(self, task: str, explanation: str, measure: str) -> str:
        """Return a measure with its interval."""
        return with_ends(self.row(task, explanation, measure))

    def most_but_truth(self, task: str, measure: str) -> float:
        """Return the largest value of a measure over explanations, the planted truth left out."""
        rows = having(self.rows, {"network": "attention", "task": task, "measure": measure})
        return float(rows.loc[rows["explanation"] != "truth", "value"].max())

    def agreement(self, task: str) -> float:
        """Return how often the machine of a network with attention answers as it does."""
        return float(self.row(task, "machine", "gap")["agreement"])

    def states(self, task: str) -> str:
        """Return the least and the largest number of states of the machines of a task."""
        row = self.row(task, "machine", "gap")
        ends = (f"{row[f'n_states_{end}']:.0f}" for end in ("low", "high"))
        return " to ".join(dict.fromkeys(ends))

    def within(self, task: str, one: str, other: str, measure: str, apart: float) -> bool:
        """Return whether two explanations are no further apart than that."""
        return abs(self.value(task, one, measure) - self.value(task, other, measure)) <= apart

    def pairs(self, measure: str, one: str, other: str) -> str:
        """Return a measure of two explanations on each task with a planted truth."""
        values = (
            f"{self.value(at, one, measure):.2f} and {self.value(at, other, measure):.2f}"
            for at in PLANTED
        )
        return "; ".join(values)

    def behind_occlusion(self, measure: str) -> list[float]:
        """Return by how much occlusion exceeds the machine on each task with a planted truth."""
        return [
            self.value(at, "occlusion", measure) - self.value(at, "machine", measure)
            for at in PLANTED
        ]

    def far_better(self, task: str, measure: str, apart: float) -> bool:
        """Return whether explanations that ask the network exceed its machine by that much."""
        asking = (self.value(task, one, measure) for one in ("occlusion", "integrated_gradients"))
        return min(asking) - self.value(task, "machine", measure) > apart

    def attention_is_least(self, measure: str) -> bool:
        """Return whether attention has the lowest mean over tasks of all that is not random."""
        rows = having(self.rows, {"network": "attention", "measure": measure})
        means = rows.groupby("explanation")["value"].mean()
        return means.drop("random").idxmin() == "attention"
