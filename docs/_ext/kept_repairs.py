"""What the page on repair quotes of a kept run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from kept_tables import having, least_to_most, markdown, only, with_ends
from scipy.stats import binomtest

from markovlens.reliance.trust.verdicts import ENOUGH, trusted_up_to

KEPT = [
    "task", "model", "seed", "network", "state", "score", "value", "n_sequences", "n_states",
    "equivalent", "n_found", "n_steps",
]  # fmt: skip
JUDGED = ("before", "after", "control")
LONGEST = 32  # symbols of the longest test sequence
BUG = {"task": "contains_0110", "network": "planted"}
WHO = {"network": "network with the bug", "machine": "its machine", "repaired": "repaired"}
PER_CENT, SMALL = " %", 0.002  # below that sizes are said as powers of ten
# Of each disturbance: what is tried, what is said where nobody stands it, and its unit.
DISTURBANCES = {
    "length": ("words {} to {} times as long as 32", "at no length", " times"),
    "edits": ("{} to {} passes of 1 to 3 edits", "at no number", ""),
    "noise": ("symbols replaced, {} to {} %", "at no share", PER_CENT),
    "bit_flips": ("bits flipped, {} to {}", "at no rate", ""),
}


def repairs_of(results: Path) -> pd.DataFrame:
    """Return what is kept of each repair by itself: a row a network, its seed, state and score."""
    found = sorted((results / "runs").glob("**/reliance/repair.parquet"))
    rows = pd.concat([pd.read_parquet(path) for path in found])
    return rows[KEPT]


@dataclass(frozen=True)
class Repairs:
    """Kept repairs, and what networks, their machines and their repaired copies withstand.

    Attributes:
        rows: a row a network, state and score, seeds merged.
        seeds: the same of each seed.
        stands: a row a network, disturbance, size, who is asked and score.
    """

    rows: pd.DataFrame
    seeds: pd.DataFrame
    stands: pd.DataFrame

    def row(self, state: str, score: str) -> pd.Series:
        """Return a score of the networks with the planted bug."""
        return only(self.rows, {**BUG, "state": state, "score": score})

    def ends(self, score: str, digits: int) -> list[str]:
        """Return a score before, after and of the control, with intervals."""
        return [with_ends(self.row(state, score), digits) for state in JUDGED]

    def listed(self) -> str:
        """Return the table of the planted bug: a line a score, a column a state."""
        fresh, asked = (int(self.row("before", score)["n_sequences"])
                        for score in ("fresh", "accuracy"))  # fmt: skip
        right = [self.row(state, "fresh") for state in JUDGED]
        return markdown([
            ["", *JUDGED],
            ["wrong on held-out counterexamples", *self.ends("held_out", 3)],
            [f"wrong on {fresh:,} fresh words", *self.ends("fresh", 4)],
            [f"right on {asked} test sequences of the task", *self.ends("accuracy", 3)],
            ["seeds whose machine is the right one",
             *(f"{row['n_equivalent']} of {row['n_seeds']}" for row in right)],
        ])  # fmt: skip

    def each(self, column: str, **wanted: object) -> pd.Series:
        """Return a column of each network by itself, by its seed."""
        rows = having(self.seeds, {**BUG, **wanted})
        return rows.set_index("seed")[column].sort_index()

    def overlooked(self) -> pd.Series:
        """Return of which networks with the bug the machine is right and the network is not."""
        before = {"state": "before", "score": "fresh"}
        return self.each("equivalent", **before).eq(True) & (self.each("value", **before) > 0)

    def n_seeds(self) -> int:
        """Return how many networks with the bug there are."""
        return len(self.overlooked())

    def repaired(self) -> bool:
        """Return whether no copy is wrong on any word that was held out or drawn afterwards."""
        wanted = {"state": "after", "score": ["held_out", "fresh"]}
        return bool((having(self.seeds, wanted)["value"] == 0).all())

    def control(self, score: str) -> pd.Series:
        """Return on which share of words the control of each network with the bug is wrong."""
        return self.each("value", state="control", score=score)

    def control_said(self) -> str:
        """Return on which share of the words held out each control is wrong, in words."""
        return _and(f"{value:.2f}" for value in self.control("held_out"))

    def held_out_said(self) -> str:
        """Return how many words were held out of each network with the bug, in words."""
        numbers = self.each("n_sequences", state="control", score="held_out")
        return _and(map(str, numbers))

    def broken(self, state: str = "before", score: str = "fresh") -> pd.DataFrame:
        """Return the networks that learned from right labels and broke the language."""
        wanted = {**BUG, "network": "trained", "state": state, "score": score}
        rows = having(self.seeds, wanted)
        return rows[rows["n_found"] > 0]

    def up_to(self, disturbance: str, who: str, network: str = "planted") -> float | None:
        """Return the largest size up to which somebody can be trusted, None if at none."""
        rows = self._kept(disturbance, who, network)
        return trusted_up_to(rows)

    def largest(self, disturbance: str) -> float:
        """Return the largest size that was tried."""
        return float(having(self.stands, {"disturbance": disturbance})["size"].max())

    def _kept(self, disturbance: str, who: str, network: str) -> pd.DataFrame:
        wanted = {**BUG, "network": network, "disturbance": disturbance, "who": who}
        return having(self.stands, {**wanted, "score": "kept"})

    def at(self, column: str, disturbance: str, size: float, who: str = "network") -> float:
        """Return a column of what the networks with the bug withstand at a size."""
        rows = self._kept(disturbance, who, "planted")
        return float(only(rows, {"size": size})[column])

    def right_at(self, disturbance: str, size: float) -> str:
        """Return on which share all of them are right at a size, machines and networks."""
        wanted = {"disturbance": disturbance, "size": size, "score": "accuracy"}
        return least_to_most(having(self.stands, wanted)["value"])

    def words_up_to(self, who: str, network: str) -> int:
        """Return up to how many symbols somebody can be trusted."""
        return int(LONGEST * (self.up_to("length", who, network) or 0))

    def n_draws(self) -> int:
        """Return how many draws of flips there are."""
        return int(self.stands["n_draws"].max())

    @staticmethod
    def lower_end(n: int) -> float:
        """Return Wilson's lower end of a share of n draws that are all right."""
        return float(binomtest(n, n).proportion_ci(method="wilson").low)

    @staticmethod
    def enough() -> float:
        """Return which share the lower end must reach of what is kept."""
        return ENOUGH

    def inherited(self) -> bool:
        """Return whether the machines of networks with the bug can be trusted under nothing."""
        return all(self.up_to(name, "machine") is None for name in DISTURBANCES)

    def trusted(self) -> str:
        """Return the table of who can be trusted how far, a line a disturbance."""
        lines = [
            [self._tried(name), *(self._reach(name, who) for who in WHO)] for name in DISTURBANCES
        ]
        return markdown([["disturbance", *WHO.values()], *lines])

    def _tried(self, disturbance: str) -> str:
        said, _, unit = DISTURBANCES[disturbance]
        sizes = having(self.stands, {"disturbance": disturbance})["size"]
        return said.format(_shown(sizes.min(), unit), _shown(sizes.max(), unit))

    def _reach(self, disturbance: str, who: str) -> str:
        _, none, unit = DISTURBANCES[disturbance]
        size = self.up_to(disturbance, who)
        if size is None:
            return none
        tried = ", all tried" if size == self.largest(disturbance) else ""
        return f"up to {_shown(size, unit)}{unit}{tried}"


def _shown(size: float, unit: str) -> str:
    if size < SMALL:
        return f"{size:.0e}".replace("e-0", "e-")
    return f"{100 * size if unit == PER_CENT else size:g}"


def _and(said: Iterable[str]) -> str:
    *first, last = said
    return f"{', '.join(first)} and {last}"
