"""What a change of some units does to switching, relative to the unchanged network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from markovlens.dynamics.measures import (
    LEVEL,
    NOTHING,
    Estimate,
    Numbers,
    Place,
    exactly,
    over_runs,
    ratio_of,
    share_of,
    tidy,
)
from markovlens.dynamics.switches import UNBOUNDED, Direction, switches_of

CONTROLS = ("random", "matched")
HOLDS, TRAPS = 0.7, 0.1  # of the normal rate: not impaired, trapped
RULE_OF_THREE = 3.0  # 95 % bound on expected events where none came (Hanley & Lippman-Hand 1983)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a network did in runs (B, T) after one change, for one direction of switching.

    Attributes:
        switches: (B,), switches in the direction.
        chances: (B,), steps at the symbol that the direction leaves, which are not the last.
        all_switches: (B,), switches in any direction.
        steps: (B,), steps of bounded states; a run that grows without bound has fewer.
    """

    switches: np.ndarray
    chances: np.ndarray
    all_switches: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of some units, and what the network did with and without it.

    Attributes:
        units: which units are changed: "kick" or "inputs", or a control, "random" or "matched".
        direction: name of the kick group that they belong to or stand for, e.g. "0>2".
        level: the gain, or the number of units silenced.
        activity: mean activity of the changed units in normal runs.
        normal: of the unchanged network, from the same states under the same noise.
        changed: of the changed network; for a control one for each draw of units.
    """

    units: str
    direction: str
    level: float
    activity: float
    normal: Outcome
    changed: Sequence[Outcome]


def outcome_of(symbols: np.ndarray, direction: Direction) -> Outcome:
    """Return what happened in likeliest symbols (B, T)."""
    switches, n_runs = switches_of(symbols), len(symbols)
    along = switches.along(direction)
    leaving = (symbols[:, :-1] == direction[0]) & (symbols[:, 1:] != UNBOUNDED)
    return Outcome(
        np.bincount(switches.run[along], minlength=n_runs),
        leaving.sum(axis=1),
        np.bincount(switches.run, minlength=n_runs),
        (symbols != UNBOUNDED).sum(axis=1),
    )


def effect_table(analysis: str, effects: Iterable[Effect]) -> pd.DataFrame:
    """Return the effects: `where` says which units, `pair` the direction, `level` how much.

    Measures, all relative to the unchanged network: `rate_ratio` of switches in the direction per
    step at the symbol that they leave; `switching_ratio` of all switches per step. Shares:
    `occupancy` of the symbol that the direction leaves, `growing` runs. `activity` is the mean of
    the changed units in normal runs. For controls the value is the median over draws, with its
    interval over draws, n their number, and there are `holding`, the share of draws with a rate
    ratio of .7 or more, and `trapping`, of .1 or less.
    """
    numbers: Numbers = {}
    for effect in effects:
        where = Place(effect.units, pair=effect.direction, level=effect.level)
        found = _of_one(effect) if effect.units not in CONTROLS else _of_draws(effect)
        numbers |= {(measure, where): estimate for measure, estimate in found.items()}
        numbers["activity", where] = exactly(effect.activity)
    return tidy(analysis, numbers)


def _of_one(effect: Effect) -> dict[str, Estimate]:
    normal, changed = effect.normal, effect.changed[0]
    return {
        "rate_ratio": _relative(
            (changed.switches, changed.chances), (normal.switches, normal.chances)
        ),
        "switching_ratio": _relative(
            (changed.all_switches, changed.steps), (normal.all_switches, normal.steps)
        ),
        "occupancy": ratio_of(changed.chances, changed.steps),
        "growing": share_of(changed.steps < normal.steps),
    }


def _of_draws(effect: Effect) -> dict[str, Estimate]:
    single = [_of_one(replace(effect, changed=(changed,))) for changed in effect.changed]
    found = {
        measure: median_of(np.array([one[measure].value for one in single]))
        for measure in single[0]
    }
    ratios = np.array([one["rate_ratio"].value for one in single])
    ratios = ratios[np.isfinite(ratios)]
    return found | {"holding": share_of(ratios >= HOLDS), "trapping": share_of(ratios <= TRAPS)}


def _relative(
    changed: tuple[np.ndarray, np.ndarray], normal: tuple[np.ndarray, np.ndarray]
) -> Estimate:
    """Return a rate (events, steps) over another one, both (B,) over the same runs."""
    found = over_runs(np.stack([*changed, *normal], axis=1), _ratio_of_rates)
    if found.value > 0 or not found.n:
        return replace(found, low=max(found.low, 0.0))
    # No event at all: the rule of three, for the jackknife knows no interval then.
    most = RULE_OF_THREE / changed[1].sum() / (normal[0].sum() / normal[1].sum())
    return replace(found, low=0.0, high=float(most))


def _ratio_of_rates(sums: np.ndarray) -> np.ndarray:
    return (sums[:, 0] / sums[:, 1]) / (sums[:, 2] / sums[:, 3])


def median_of(values: np.ndarray) -> Estimate:
    """Return the median of independent draws (D,) with its distribution-free interval."""
    values = values[np.isfinite(values)]
    if not len(values):
        return NOTHING
    low, high = stats.quantile_test(values, p=0.5).confidence_interval(LEVEL)
    return Estimate(float(np.median(values)), float(low), float(high), len(values))
