"""The kept numbers of one run, as templates of pages ask for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from kept_attention import Attention
from kept_attractors import Attractors
from kept_claims import Claims
from kept_edits import Edits
from kept_emulators import Emulators
from kept_formation import Formed
from kept_hybrids import Hybrids
from kept_layers import Layers, Single
from kept_protocol import Protocol
from kept_real import Real
from kept_regions import Machines, Regions
from kept_reliance import Alarms, Strangers
from kept_repairs import Repairs
from kept_tables import from_markdown, having, least_to_most, markdown, only

READERS = ("overcluster", "merging", "lstar")
FIDELITY = "balanced_fidelity_string"
DIVERGENCE = "explained divergence"


@dataclass(frozen=True)
class Run:
    """Tables and provenance in one folder of `docs/numbers/`."""

    folder: Path

    @cached_property
    def _made(self) -> dict[str, Any]:
        return json.loads((self.folder / "run.json").read_text(encoding="utf-8"))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The kept scores of chosen machines."""
        return self.table("comparison")

    def made(self, key: str) -> str:
        """Return what made the run, such as `jobs` or `processor_minutes`."""
        return f"{self._made[key]:,}" if isinstance(self._made[key], int) else str(self._made[key])

    def said(self) -> str:
        """Return commit, processor and versions in words, and so that none of them was kept."""
        if not (self.folder / "run.json").exists():
            return "commit, processor and versions were not kept with it"
        packages = ", ".join(f"{name} {of}" for name, of in self._made["packages"].items())
        return f"commit {self._made['commit'][:7]}, {self._made['processor']}, {packages}"

    def table(self, name: str) -> pd.DataFrame:
        """Return a kept table."""
        return pd.read_csv(self.folder / f"{name}.csv", low_memory=False)

    def claims(self, name: str = "claims") -> Claims:
        """Return a kept table of claims that were decided together."""
        return Claims(self.table(name))

    @cached_property
    def emulation(self) -> Emulators:
        """What the run says of networks that emulate sources."""
        return Emulators(*map(self.table, ("dynamics", "effects")))

    @cached_property
    def layers(self) -> Layers:
        """What the run says of layers."""
        return Layers(self.table("layers"))

    @cached_property
    def networks_of_layers(self) -> Single:
        """What the run says of layers of single networks."""
        return Single(self.table("networks"))

    @cached_property
    def formation(self) -> Formed:
        """What the run says of states along training."""
        return Formed(self.table("formation"))

    @cached_property
    def hybrids(self) -> Hybrids:
        """What the run says of hybrids."""
        return Hybrids(self.table("hybrids"))

    @cached_property
    def attention(self) -> Attention:
        """What the run says of attention beside other explanations."""
        return Attention(self.table("attention"))

    @cached_property
    def edits(self) -> Edits:
        """What the run says of edits that turn machines."""
        return Edits(self.table("counterfactuals"))

    @cached_property
    def attractors(self) -> Attractors:
        """What the run says of fixed points beside states."""
        return Attractors(self.table("attractors"))

    @cached_property
    def regions(self) -> Regions:
        """What the run says of linear regions and basins."""
        return Regions(self.table("dynamics_regions"))

    @cached_property
    def machines(self) -> Machines:
        """What the run says of machines of single networks."""
        return Machines(self.table("networks"))

    @cached_property
    def recordings(self) -> Real:
        """What the run says of networks that read real channels."""
        names = (
            "comparison", "seeds", "verdicts", "splits", "missing", "codebooks", "counterfactuals",
            "refusals",
        )  # fmt: skip
        return Real(*map(self.table, names))

    @cached_property
    def protocol(self) -> Protocol:
        """What the run says of the published protocol."""
        return Protocol(self.table("strings"))

    @cached_property
    def alarms(self) -> Alarms:
        """What the run says of monitors."""
        return Alarms(self.table("watching"))

    @cached_property
    def strangers(self) -> Strangers:
        """What the run says of sequences told one by one."""
        return Strangers(self.table("strangers"))

    @cached_property
    def repairs(self) -> Repairs:
        """What the run says of repairs."""
        return Repairs(*map(self.table, ("repair", "repairs", "trust")))

    def span(self, name: str, digits: int = 3, column: str = "value", **wanted: object) -> str:
        """Return the least and the largest value of some rows of a table, one if they are alike."""
        return least_to_most(having(self.table(name), wanted)[column], f".{digits}f")

    def rows(self, name: str, **wanted: object) -> pd.DataFrame:
        """Return the rows of a table that have these values, any of a list of them."""
        return having(self.table(name), wanted)

    def row(self, name: str, **wanted: object) -> pd.Series:
        """Return the only row of a table that has these values."""
        return only(self.table(name), wanted)

    def one(self, task: str, model: str, method: str, score: str, mode: str) -> str:
        """Return a score, two digits."""
        wanted = {"task": task, "model": model, "method": method, "score": score, "mode": mode}
        return f"{only(self.scores, wanted)['value']:.2f}"

    def _values(self, score: str, tasks: Sequence[str], methods: Sequence[str]) -> pd.Series:
        rows = self.scores[(self.scores["score"] == score) & self.scores["task"].isin(tasks)]
        rows = rows[rows["mode"].isin(["closed", "swap"])]
        found = rows[rows["method"].isin(methods) if methods else rows["carries"].notna()]
        return found["value"].dropna()

    def least(self, score: str, tasks: Sequence[str], methods: Sequence[str] = READERS) -> str:
        """Return the least of a score over networks and methods."""
        return f"{self._values(score, tasks, methods).min():.2f}"

    def most(self, score: str, tasks: Sequence[str], methods: Sequence[str] = READERS) -> str:
        """Return the largest of a score over networks and methods, all where none are named."""
        return f"{self._values(score, tasks, methods).max():.2f}"

    def middle(self, score: str, tasks: Sequence[str], methods: Sequence[str] = READERS) -> str:
        """Return the median of a score over networks and methods."""
        return f"{self._values(score, tasks, methods).median():.2f}"

    def n_exact(self, method: str, tasks: Sequence[str]) -> int:
        """Return the networks, a seed each, whose joined states are the exact automaton."""
        rows = self._exact(tasks)
        rows = rows[(rows["method"] == method) & (rows["mode"] == "lumped")]
        return int((rows["value"] * rows["n_seeds"]).round().sum())

    def n_read(self, tasks: Sequence[str]) -> int:
        """Return the networks, a seed each."""
        return int(self._exact(tasks).groupby(["task", "model"])["n_seeds"].max().sum())

    def _exact(self, tasks: Sequence[str]) -> pd.DataFrame:
        return self.scores[
            (self.scores["score"] == "exact_language") & self.scores["task"].isin(tasks)
        ]

    def counterexamples(self) -> pd.DataFrame:
        """Return a row for each network, a seed each, that its machine was seen to part from."""
        rows = self.table("verdicts")
        return rows[rows["seed"].notna() & rows["counterexample_length"].notna()]

    def verdict(self, task: str, model: str) -> str:
        """Return the verdict on a network over its seeds, as the main table words it."""
        return str(self._main.loc[(task, model), "verdict"])

    def states(self, task: str, model: str) -> str:
        """Return the states of the verdict's machine."""
        return f"{self._judged(task, model)['n_states']:.0f}"

    def fidelity(self, task: str, model: str) -> str:
        """Return the fidelity of the verdict's machine, with its interval, of the worst seed."""
        seeds = self.table("verdicts").query("scope == 'seed'")
        seeds = seeds[(seeds["task"] == task) & (seeds["model"] == model)]
        row = seeds.loc[seeds["fidelity_low"].idxmin()]
        ends = (f"{row[f'fidelity{end}']:.3f}" for end in ("", "_low", "_high"))
        return "{} [{}, {}]".format(*ends)

    def _judged(self, task: str, model: str) -> pd.Series:
        return self.row("verdicts", task=task, model=model, scope="network")

    def best(self, task: str, model: str, score: str = FIDELITY) -> str:
        """Return the most faithful machine of a network that is not a floor: method, K, score."""
        rows = self.scores[(self.scores["task"] == task) & (self.scores["model"] == model)]
        rows = rows[(rows["score"] == score) & (rows["mode"] == "closed") & rows["carries"].notna()]
        row = rows[~rows["method"].isin(["ngram", "majority", "truth", "bayes"])]
        row = row.loc[row["value"].idxmax()]
        ends = dict.fromkeys(f"{row[f'n_states_{end}']:.0f}" for end in ("low", "high"))
        return f"{row['method']}, {'-'.join(ends)}: {interval(row)}"

    def floor(self, task: str, model: str, score: str = FIDELITY) -> str:
        """Return the same score of the better of the floors that know no state of the network."""
        rows = having(self.scores, {"task": task, "model": model, "score": score, "mode": "closed"})
        return f"{rows[rows['method'].isin(['ngram', 'majority'])]['value'].max():.3f}"

    def claim(self, name: str) -> str:
        """Return effect, interval and verdict of a claim, and what it would take if it is open."""
        row = self.row("claims", claim=name)
        needed = row["n_clusters_needed"]
        more = f" ({row['n_clusters']} groups, {needed:.0f} needed)" if needed == needed else ""
        ends = "{:z.2f} [{:z.2f}, {:z.2f}]".format(*row[["effect", "low", "high"]])
        return f"{ends}, {row['verdict']}{more}"

    def modes(self, task: str) -> str:
        """Return how many modes hold 90 % of the variance of all states, over seeds."""
        rows = self.table("embedding_modes").query("task == @task and part == 'joint'")
        return f"{least_to_most(rows['modes_90'], '.0f')} of {rows['n_units'].iloc[0]}"

    def forecast(self, task: str, step: str = "all") -> str:
        """Return the error of a forecast by that of standing still, with its interval."""
        rows = self.table("forecasts").assign(step=lambda table: table["step"].astype(str))
        return _two_digits(only(rows, {"task": task, "step": step}), "zero_velocity_ratio")

    def clusters(self, task: str, method: str = "kmeans", unit: str = "window") -> str:
        """Return the adjusted Rand index of clusters of states with classes, and its interval."""
        wanted = {"task": task, "method": method, "unit": unit, "space": "states", "score": "ari"}
        return _two_digits(self.row("seq2seq_clusters", **wanted))

    def boundaries(self, end: str, column: str = "value") -> str:
        """Return the least or most F1 of boundaries over streams, cut by clusters or a control."""
        found = self.table("seq2seq_clusters").query("score == 'boundary_f1' and n_windows > 2")
        return f"{getattr(found[column], end)():.2f}"

    def swapped(self, task: str, condition: str) -> str:
        """Return the share of outputs that leave their class when a part of them is another's."""
        wanted = {"task": task, "condition": condition, "of": "outputs", "score": "leaves_class"}
        return f"{100 * self.row('seq2seq_swaps', **wanted)['value']:.0f} %"

    @cached_property
    def _main(self) -> pd.DataFrame:
        """Return the main table, its parts side by side."""
        text = (self.folder / "comparison.md").read_text(encoding="utf-8")
        parts = [from_markdown(part) for part in text.split("\n\n") if part.startswith("|")]
        whole = pd.concat(parts, axis=1)
        return whole.loc[:, ~whole.columns.duplicated()].set_index(["task", "network"])

    def main_table(self, *methods: str) -> str:
        """Return the main table with some of its methods, without their intervals."""
        table = self._main.reset_index()
        table["task"] += ["†" if one == DIVERGENCE else "" for one in table["measure"]]
        table = table[["task", "network", "accuracy", "verdict"]].join(
            self.cells(*methods).reset_index(drop=True)
        )
        return markdown([list(table.columns), *table.to_numpy().tolist()])

    def cells(self, *methods: str) -> pd.DataFrame:
        """Return what the main table says of some of its methods, without their intervals."""
        return self._main[list(methods)].replace(r" \[[^]]*\]", "", regex=True)


def _two_digits(row: pd.Series, value: str = "value") -> str:
    """Return a value of a row with its interval, two digits."""
    ends = (f"{value}_", "")[value == "value"]
    return "{:.2f} [{:.2f}, {:.2f}]".format(row[value], row[f"{ends}low"], row[f"{ends}high"])


def interval(row: pd.Series, value: str = "value") -> str:
    """Return a value of a row with its interval, three digits."""
    return f"{row[value]:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
