"""What the page of networks from the wild quotes of `benchmarks/wild.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from kept_tables import markdown, only

HEAD = (
    "network", "numbers in its state", "accuracy", "as the whole network",
    "left after 100 same inputs", "machine", "fidelity", "floor", "on longer", "verdict", "drawn",
)  # fmt: skip
AT_REST = (
    "network", "input", "becomes", "slowest mode, steps", "seconds", "state settles, steps",
    "answer settles, steps", "period, steps", "cycle of the machine", "both decide alike",
)  # fmt: skip


@dataclass(frozen=True)
class Wild:
    """Networks that packages ship, and what becomes of each when nothing happens.

    Attributes:
        rows: a row a network.
        rest: a row a network and an input that never changes.
    """

    rows: pd.DataFrame
    rest: pd.DataFrame

    @cached_property
    def networks(self) -> dict[str, pd.Series]:
        """The row of each network, by its name."""
        return {row["network"]: row for _, row in self.rows.iterrows()}

    @cached_property
    def accepted(self) -> pd.DataFrame:
        """The networks that are not refused."""
        return self.rows[self.rows["verdict"] == "finite-state"]

    @cached_property
    def above(self) -> pd.Series:
        """How much more faithful than the better floor each network's machine is, most first."""
        more = (self.rows["fidelity"] - self.rows["floor"]).set_axis(self.rows["network"])
        return more.sort_values(ascending=False)

    def resting(self, network: str, input: str) -> pd.Series:
        """Return what becomes of a network under an input."""
        return only(self.rest, {"network": network, "input": input})

    def moving(self) -> set[str]:
        """Return the networks that were still moving at the end under some input."""
        return set(self.rest.loc[self.rest["becomes"] == "never", "network"])

    def listed(self) -> str:
        """Return a line for each network: its machine, floor and verdict."""
        return markdown([HEAD, *(_line(row) for row in self.rows.itertuples())])

    def rests(self) -> str:
        """Return a line for each network and input: what becomes of it."""
        return markdown([AT_REST, *(_at_rest(row) for row in self.rest.itertuples())])


def said(value: float, digits: int | None = None) -> str:
    """Return a number as the page has it, nothing where there is none."""
    if pd.isna(value):
        return ""
    if digits is not None:
        return f"{value:.{digits}f}"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3g}"


def _line(row: tuple) -> list[str]:
    return [
        row.network,
        f"{row.numbers_in_state:,}",
        said(row.accuracy, 2),
        said(row.agreement_with_whole, 2),
        f"{row.left_after_100_same_inputs:.2g}",
        f"{row.method}, {row.n_states} state{'s' * (row.n_states != 1)}",
        f"{row.fidelity:.2f} [{row.low:.2f}, {row.high:.2f}]",
        said(row.floor, 2),
        said(row.fidelity_on_longer, 2),
        row.verdict,
        f"[machine](wild/{row.network}.svg), [rest](wild/{row.network}_rest.svg)",
    ]


def _at_rest(row: tuple) -> list[str]:
    steps = (
        row.slowest_mode, row.slowest_mode_seconds, row.state_settles, row.answer_settles,
        row.period, row.machine_period,
    )  # fmt: skip
    return [row.network, row.input, row.becomes, *map(said, steps), said(row.agreement, 2)]
