"""What the page of real recordings quotes of a kept run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from kept_tables import having, least_to_most, only
from kept_words import bare, ends, in_words

from markovlens.faithfulness.scores.digest import accuracy_of, measure_of
from markovlens.outputs import MEASURE_OF
from markovlens.tasks.base import SPLITS

METHODS = ("ngram", "hmm_input", "kmeans", "lisor_k", "overcluster", "lstar")
AUTOMATA = METHODS[3:]
FLOORS = ("ngram", "majority", "mean", "last_value", "linear")
REFUSED = "not finite-state at this budget"
OPEN = "open"


@dataclass(frozen=True)
class Real:
    """Kept numbers of networks that read real channels.

    Attributes:
        scores: what chosen machines are worth over seeds, and how well networks do their tasks.
        seeds: the same of each seed, machines run alone.
        verdicts: on networks and on each of their seeds.
        splits: sequences, steps and what is asked of each task and split.
        missing: at how many steps a channel has no value.
        codebooks: what reads the rows of each network.
        counterfactuals: how often the network of speech confirms the edits that turn its machines.
        refusals: why a method gave no machine of a seed.
    """

    scores: pd.DataFrame
    seeds: pd.DataFrame
    verdicts: pd.DataFrame
    splits: pd.DataFrame
    missing: pd.DataFrame
    codebooks: pd.DataFrame
    counterfactuals: pd.DataFrame
    refusals: pd.DataFrame

    def row(self, task: str, model: str, method: str, *, of_target: bool = False) -> pd.Series:
        """Return what a machine that runs alone, or a floor, is worth over seeds.

        Args:
            task, model, method: of which network and machine.
            of_target: of networks that answer with values, by what is asked of the network.
        """
        rows = self._of(task, model)
        names = set(rows["score"])
        score = accuracy_of(names) if of_target else measure_of(names)
        rows = rows[rows["mode"] != OPEN]
        return only(rows, {"method": method, "score": score})

    def _of(self, task: str, model: str) -> pd.DataFrame:
        return having(self.scores, {"task": task, "model": model})

    def of_seed(self, task: str, model: str, seed: int, method: str) -> pd.Series:
        """Return what a machine that runs alone is worth on the network of one seed."""
        rows = having(self.seeds, {"task": task, "model": model, "seed": seed})
        return only(rows, {"method": method, "score": measure_of(set(rows["score"]))})

    def open(self, task: str, model: str, method: str) -> pd.Series:
        """Return what a machine is worth that is put right by the network's state at every step."""
        rows = self._of(task, model)
        wanted = {"method": method, "mode": OPEN, "score": measure_of(set(rows["score"]))}
        return only(rows, wanted)

    def network(self, task: str, model: str) -> pd.Series:
        """Return how well a network does its task."""
        return self.row(task, model, "network", of_target=True)

    def failed(self, task: str, method: str) -> bool:
        """Return whether a method gave no machine of any network of a task."""
        return having(self.scores, {"task": task, "method": method}).empty

    def refused_for(self, method: str, *tasks: str) -> set[str]:
        """Return why a method gave no machine of some seeds, each reason to its first comma."""
        rows = having(self.refusals, {"task": [*tasks], "method": method})
        return {reason.split(",")[0] for reason in rows["reason"]}

    def said(self, task: str, model: str, method: str) -> str:
        """Return what a machine is worth over seeds, with its interval."""
        return ends(self.row(task, model, method), 3)

    def constant(self, task: str) -> str:
        """Return what the network's commonest answer, always given, is worth."""
        values = having(self.scores, {"task": task, "method": "majority"})
        values = values.loc[values["score"] == measure_of(set(values["score"])), "value"]
        return bare(only(values.round(3).drop_duplicates().to_frame(), {})["value"], 3)

    def terms(self, task: str) -> str:
        """Return how many terms the longest sums of the codebooks of a task have."""
        return least_to_most(having(self.codebooks, {"task": task})["terms"], ".0f")

    def cell(self, task: str, model: str, method: str) -> str:
        """Return a score with its interval and the states: `.660 [.581, .730] K=2-3`."""
        row = self.row(task, model, method)
        states = f"{ends(row, 3)} K={'-'.join(_sizes(row))}"
        n, of = int(row["n_seeds"]), int(self.network(task, model)["n_seeds"])
        return states if n == of else f"{states} ({in_words(n)} of {in_words(of)} seeds)"

    def cells(self, task: str, model: str) -> str:
        """Return the cells of all methods of the page's tables."""
        return " | ".join(self.cell(task, model, method) for method in METHODS)

    def accuracy(self, task: str, model: str) -> str:
        """Return how well a network does its task."""
        return bare(self.network(task, model)["value"], 3)

    def values(self, task: str, model: str, method: str) -> str:
        """Return the cells of a machine or floor: of the network's output, of what is asked."""
        both = (self.row(task, model, method, of_target=target) for target in (False, True))
        return " | ".join("1" if row["value"] == 1 else ends(row, 3) for row in both)

    def sizes(self, task: str, method: str, models: tuple[str, ...] = ("gru", "lstm")) -> str:
        """Return the least and the largest number of states over seeds of some networks."""
        rows = having(self.scores, {"task": task, "method": method, "model": models})
        return least_to_most(rows[["n_states_low", "n_states_high"]].stack(), ".0f")

    def commonest(self, task: str) -> str:
        """Return the answer that is right most often in the test, and its share: `"calm": .811`."""
        row = only(self.splits, {"task": task, "split": SPLITS[-1]})
        return f'"{row["answer"]}": {bare(row["commonest"], 3)}'

    def sequences(self, task: str) -> str:
        """Return how many sequences there are in training, validation and test."""
        rows = having(self.splits, {"task": task}).set_index("split")
        return ", ".join(str(rows.loc[split, "sequences"]) for split in SPLITS)

    def n_test(self, task: str) -> int:
        """Return how many test sequences there are."""
        return int(only(self.splits, {"task": task, "split": SPLITS[-1]})["sequences"])

    def total(self, task: str, column: str) -> int:
        """Return sequences, steps or what is asked, of all splits."""
        return int(having(self.splits, {"task": task})[column].sum())

    def lacking(self, task: str, channel: str) -> int:
        """Return at how many steps a channel has no value."""
        return int(only(self.missing, {"task": task, "channel": channel})["missing"])

    def judged(self, *tasks: str, **wanted: object) -> pd.DataFrame:
        """Return the verdicts on each seed of the networks of some tasks."""
        return having(self.verdicts, {"scope": "seed", "task": [*tasks], **wanted})

    def all_refused(self, *tasks: str) -> bool:
        """Return whether every network of some tasks is refused."""
        return bool((self.judged(*tasks)["verdict"] == REFUSED).all())

    def span(self, column: str, *tasks: str, digits: int = 2) -> str:
        """Return the least and the largest of a column of the verdicts on each seed."""
        values = self.judged(*tasks)[column]
        return " to ".join(bare(end, digits) for end in (values.min(), values.max()))

    @property
    def edits(self) -> pd.DataFrame:
        """How often edits of the verdict's machine of speech are confirmed, a row a score."""
        return having(self.counterfactuals, {"method": "verdict"})

    def best(self, task: str, model: str) -> str:
        """Return the method whose machine is nearest to a network by value."""
        values = {
            method: self.row(task, model, method)["value"]
            for method in METHODS[1:]
            if not self.failed(task, method)
        }
        return max(values, key=lambda method: values[method])

    def parts(self, task: str, model: str, method: str, floor: str = "ngram") -> bool:
        """Return whether a machine is above a floor beyond their intervals."""
        machine, below = (self.row(task, model, one) for one in (method, floor))
        return bool(machine["low"] > below["high"])

    def parting(self, *tasks: str, methods: Sequence[str] = METHODS[1:]) -> list[tuple[str, ...]]:
        """Return the machines that are above the last inputs alone beyond their intervals."""
        rows = having(self.scores, {"task": [*tasks], "method": [*methods]})
        rows = rows[rows["value"].notna() & (rows["mode"] != OPEN)]
        places = rows[["task", "model", "method"]].drop_duplicates()
        return [place for place in places.itertuples(index=False) if self.parts(*place)]

    def above(self, task: str, model: str, method: str, floor: str = "ngram") -> bool:
        """Return whether a machine is above a floor by value."""
        machine, below = (self.row(task, model, one) for one in (method, floor))
        return bool(machine["value"] > below["value"])

    def floors(self, task: str) -> pd.Series:
        """Return the best floor of each network, a seed each."""
        rows = having(self.seeds, {"task": task, "method": FLOORS})
        rows = rows[rows["score"].isin(MEASURE_OF.values())]
        return rows.groupby(["model", "seed"])["value"].max()

    def automata(self, *tasks: str) -> pd.DataFrame:
        """Return what single automata of networks that decide are worth, the nearest last."""
        rows = having(self.seeds, {"task": [*tasks], "method": AUTOMATA, "carries": "state"})
        return rows[rows["score"].str.startswith("balanced_fidelity")].sort_values("value")


def _sizes(row: pd.Series) -> list[str]:
    """Return the numbers of states over seeds, one where they are alike."""
    return [*dict.fromkeys(f"{row[f'n_states_{end}']:.0f}" for end in ("low", "high"))]
