"""What the page of durations quotes: means over seeds of planted sources, and of networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from kept_tables import having, least_to_most, markdown, only, with_ends

LAWS = {
    "geometric": "geometric",
    "negative binomial": "negative binomial, M = 3",
    "bimodal": "3 or 13 steps",
    "fixed": "always 8 steps",
}
TRUE_STATES = 3  # of every planted source
PLAIN, STICKY, BY_BIC, GAIN = "HMM", "sticky HMM", "law by BIC", "law by BIC less HMM"
ARI, LOST, STATES = "ARI", "nats lost", "states"
HEAD = (
    "dwell times", "ARI: HMM", STICKY, BY_BIC, "true model", "states by BIC: HMM", "sticky",
    BY_BIC, "law by BIC less HMM, ARI",
)  # fmt: skip


@dataclass(frozen=True)
class Durations:
    """Kept means over seeds.

    Attributes:
        sources: a row a dwell law, number of training sequences, way to model it and measure.
        networks: a row a kind of network, number of states and measure.
    """

    sources: pd.DataFrame
    networks: pd.DataFrame

    def many(self) -> int:
        """Return the larger number of training sequences, of which the page speaks."""
        return int(self.sources["sequences"].max())

    def few(self) -> int:
        """Return the smaller one."""
        return int(self.sources["sequences"].min())

    def rows(self, way: str, measure: str, **wanted: object) -> pd.DataFrame:
        """Return a row a law, of many sequences where it is not said."""
        at = {"way": way, "measure": measure, "sequences": self.many()}
        return having(self.sources, at | wanted)

    def value(self, law: str, way: str, measure: str, **wanted: object) -> float:
        """Return a mean over seeds."""
        return float(only(self.rows(way, measure, **wanted), {"law": law})["value"])

    def said(self, law: str, way: str, measure: str, digits: int = 3) -> str:
        """Return a mean with its interval for other seeds."""
        return with_ends(only(self.rows(way, measure), {"law": law}), digits)

    def cost(self, law: str, way: str, measure: str) -> str:
        """Return by how much a way is below the HMM, with its interval."""
        row = only(self.rows(f"{way} less HMM", measure), {"law": law})
        turned = {"value": -row["value"], "low": -row["high"], "high": -row["low"]}
        return with_ends(pd.Series(turned), 3)

    def never_worse(self) -> bool:
        """Return whether no interval of the law by BIC less the HMM speaks against the law."""
        both = having(self.sources, {"way": GAIN})
        lost, found = (having(both, {"measure": measure}) for measure in (LOST, ARI))
        return bool((lost["low"] <= 0).all() and (found["high"] >= 0).all())

    def buys_by_value(self) -> bool:
        """Return whether of fixed stays a sticky HMM has too many states, and an HMM by value."""
        plain, sticky = (only(self.rows(way, STATES), {"law": "fixed"}) for way in (PLAIN, STICKY))
        never = (self.rows(PLAIN, STATES, sequences=self.few())["value"] == TRUE_STATES).all()
        by_value = plain["low"] <= TRUE_STATES < plain["value"]
        return bool(by_value and sticky["low"] > TRUE_STATES and never)

    def sticky_apart(self) -> float:
        """Return by how much ARI of the sticky HMM differs where it has as many states."""
        both = having(self.sources, {"way": "sticky HMM less HMM"})
        at = ["law", "sequences"]
        states, found = (
            having(both, {"measure": measure}).set_index(at)["value"] for measure in (STATES, ARI)
        )
        return float(found[states == 0].abs().max())

    def sticky_buys(self) -> bool:
        """Return whether the sticky HMM has more states wherever it has not as many."""
        more = having(self.sources, {"way": "sticky HMM less HMM", "measure": STATES})
        return bool((more["value"] >= 0).all())

    def listed(self) -> str:
        """Return a line for each law, of many sequences."""
        return markdown([HEAD, *self._lines()])

    def _lines(self) -> Iterator[tuple[str, ...]]:
        for law, name in LAWS.items():
            found = (self.value(law, way, ARI) for way in (PLAIN, STICKY, BY_BIC, "true model"))
            states = (self.value(law, way, STATES) for way in (PLAIN, STICKY, BY_BIC))
            yield (
                name,
                *(f"{one:.3f}" for one in found),
                *(f"{one:.1f}" for one in states),
                self.said(law, GAIN, ARI),
            )

    def n_networks(self) -> int:
        """Return how many networks there are."""
        return int(having(self.networks, {"measure": "irregularity"})["n_seeds"].sum())

    def of_networks(self, measure: str, form: str = ".2f") -> str:
        """Return the least and the largest mean over the kinds of network."""
        return least_to_most(having(self.networks, {"measure": measure})["value"], form)

    def irregularity(self, network: str) -> str:
        """Return how irregular a kind of network is, beside geometric times, with its interval."""
        return with_ends(only(self.networks, {"network": network, "measure": "irregularity"}))

    def ends(self) -> list[str]:
        """Return the most regular and the most irregular kind of network."""
        rows = having(self.networks, {"measure": "irregularity"}).set_index("network")["value"]
        return [rows.idxmin(), rows.idxmax()]

    def gains_little(self) -> bool:
        """Return whether durations gain less than half of what one state more does anywhere."""
        gained = "nats gained by {}".format
        lasting, larger = (
            having(self.networks, {"measure": gained(what)})["value"]
            for what in ("durations", "one state more")
        )
        return bool(lasting.max() < larger.min() / 2)
