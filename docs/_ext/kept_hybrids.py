"""What the page of hybrids quotes of a kept run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pandas as pd
from kept_tables import having, markdown, only, with_ends

# What the claims go by: of tasks that foretell symbols the first, of decisions the second.
FAITHFUL = {True: "explained_divergence", False: "balanced_agreement"}
NAMES = {
    ("lstm", "whole"): "LSTM",
    ("lstm", "machine"): "its machine, read off afterwards",
    ("hybrid_first", "whole"): "hybrid, HMM first",
    ("hybrid_first", "hmm_anew"): "its HMM, read anew",
    ("hybrid_first", "hmm"): "its HMM, own output layer",
    ("hybrid_joint", "whole"): "hybrid, trained together",
    ("hybrid_joint", "hmm_anew"): "its HMM, read anew",
    ("hybrid_joint", "hmm"): "its HMM, own output layer",
    ("hmm", "whole"): "HMM alone",
    ("bayes", "whole"): "exact filter",
}
HEAD = (
    "task", "model or part", "parameters", "nats an answer", "accuracy",
    "divergence explained", "balanced agreement",
)  # fmt: skip


@dataclass(frozen=True)
class Hybrids:
    """Kept scores of models and of the parts of them that can be read.

    Attributes:
        rows: a row a task, model, part and measure.
    """

    rows: pd.DataFrame

    def listed(self) -> str:
        """Return a line for each model and part: nats, accuracy and how faithful it is."""
        return markdown([HEAD, *self._lines()])

    def _lines(self) -> Iterator[list[str]]:
        for kind, rows in self.rows.groupby(["task", "variant", "part"], sort=False):
            task, *place = kind
            if tuple(place) in NAMES:
                yield [str(task), NAMES[tuple(place)], *_numbers(rows)]

    def value(self, task: str, variant: str, part: str, measure: str) -> float:
        """Return a measure of a part."""
        at = {"task": task, "variant": variant, "part": part, "measure": measure}
        return float(only(self.rows, at)["value"])

    def says(self, task: str, variant: str, part: str) -> float:
        """Return how much a part says of its whole, by the measure of its task."""
        foretells = bool(having(self.rows, {"task": task})["foretells"].iloc[0])
        return self.value(task, variant, part, FAITHFUL[foretells])

    def accuracy(self, task: str, variant: str) -> str:
        """Return the accuracy of a whole model."""
        return f"{self.value(task, variant, 'whole', 'accuracy'):.3f}"

    def from_the_filter(self, tasks: list[str]) -> float:
        """Return how far a whole model is from the exact filter at most: nats, or accuracy."""
        models = ("lstm", "hybrid_first", "hybrid_joint", "hmm")
        places = product(tasks, models, ("loss", "accuracy"))
        return max(
            abs(
                self.value(task, model, "whole", measure)
                - self.value(task, "bayes", "whole", measure)
            )
            for task, model, measure in places
        )

    def least(self, tasks: list[str], part: str) -> float:
        """Return the least of what a part of both hybrids says of the whole."""
        return min(self._parts(tasks, part))

    def most(self, tasks: list[str], part: str) -> float:
        """Return the largest of what a part of both hybrids says of the whole."""
        return max(self._parts(tasks, part))

    def range(self, tasks: list[str], part: str) -> str:
        """Return the least and the largest of what a part of both hybrids says of the whole."""
        return f"{self.least(tasks, part):.3f} to {self.most(tasks, part):.3f}"

    def _parts(self, tasks: list[str], part: str) -> list[float]:
        kinds = ("hybrid_first", "hybrid_joint")
        return [self.says(task, kind, part) for task in tasks for kind in kinds]


def _numbers(rows: pd.DataFrame) -> Iterator[str]:
    by = {row["measure"]: with_ends(row, 3) for _, row in rows.iterrows()}
    count = rows["n_parameters"].iloc[0]
    yield f"{count:.0f}" if rows["part"].iloc[0] == "whole" and pd.notna(count) else ""
    yield from (by[measure] for measure in ("loss", "accuracy"))
    yield from (by.get(measure, "") for measure in FAITHFUL.values())
