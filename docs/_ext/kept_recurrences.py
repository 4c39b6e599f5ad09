"""What the page of recurrences quotes: how right networks are by length, and their machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from kept_tables import having, least_to_most, markdown
from kept_words import share

from markovlens.faithfulness.claims.recurrences import KIND_OF
from markovlens.figures.style import MODEL_NAMES

HELD = 0.99  # of the longest strings
NETWORK = ["task", "cell", "seed"]
MACHINES = {
    "fidelity": "fidelity",
    "fidelity_long": "as the network at 100",
    "machine_accuracy_long": "right at 100",
}


@dataclass(frozen=True)
class Recurrences:
    """Kept accuracies and machines.

    Attributes:
        rows: a row a network and length of strings.
        machines: a row a network and method.
    """

    rows: pd.DataFrame
    machines: pd.DataFrame

    @cached_property
    def _all(self) -> pd.DataFrame:
        return self.rows.assign(kind=self.rows["cell"].map(KIND_OF))

    def networks(self, **wanted: object) -> pd.DataFrame:
        """Return a row a network."""
        return having(self._all, wanted).drop_duplicates(NETWORK)

    def n_learned(self, **wanted: object) -> int:
        """Return how many networks are right on all validation strings."""
        return int(self.networks(**wanted)["learned"].sum())

    def minutes(self) -> float:
        """Return the processor minutes of all trainings."""
        return float(self.networks()["seconds"].sum() / 60)

    def right(self, length: int, **wanted: object) -> pd.Series:
        """Return how right each kind of cell is, over the strings of all its networks."""
        rows = having(self._all, {"length": length, **wanted})
        sums = (rows["accuracy"] * rows["n"]).groupby([rows["task"], rows["cell"]]).sum()
        return sums / rows.groupby(["task", "cell"])["n"].sum()

    def span(self, length: int, **wanted: object) -> str:
        """Return how right the worst and the best kind of cell are: `0.12 to 0.38`."""
        return least_to_most(self.right(length, **wanted))

    def listed(self) -> str:
        """Return a line for each kind of network: accuracy by length, all seeds together."""
        head = ("task", "cell", "kind", "learned", *map(str, self.lengths()), "processor s")
        kinds = self.rows.groupby(["task", "cell"], sort=False)
        return markdown([head, *(_line(*names, rows) for names, rows in kinds)])

    def lengths(self) -> list[int]:
        """Return the lengths of strings."""
        return sorted(self.rows["length"].unique())

    def machines_of(self, method: str, **wanted: object) -> pd.DataFrame:
        """Return the machines that a method made."""
        rows = self.machines.assign(kind=self.machines["cell"].map(KIND_OF))
        return having(rows, {"method": method, **wanted})

    def n_exact(self, method: str, **wanted: object) -> int:
        """Return how many of a method's machines are the true automaton."""
        return int((self.machines_of(method, **wanted)["exact_language"] == 1).sum())

    def exact_if_held(self, method: str, held: bool, **wanted: object) -> pd.Series:
        """Return whether machines are the true automaton, of networks that hold their language.

        Args:
            method: that made the machines.
            held: whether the network is right on more than `HELD` of the longest strings.
            wanted: values of columns.
        """
        longest = having(self._all, {"length": self.lengths()[-1], **wanted})
        mine = longest[(longest["accuracy"] > HELD) == held][NETWORK]
        rows = self.machines_of(method, **wanted).merge(mine, on=NETWORK)
        return rows["exact_language"] == 1

    def of_machines(self, column: str, method: str, **wanted: object) -> str:
        """Return the least and the largest value of a column over a method's machines."""
        return least_to_most(self.machines_of(method, **wanted)[column])

    def machines_listed(self) -> str:
        """Return a line for each method and kind of network, all seeds together."""
        head = ("task", "cell", "method", "machines", "states", "exact", *MACHINES.values())
        return markdown([head, *self._machine_lines()])

    def _machine_lines(self) -> Iterator[list[str]]:
        for names, rows in self.machines.groupby(["task", "cell", "method"], sort=False):
            task, cell, method = map(str, names)
            made = rows.dropna(subset="n_states")
            yield [
                task, MODEL_NAMES[cell], method, f"{len(made)} of {len(rows)}",
                least_to_most(made["n_states"], ".0f"),
                f"{(made['exact_language'] == 1).sum()} of {len(rows)}",
                *(least_to_most(made[column]) for column in MACHINES),
            ]  # fmt: skip


def _line(task: str, cell: str, rows: pd.DataFrame) -> list[str]:
    seeds = rows.drop_duplicates("seed")
    return [
        task, MODEL_NAMES[cell], KIND_OF[cell], f"{seeds['learned'].sum()} of {len(seeds)}",
        *(_pooled(one) for _, one in rows.groupby("length")), f"{seeds['seconds'].mean():.0f}",
    ]  # fmt: skip


def _pooled(rows: pd.DataFrame) -> str:
    """Return the accuracy over all strings of some networks, with its interval."""
    return share((rows["accuracy"] * rows["n"]).sum(), int(rows["n"].sum()))
