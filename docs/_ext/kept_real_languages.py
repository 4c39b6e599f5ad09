"""What the page of real-valued languages quotes of `benchmarks/real_languages.py`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from kept_tables import having, markdown
from kept_words import counted, wilson
from scipy.stats import t as student

from markovlens.tasks.real_formal import SUFFIX

SHOWN = "overcluster"  # the method of the tables of fidelity and steps
NEAR = 0.05  # standard deviations
KEYS = ["task", "cell", "seed"]
EXACTLY, FAITHFUL = "margin: the exact automaton", "margin: fidelity of .99"
FORGETS = "no margin, forgets: fidelity of .97"
LASTS = "no margin, never forgets: the steps' interval reaches those of the best threshold"
BOUNDARY, ANGLE = "threshold within .05 sd of the true one", "angle within 5 degrees"
NO_AIM = "(the exact automaton, without a margin)"
OF_A_MISS = (
    *KEYS, "missed", "rules", "threshold_error", "network_error", "from_own", "network_spread",
    "fidelity", "code_purity",
)  # fmt: skip


@dataclass(frozen=True)
class RealLanguages:
    """Networks that read rows, and what methods made of them.

    Attributes:
        rows: a row a network and method.
    """

    rows: pd.DataFrame
    EXACTLY, FAITHFUL, FORGETS, LASTS = EXACTLY, FAITHFUL, FORGETS, LASTS

    @cached_property
    def all(self) -> pd.DataFrame:
        """The rows with what their task's name says, and whether the language never forgets."""
        margin = self.rows["task"].str.endswith(SUFFIX)
        plain = self.rows["task"].str.removesuffix(SUFFIX)
        kind = plain.str.partition("_")[0].map({"real": "x > .3", "oblique": "x1 > x2"})
        return self.rows.assign(
            margin=margin,
            kind=kind,
            inputs=kind + margin.map({True: ", margin", False: ""}),
            language=plain.str.partition("_")[2],
            lasts=self.rows["steps_best"].notna(),
        )

    @cached_property
    def own(self) -> pd.DataFrame:
        """A row a network: the machine of `SHOWN`."""
        return having(self.all, {"method": SHOWN})

    def of(self, **wanted: object) -> pd.DataFrame:
        """Return the networks that have these values, a row each."""
        return having(self.own, wanted)

    def exact(self, method: str = SHOWN, **wanted: object) -> pd.Series:
        """Return on which networks a method has the exact automaton; one that failed has none."""
        return having(self.all, {"method": method, **wanted})["exact"].fillna(0) == 1

    def missed_by(self, method: str, language: str) -> pd.DataFrame:
        """Return the networks of a language on which a method has another automaton."""
        mine = having(self.all, {"method": method, "language": language})
        return mine[~self.exact(method, language=language)]

    def near(self, column: str, **wanted: object) -> pd.Series:
        """Return on which networks a distance is at most `NEAR`."""
        return self.of(**wanted)[column].abs() <= NEAR

    def far(self, **wanted: object) -> pd.DataFrame:
        """Return the networks whose machine's threshold is further from the true one."""
        return self.of(**wanted)[~self.near("threshold_error", **wanted)]

    @cached_property
    def aims(self) -> dict[str, pd.Series]:
        """What was aimed at and, for the networks it is meant for, whether it was reached.

        It is asked of the machines of `SHOWN`; one that could not be made has not reached it.
        """
        within, forgets = self.of(margin=True), self.of(margin=False, lasts=False)
        lasts, tilted = self.of(margin=False, lasts=True), self.of(kind="x1 > x2")
        return {
            EXACTLY: within["exact"] == 1,
            FAITHFUL: within["fidelity"] >= 0.99,
            FORGETS: forgets["fidelity"] >= 0.97,
            LASTS: lasts["steps_high"] >= lasts["steps_best"],
            BOUNDARY: self.near("threshold_error"),
            ANGLE: tilted["angle"].abs() <= 5,
        }

    def aims_table(self) -> str:
        """Return of how many networks each aim was reached, in all and by cell and seed."""
        cells, seeds = sorted(self.own["cell"].unique()), sorted(self.own["seed"].unique())
        head = ("aim", "reached", *cells, *(f"seed {seed}" for seed in seeds))
        return markdown([head, *(self._aim(*aim, cells, seeds) for aim in self.aims.items())])

    def _aim(self, aim: str, reached: pd.Series, cells: list[str], seeds: list[int]) -> list[str]:
        named = self.own.loc[reached.index]
        by_cell = [counted(reached[named["cell"] == cell]) for cell in cells]
        by_seed = [counted(reached[named["seed"] == seed]) for seed in seeds]
        return [aim, _share(reached), *by_cell, *by_seed]

    def misses(self) -> pd.DataFrame:
        """Return the networks that miss an aim, or whose machine is not exact, and which."""
        missed: dict[int, list[str]] = {}
        for aim, reached in self.aims.items():
            for place in reached.index[~reached]:
                missed.setdefault(place, []).append(aim)
        for place in self.own.index[~self.exact()]:
            missed[place] = missed.get(place, [NO_AIM])
        found = self.own.loc[sorted(missed)]
        return found.assign(missed=["; ".join(missed[place]) for place in found.index])

    def misses_table(self) -> str:
        """Return what is known of the networks that miss an aim."""
        found = self.misses()[list(OF_A_MISS)].round(3)
        return markdown([OF_A_MISS, *(list(map(str, row)) for row in found.to_numpy())])

    def exact_table(self) -> str:
        """Return of how many networks each method has the exact automaton."""
        methods = sorted(self.rows["method"].unique())
        lines = []
        for inputs, mine in self.own.groupby("inputs", sort=False):
            cells = [_share(self.exact(method, inputs=inputs)) for method in methods]
            lines.append((inputs, str(len(mine)), *cells))
        return markdown([("inputs", "networks", *methods), *lines])

    def fidelity_table(self) -> str:
        """Return how faithful the machines of `SHOWN` are in closed loop."""
        head = ("inputs", "language", "networks", "fidelity", "code purity", "least",
                "network's accuracy")  # fmt: skip
        kinds = self.own.groupby(["inputs", "lasts"], sort=False)
        return markdown([head, *(_faithful(*kind, mine) for kind, mine in kinds)])

    def boundary_table(self) -> str:
        """Return how far boundaries are from the true one, in standard deviations and degrees."""
        head = ("inputs", "two codes", "machine to true", "machine to network's own",
                "network's own to true", "largest angle")  # fmt: skip
        kinds = self.own.groupby("inputs", sort=False)
        return markdown([head, *(_distances(inputs, mine) for inputs, mine in kinds)])

    def steps_table(self) -> str:
        """Return the steps to the first disagreement beside what the best threshold allows."""
        head = ("inputs", "language", "cell", "networks", "steps", "least of a network",
                "best threshold")  # fmt: skip
        kinds = self.of(lasts=True).groupby(["inputs", "language", "cell"])
        return markdown([head, *(_lasting(kind, mine) for kind, mine in kinds)])


