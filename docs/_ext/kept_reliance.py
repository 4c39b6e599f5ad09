"""What the pages on watching quote of a kept run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from kept_tables import having, least_to_most, markdown, with_ends

# As the page calls what was changed, in its order.
CHANGES = {
    "stuck": "sensor stuck",
    "longer": "each sequence twice over",
    "noisy_weights": "noise on weights, as large as they vary",
    "other_seed": "another seed's network",
    "noise": "30 % of symbols drawn at random",
    "reversed": "reversed",
    "relabelled": "each symbol replaced by the next",
    "shuffled": "shuffled",
}
REDRAWN = ("noise", "reversed", "relabelled", "shuffled")
WATCHED = {"contains_0110": "gru", "dyck_1": "gru", "sentiment": "gru_words"}
SCORES = {
    "surprise": "machine's surprise",
    "monitor": "monitor's score",
    "softmax": "softmax",
    "mahalanobis": "Mahalanobis",
}
CLOSE = 0.03  # of a third: what is still said so
NOISY = "noisy_weights"
STRANGE = ("noise", "shuffled", "reversed", "relabelled", "stuck", "longer")
SHOWN = ("dyck_1", "sentiment")
CHANCE, ABOVE, BELOW, OPEN = 0.5, "above", "below", "open"


@dataclass(frozen=True)
class Alarms:
    """Kept alarms of monitors.

    Attributes:
        rows: a row a network, its seed and a change.
    """

    rows: pd.DataFrame

    def of(self, column: str, **wanted: object) -> pd.Series:
        """Return a column of the networks that the page shows, by seed."""
        rows = having(self.rows, {"task": list(WATCHED), **wanted})
        return rows.sort_values(["task", "seed"])[column]

    def the(self, column: str, **wanted: object) -> int:
        """Return the only whole number that stands in a column of these rows."""
        (value,) = self.of(column, **wanted).unique()
        return int(value)

    def listed(self) -> str:
        """Return a line for each change, a column for each task: what a monitor did."""
        head = ["", *(f"`{task}`, `{model}`" for task, model in WATCHED.items())]
        first = [
            ["network and machine disagree", *(f"{self.rates(task)} of steps" for task in WATCHED)],
            ["streams without a change that ever alarm", *map(self._false, WATCHED)],
        ]
        lines = [[said, *(self.delays(task, change) for task in WATCHED)]
                 for change, said in CHANGES.items()]  # fmt: skip
        return markdown([head, *first, *lines])

    def rates(self, task: str) -> str:
        """Return at how many steps each network and its machine disagree, one if they are alike."""
        return _percents(self.of("rate", task=task, change="none"))

    def _false(self, task: str) -> str:
        wanted = {"task": task, "change": "none"}
        ends = (self.of("alarms_low", **wanted).min(), self.of("alarms_high", **wanted).max())
        low, high = (f"{100 * end:.1f}" for end in ends)
        return f"{_percents(self.of('alarms', **wanted))} (intervals within {low} to {high} %)"

    def delays(self, task: str, change: str) -> str:
        """Return after how many sequences each seed has its alarm: `65, no, 25`, or `no`."""
        said = [f"{one:g}" if one == one else "no" for one in self.late(task, change)]
        return "no" if set(said) == {"no"} else ", ".join(said)

    def late(self, task: str, change: str) -> pd.Series:
        """Return the median number of sequences to an alarm of each seed, by its seed."""
        rows = having(self.rows, {"task": task, "change": change})
        return rows.set_index("seed")["delay"].sort_index()

    def n_seeds(self) -> int:
        """Return how many networks of each task there are."""
        (n,) = having(self.rows, {"task": list(WATCHED)}).groupby("task")["seed"].nunique().unique()
        return int(n)

    def alpha(self) -> float:
        """Return the chance of a false alarm that is promised at most."""
        (alpha,) = self.of("alpha").unique()
        return float(alpha)

    def bounded(self) -> bool:
        """Return whether intervals of the chance of a false alarm lie below what is promised."""
        return bool((self.of("alarms_high", change="none") < self.alpha()).all())

    def rarer(self) -> float:
        """Return how many times rarer than promised false alarms are, in the mean."""
        return float(self.alpha() / self.of("alarms", change="none").mean())

    def quiet(self, task: str) -> bool:
        """Return whether no redrawn words raise an alarm in half of the streams of a seed."""
        return all(self.late(task, change).isna().all() for change in REDRAWN)

    def moved(self, task: str) -> str:
        """Return to where noise on its weights moves how often network and machine disagree."""
        return self._percent("disagreement", self._noisy(task))

    def a_third(self, task: str) -> bool:
        """Return whether network and machine disagree at a third of the steps, in each seed."""
        return bool(self.of("rate", task=task, change="none").sub(1 / 3).abs().max() < CLOSE)

    def found_in(self, task: str) -> str:
        """Return in how many streams noise is found where it is not in half of them."""
        rows = self._noisy(task)
        return self._percent("alarms", rows[rows["delay"].isna()])

    def slower(self, task: str) -> float:
        """Return how many times later than by the others noise on weights is found by seed 0."""
        late = self.late(task, NOISY)
        return float(late[0] / late[1:].mean())

    def _noisy(self, task: str) -> pd.DataFrame:
        return having(self.rows, {"task": task, "change": NOISY})

    def alike(self) -> bool:
        """Return whether seeds of which no other network is found are moved less by it."""
        rows = having(self.rows, {"task": list(WATCHED), "change": "other_seed"})
        moved = (rows["disagreement"] - rows["rate"]).abs()
        return bool(moved[rows["delay"].isna()].max() < moved[rows["delay"].notna()].min())

    @staticmethod
    def _percent(column: str, rows: pd.DataFrame) -> str:
        return f"{least_to_most(100 * rows[column], '.0f')} %"


@dataclass(frozen=True)
class Strangers:
    """Kept scores of sequences, which tell changed ones from usual ones.

    Attributes:
        rows: a row a task, change and score.
    """

    rows: pd.DataFrame

    def listed(self) -> str:
        """Return a line for each task and change, a column for each score."""
        lines = [self._line(task, change) for task in SHOWN for change in STRANGE]
        return markdown([["", *SCORES.values()], *lines])

    def _line(self, task: str, change: str) -> Iterator[str]:
        rows = self._of(task, change)
        best = rows["value"].idxmax()
        yield f"`{task}`: {change}" if change == STRANGE[0] else change
        for score in SCORES:
            value, _, ends = with_ends(rows.loc[score]).partition(" ")
            yield f"**{value}** {ends}" if score == best else f"{value} {ends}"

    def _of(self, task: str, change: str) -> pd.DataFrame:
        wanted = {"task": task, "change": change, "score": list(SCORES)}
        return having(self.rows, wanted).set_index("score")

    def one(self, task: str, change: str, score: str) -> str:
        """Return an AUROC with its interval."""
        return with_ends(self._of(task, change).loc[score])

    def best(self, task: str, change: str) -> str:
        """Return the score that tells a change best, by its value."""
        return str(self._of(task, change)["value"].idxmax())

    def n_sequences(self) -> int:
        """Return how many sequences of each kind there are."""
        (n,) = having(self.rows, {"task": list(WATCHED)})["n_sequences"].unique()
        return int(n)

    def against_softmax(self, score: str) -> dict[str, int]:
        """Return in how many rows of the table a score is better than softmax, worse or neither."""
        wanted = {"task": SHOWN, "score": score, "change": STRANGE}
        rows = having(self.rows, wanted)
        sides = _beside(rows["gain_low"], rows["gain_high"], 0)
        return {side: int((sides == side).sum()) for side in (ABOVE, BELOW, OPEN)}

    def told(self, task: str, *scores: str, side: str = ABOVE) -> list[str]:
        """Return the changes that one of the scores tells, or tells the other way round."""
        rows = having(self.rows, {"task": task, "score": scores or tuple(SCORES)})
        rows = rows[_beside(rows["low"], rows["high"], CHANCE) == side]
        return [change for change in STRANGE if change in set(rows["change"])]


def _percents(values: pd.Series) -> str:
    """Return shares in per cent, two digits of small ones, one of shares that are all alike."""
    said = [f"{share:.{int(0 < share < 10)}f}" for share in 100 * values]
    return f"{', '.join(said if len(set(said)) > 1 else said[:1])} %"


def _beside(low: pd.Series, high: pd.Series, value: float) -> pd.Series:
    """Return on which side of a value each interval lies, or that it holds it."""
    sides = pd.Series(OPEN, index=low.index)
    return sides.mask(low > value, ABOVE).mask(high < value, BELOW)
