"""What the page of the published protocol quotes of a kept run."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown

METHODS = {
    "merging": "state merging",
    "overcluster": "over-clustering, minimised",
    "lstar": "L*",
    "kmeans": "k-means",
    "lisor_k": "LISOR-k",
    "hmm_input": "input-driven HMM",
}
AGREES, EXACT, RIGHT = "fidelity_string", "exact_language", "accuracy_string"


@dataclass(frozen=True)
class Protocol:
    """Kept numbers of networks that learned the Tomita languages.

    Attributes:
        rows: a row a network, its seed, method and score.
    """

    rows: pd.DataFrame

    @property
    def tasks(self) -> list[str]:
        """The languages, in their order."""
        return sorted(self.rows["task"].unique())

    def values(self, score: str, **wanted: object) -> pd.Series:
        """Return a score of machines, a row a network and method."""
        return having(self.rows, {"score": score, **wanted})["value"]

    def exact(self, *methods: str) -> pd.Series:
        """Return whether machines are exactly the minimal automaton, of each network and method."""
        return self.values(EXACT, method=[*methods]) == 1

    def right(self) -> pd.Series:
        """Return on which share of its test strings each network is right."""
        return self.values(RIGHT, method="network")

    def table(self, *below: str) -> str:
        """Return a line a method, a column a language, and lines that others wrote below."""
        what = "% of strings decided as the RNN does (networks exact)"
        head = [what, *(f"T{task.rpartition('_')[2]}" for task in self.tasks)]
        lines = [
            [name, *(self._cell(task, method) for task in self.tasks)]
            for method, name in METHODS.items()
        ]
        return "\n".join([markdown([head, *lines]), *below])

    def _cell(self, task: str, method: str) -> str:
        """Return mean and standard deviation over networks, and how many machines are exact."""
        shares = 100 * self.values(AGREES, task=task, method=method)
        spread = f" ± {shares.std():.1f}" if shares.std() > 0 else ""
        of = self.values(RIGHT, task=task, method="network")
        exact = self.exact_of(task, method).sum()
        return f"{shares.mean():.1f}{spread} ({exact}/{len(of)})"

    def exact_of(self, task: str, method: str) -> pd.Series:
        """Return of each network of a language whether a method's machine is exact."""
        return self.values(EXACT, task=task, method=method) == 1
