"""What a kept run says of states along training: means over seeds, a row a kind of network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from kept_tables import markdown

READING = (
    "network", "states: first", "most", "last", "classes: first", "most", "when learned", "last",
    "learned at step", "events a moment", "of other sequences", "kept", "shuffled",
)  # fmt: skip
WRITING = (
    "network", "states: of the source", "first", "most", "last", "distance: first", "last",
    "of the source itself", "machine from network, last", "events a moment", "of other noise",
    "kept", "shuffled", "kept, last", "shuffled",
)  # fmt: skip
NETWORK = ["task", "model", "seed"]
EVENTS = ["births", "splits", "merges", "deaths"]


@dataclass(frozen=True)
class Formed:
    """The table of a study of states along training."""

    table: pd.DataFrame

    @property
    def reading(self) -> pd.DataFrame:
        """Moments of networks that read."""
        return self.table[self.table["source_states"].isna()]

    @property
    def writing(self) -> pd.DataFrame:
        """Moments of networks that noise drives."""
        return self.table[self.table["source_states"].notna()]

    def read(self) -> str:
        """Return the table of networks that read."""
        return markdown([READING, *_means(self.reading, _of_reading)])

    def written(self) -> str:
        """Return the table of networks that noise drives."""
        return markdown([WRITING, *_means(self.writing, _of_writing)])

    @property
    def moments(self) -> pd.DataFrame:
        """Moments of networks that noise drives at which there is a machine."""
        return self.writing[self.writing["n_states"].notna()]

    def kept_at_end(self) -> pd.Series:
        """Return by source the steps whose states are as at the moment before, at the end."""
        return self.ends.groupby("task")["kept"].mean()

    @property
    def ends(self) -> pd.DataFrame:
        """The last moment of each network that noise drives at which there is a machine."""
        return _last(self.moments)

    def ends_with(self, task: str) -> pd.Series:
        """Return how many states each network ends with that reads the language of a task."""
        return _last(self.reading[self.reading["task"] == task])["n_states"]

    def settled(self) -> pd.Series:
        """Return which networks that pass their gate have as many states then as at the end."""
        passed = self.reading[self.reading["accuracy"] >= self.reading["threshold"]]
        first = passed.sort_values("step").groupby(NETWORK)["n_states"].first()
        return first == _last(self.reading)["n_states"].reindex(first.index)

    def far(self) -> pd.Series:
        """Return by source how far machines are from their networks, by the source's own error.

        Both in the mean over the networks of a source, at their last moment.
        """
        means = self.ends.groupby("task")[["machine_error", "pair_error_floor"]].mean()
        return means["machine_error"] / means["pair_error_floor"]

    def other_noise(self) -> float:
        """Return events under other noise by those from one moment to the next, both in the mean.

        Of networks that noise drives.
        """
        events = self.writing[EVENTS].sum(axis=1, min_count=len(EVENTS))
        return float(self.writing["resampled"].mean() / events.mean())

    def learned(self) -> pd.DataFrame:
        """Return the moments with a moment before, of networks that read."""
        return self.table[self.table["adaptive_finished"].notna()]

    def both_learned(self) -> pd.DataFrame:
        """Return those at which L# and adaptive L# both finish."""
        rows = self.learned()
        return rows[(rows["lsharp_finished"] == 1) & (rows["adaptive_finished"] == 1)]

    def larger(self, step: int) -> tuple[int, int]:
        """Return at how many moments from a step on states outnumber the source's, of how many."""
        late = self.moments[self.moments["step"] >= step]
        return int((late["n_states"] > late["source_states"]).sum()), len(late)


def _last(moments: pd.DataFrame) -> pd.DataFrame:
    return moments.sort_values("step").groupby(NETWORK).last()


def _means(
    rows: pd.DataFrame, numbers: Callable[[pd.DataFrame], list[float]]
) -> Iterator[tuple[str, ...]]:
    for names, mine in rows.groupby(["task", "model"], sort=False):
        each = [numbers(one.sort_values("step")) for _, one in mine.groupby("seed")]
        means = pd.DataFrame(each).mean()
        yield (", ".join(names), *(f"{mean:.3g}" for mean in means))


def _common(rows: pd.DataFrame) -> list[float]:
    events = rows[EVENTS].sum(axis=1, min_count=len(EVENTS)).mean()
    return [events, *(rows[name].mean() for name in ("resampled", "kept", "kept_shuffled"))]


def _of_reading(rows: pd.DataFrame) -> list[float]:
    learned = rows[rows["accuracy"] >= rows["threshold"]]
    first = learned.iloc[0] if len(learned) else pd.Series(np.nan, index=rows.columns)
    states, classes = rows["n_states"], rows["n_merged"]
    return [
        states.iloc[0], states.max(), states.iloc[-1], classes.iloc[0], classes.max(),
        first["n_merged"], classes.iloc[-1], first["step"], *_common(rows),
    ]  # fmt: skip


def _of_writing(rows: pd.DataFrame) -> list[float]:
    seen = rows[rows["n_states"].notna()]
    last = seen.iloc[-1]
    states, distance = seen["n_states"], seen["pair_error"]
    return [
        last["source_states"], states.iloc[0], states.max(), states.iloc[-1], distance.iloc[0],
        distance.iloc[-1], last["pair_error_floor"], last["machine_error"], *_common(rows),
        last["kept"], last["kept_shuffled"],
    ]  # fmt: skip