def _share(values: pd.Series) -> str:
    """Return how many there are of how many, with a 95 % Wilson interval."""
    return f"{counted(values)} {wilson(values)}"


def _mean(values: pd.Series) -> str:
    """Return a mean over networks with its 95 % t interval."""
    half = values.sem() * student.ppf(0.975, len(values) - 1) if len(values) > 1 else 0.0
    return f"{values.mean():.3f} ± {half:.3f}"


def _steps(values: pd.Series) -> str:
    """Return the median of steps; where most strings end first, the mean has no bound."""
    return "none in all strings" if np.isinf(values.median()) else f"{values.median():.0f}"


def _faithful(inputs: str, lasts: bool, mine: pd.DataFrame) -> list[str]:
    columns = ("fidelity", "code_purity", "accuracy")
    fidelity, purity, accuracy = (_mean(mine[name]) for name in columns)
    language = "never forgets" if lasts else "forgets"
    least = f"{mine['fidelity'].min():.3f}"
    return [inputs, language, str(len(mine)), fidelity, purity, least, accuracy]


def _distances(inputs: str, mine: pd.DataFrame) -> list[str]:
    far = [mine[name].abs() for name in ("threshold_error", "from_own", "network_error")]
    cells = [f"{_share(each <= NEAR)}, largest {each.max():.3f}" for each in far]
    angle = mine["angle"].abs().max()
    largest = "" if np.isnan(angle) else f"{angle:.1f}"
    return [inputs, _share(mine["n_codes"] == 2), *cells, largest]


def _lasting(kind: tuple[str, ...], mine: pd.DataFrame) -> list[str]:
    columns = ("steps", "steps_low", "steps_best")
    return [*kind, str(len(mine)), *(_steps(mine[name]) for name in columns)]
