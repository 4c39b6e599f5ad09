"""The figure of `large_activations.py`: processor time and memory against the number of steps."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter
from scipy import stats

from markovlens.figures.style import ALARM, INK, MUTED, frame, panels, styled

LEVEL = 0.95
LIMIT_MIB = 2048
BOUND = 0.1  # per cent of the log-likelihood
FIXED_BELOW = 300_000  # steps; below, what every size pays once is too large a part
RAISED = str.maketrans(
    "-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
)
AHEAD = (10**8, 10**9)  # steps
SEARCH = "start"  # the stage that reads a sample and costs about the same at any size
COLOURS = {
    "record": "#E69F00",
    "embed": "#56B4E9",
    "start": "#D55E00",
    "fit": "#0072B2",
    "decode": "#CC79A7",
    "score": "#009E73",
}
MARKERS = dict(zip(COLOURS, "sDX^vP", strict=True))


@dataclass(frozen=True, slots=True)
class Growth:
    """A power law for seconds against steps, a straight line in log10 of both."""

    slope: float
    intercept: float
    spread: float  # standard deviation about the line, log10 of seconds
    logs: np.ndarray  # (M,) log10 of the measured steps

    @property
    def quantile(self) -> float:
        """Student's t at the level, with M - 2 degrees of freedom."""
        return float(stats.t.ppf((1 + LEVEL) / 2, len(self.logs) - 2))

    @property
    def squares(self) -> float:
        """Sum of squared distances of the measured steps from their mean."""
        return float(((self.logs - self.logs.mean()) ** 2).sum())

    @property
    def margin(self) -> float:
        """Half the width of the slope's interval."""
        return self.quantile * self.spread / np.sqrt(self.squares)

    def seconds(self, n_steps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the seconds of another run of so many steps, and its prediction interval."""
        at = np.log10(n_steps)
        middle = self.intercept + self.slope * at
        away = 1 + 1 / len(self.logs) + (at - self.logs.mean()) ** 2 / self.squares
        half = self.quantile * self.spread * np.sqrt(away)
        return 10**middle, 10 ** (middle - half), 10 ** (middle + half)


def passes_counted(table: pd.DataFrame) -> int:
    """Return the full passes of the largest run: how many there are depends on the data."""
    return int(table.loc[table["steps"].idxmax(), "passes"])


def growing(table: pd.DataFrame) -> pd.DataFrame:
    """Return the seconds `cpu_s` of each run, `steps` and `run`, at the same number of passes.

    The search for a start is left out: it costs about the same at any size.
    """
    stages = table[table["stage"] != SEARCH].copy()
    passes = 1 + stages["passes"]  # and the one that scores the last parameters
    scale = (1 + passes_counted(table)) / passes
    stages["cpu_s"] *= scale.where(stages["stage"] == "fit", 1.0)
    return stages.groupby(["steps", "run"])["cpu_s"].sum().reset_index()


def growth_of(table: pd.DataFrame) -> Growth:
    """Return how the seconds of all stages but the search grow with the steps."""
    total = growing(table)
    total = total[total["steps"] >= FIXED_BELOW]
    if total["steps"].nunique() < 3:
        raise ValueError(
            "table: expected runs of three sizes or more with a core of their own, got "
            f"{total['steps'].nunique()}; run them under `chrt -f 10 taskset -c 0`"
        )
    x, y = np.log10(total["steps"].to_numpy()), np.log10(total["cpu_s"].to_numpy())
    slope, intercept = np.polyfit(x, y, 1)
    spread = np.sqrt(((y - slope * x - intercept) ** 2).sum() / (len(x) - 2))
    return Growth(float(slope), float(intercept), float(spread), x)


def growth_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the exponent with its interval, and the hours of larger runs with theirs."""
    growth = growth_of(table[table["core"] == "own"])
    slope, off = growth.slope, growth.margin
    rows = [("exponent", None, slope, slope - off, slope + off)]
    for n_steps in AHEAD:
        hours = (float(seconds) / 3600 for seconds in growth.seconds(np.array(n_steps)))
        rows.append(("hours", n_steps, *hours))
    return pd.DataFrame(rows, columns=["measure", "steps", "value", "low", "high"])


def gaps(fits: pd.DataFrame, other: str) -> pd.Series:
    """Return how much more likely streaming fits are than another, a share of its likelihood."""
    return (fits["streaming"] - fits[other]) / fits[other].abs()


@styled()
def draw_large(table: pd.DataFrame, fits: pd.DataFrame) -> Figure:
    """Return processor time with its extrapolation, peak memory, and likelihood beside memory."""
    alone = table[table["core"] == "own"]
    growth = growth_of(alone)
    figure, (left, middle, right) = panels(3, columns=2, height=3.1)
    _draw_time(left, alone, growth)
    _draw_memory(middle, table)
    _draw_fits(right, fits)
    passes, counted = table["passes"], passes_counted(alone)
    foot = (
        "one thread \u00b7 GRU of 64 units on mess3, sequences of 100 steps, 8 principal "
        "components, HMM of 6 states with full covariances \u00b7 start: 10 fits to 10,000 steps, "
        "the best moved on by splits and merges \u00b7 fit: full passes until one gains under 1e-5 "
        f"nats a step, {passes.min()} to {passes.max()} of them \u00b7 line through "
        f"{len(growth.logs)} runs of {FIXED_BELOW:,} steps or more without start, at {counted} "
        "passes, band: "
        f"{LEVEL:.0%} prediction interval of a run \u00b7 likelihood: 100,000 held-out steps, one "
        "point a seed of the search"
    )
    frame(figure, finding(alone, growth, fits), foot=foot, handles=[_handles()])
    return figure


def finding(table: pd.DataFrame, growth: Growth, fits: pd.DataFrame) -> str:
    """Return the title: what the largest run took, how cost grows, what streaming costs."""
    most = table["steps"].max()
    largest = table[table["steps"] == most]
    minutes = largest.groupby("run")["cpu_s"].sum().mean() / 60
    peak = table["peak_mib"].max() / 1024
    low, high = growth.slope - growth.margin, growth.slope + growth.margin
    linear = (
        "is linear in" if low <= 1 <= high else f"grows {'slower' if high < 1 else 'faster'} than"
    )
    below = -100 * min(gaps(fits, "same_start").min(), gaps(fits, "restarts").min(), 0.0)
    return (
        f"{most:.0e} steps of 64 units take {minutes:.1f} processor minutes and {peak:.1f} GiB at "
        f"most; time {linear} the steps (exponent {growth.slope:.2f}, {LEVEL:.0%} interval "
        f"{low:.2f} to {high:.2f}); likelihood is at most {below:.4f} % below a fit in memory"
    ).replace("e+0", "e")


def _draw_time(axes: Axes, table: pd.DataFrame, growth: Growth) -> None:
    for stage, colour in COLOURS.items():
        mine = table[table["stage"] == stage]
        axes.plot(mine["steps"], mine["cpu_s"], ls="", marker=MARKERS[stage], ms=5, color=colour)
        mean = mine.groupby("steps")["cpu_s"].mean()
        axes.plot(mean.index, mean, color=colour, lw=1)
    total = growing(table)
    axes.plot(total["steps"], total["cpu_s"], ls="", marker="o", ms=5, color=INK)
    at = np.geomspace(FIXED_BELOW, max(AHEAD), 60)
    middle, low, high = growth.seconds(at)
    axes.fill_between(at, low, high, color=MUTED, alpha=0.2, lw=0)
    axes.plot(at, middle, color=INK, lw=1.4)
    for n_steps in AHEAD:
        middle, low, high = (float(value) for value in growth.seconds(np.array(n_steps)))
        said = f"{middle / 3600:.1f} h\n({low / 3600:.1f} to {high / 3600:.1f})"
        axes.annotate(
            said, (n_steps, middle), (-6, 4), textcoords="offset points", ha="right", va="bottom"
        )
        axes.plot([n_steps], [middle], marker="o", ms=6, mfc="white", color=INK)
    _log(axes)
    axes.set_ylim(top=20 * float(growth.seconds(np.array(max(AHEAD)))[0]))
    axes.set_xlabel("steps")
    axes.set_ylabel("processor time (s)")
    axes.set_title("Time")
    axes.grid()


def _log(axes: Axes) -> None:
    """Make both axes logarithmic; the style writes no formulas, so that powers are letters."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_power))
        axis.set_minor_formatter(NullFormatter())


def _power(value: float, _: object) -> str:
    return "10" + str(round(np.log10(value))).translate(RAISED)


def _draw_memory(axes: Axes, table: pd.DataFrame) -> None:
    rows = table.groupby("steps")[["peak_mib", "file_mib"]].max()
    axes.plot(rows.index, rows["peak_mib"], color=INK, marker="o")
    axes.plot(rows.index, rows["file_mib"], color=MUTED, marker="s", ls=(0, (4, 2)))
    axes.axhline(LIMIT_MIB, color=ALARM, lw=1, ls=(0, (1, 2)))
    axes.text(rows.index[0], LIMIT_MIB * 1.06, "2 GiB", color=ALARM, va="bottom")
    _log(axes)
    axes.set_ylim(top=2 * max(LIMIT_MIB, rows.to_numpy().max()))
    axes.set_xlabel("steps")
    axes.set_ylabel("MiB")
    axes.set_title("Peak memory (circles), file (squares)")
    axes.grid()


def _draw_fits(axes: Axes, fits: pd.DataFrame) -> None:
    rows = {"same_start": "in memory,\nsame start", "restarts": "in memory,\nbest of 10 starts"}
    for (n_steps, mine), marker in zip(fits.groupby("steps"), "oDsv", strict=False):
        for place, other in enumerate(rows):
            x = np.full(len(mine), place) + (0.1 if marker == "D" else -0.1)
            label = f"{n_steps:,} steps" if place == 0 else None
            share = 100 * gaps(mine, other)
            axes.plot(x, share, ls="", marker=marker, ms=5, color=INK, mfc="none", label=label)
    axes.axhspan(-BOUND, BOUND, color=MUTED, alpha=0.25, lw=0, label=f"\u00b1{BOUND:g} %")
    axes.set_xticks(range(len(rows)), list(rows.values()))
    axes.set_xlim(-0.6, len(rows) - 0.4)
    axes.set_ylabel("streaming above (%)")
    axes.set_title("Held-out log-likelihood against")
    axes.legend(loc="center left", fontsize="small")
    axes.grid(axis="y")


def _handles() -> list[Line2D]:
    stages = [
        Line2D([], [], color=colour, marker=MARKERS[stage], lw=1, label=stage)
        for stage, colour in COLOURS.items()
    ]
    return [*stages, Line2D([], [], color=INK, marker="o", label="all but start, and extrapolated")]
