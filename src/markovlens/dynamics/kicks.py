"""Kick units: silent inside a cluster, driven when the network leaves it, found automatically.

Torre et al. 2025 picked them by eye from pre-activations over the plane of an orbit: strongly
negative in clusters, about 0 in kick zones, positive in transitions. Here the same is read off the
mean recurrent drive W h_{t-1} around switches, for each direction on its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from markovlens.dynamics.measures import Estimate, Place, exactly, over_runs, ratio_of, tidy
from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.dynamics.switches import (
    Direction,
    Switches,
    direction_name,
    directions_of,
    switches_of,
)

PER_DIRECTION = 6  # units of a group; Torre et al. show triplets
WINDOW = 20  # steps on each side of a switch
AWAY = 5  # steps before a switch from which on a run counts as not yet leaving
LEAST_DWELL = AWAY + 3  # a switch needs some steps before it that are away from any switch
LEAST_SWITCHES, LEAST_SHARE = 20, 0.02  # of a direction that is worth a group of its own
OFFSETS = np.arange(-WINDOW, WINDOW + 1)


@dataclass(frozen=True, slots=True)
class KickGroup:
    """The kick units of one direction of switching.

    Attributes:
        direction: symbol before and after the switch.
        units: int (k,), k <= 6, the largest change first: those with negative drive before and
            positive drive at the switch; none if there is no such unit.
        before: (H,), mean recurrent drive of every unit 5 steps or more before the switch.
        at: (H,), mean recurrent drive at the switch.
        sums: (B, 2 * WINDOW + 1, H), recurrent drive around switches, summed over those of a run;
            the middle is the first step of the new symbol.
        counts: (B, 2 * WINDOW + 1), switches in these sums: steps before the dwell that the switch
            ends, or after the next switch, are left out.
        n_switches: switches with a dwell of 8 steps or more before them.
    """

    direction: Direction
    units: np.ndarray
    before: np.ndarray
    at: np.ndarray
    sums: np.ndarray
    counts: np.ndarray
    n_switches: int

    @property
    def name(self) -> str:
        """The direction, e.g. "0>2"."""
        return direction_name(self.direction)


def find_kicks(
    network: NoisyNetwork, episode: Episode, *, per_direction: int = PER_DIRECTION
) -> list[KickGroup]:
    """Return a group of kick units for each direction in which the network switches often enough.

    A unit may belong to several groups. Directions with under 20 switches, or under 2 % of all,
    have no group.

    Args:
        network: the network.
        episode: long noisy runs of it.
        per_direction: largest number of units in a group.
    """
    switches = switches_of(episode.likeliest)
    drive = np.zeros_like(episode.states)
    drive[:, 1:] = network.drives(episode.states[:, :-1])
    common = directions_of(switches, least=LEAST_SWITCHES, share=LEAST_SHARE)
    groups = (_group(drive, switches, direction, per_direction) for direction in common)
    return [group for group in groups if group.n_switches >= LEAST_SWITCHES]


def units_of(groups: Sequence[KickGroup]) -> np.ndarray:
    """Return the units of all groups, each once, in order."""
    return np.unique(np.concatenate([group.units for group in groups] or [np.empty(0, dtype=int)]))


def _group(
    drive: np.ndarray, switches: Switches, direction: Direction, per_direction: int
) -> KickGroup:
    clean = switches.along(direction) & (switches.dwell >= LEAST_DWELL)
    sums, counts = _around(drive, switches, clean)
    totals, weights = sums.sum(axis=0), counts.sum(axis=0)
    away = OFFSETS <= -AWAY
    before = totals[away].sum(axis=0) / max(weights[away].sum(), 1)
    at = totals[WINDOW] / max(weights[WINDOW], 1)
    candidates = np.flatnonzero((before < 0) & (at > 0))
    ranked = candidates[np.argsort(-(at - before)[candidates], kind="stable")]
    chosen = ranked[:per_direction]
    return KickGroup(direction, chosen, before, at, sums, counts, int(clean.sum()))


def _around(
    drive: np.ndarray, switches: Switches, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return sums (B, offsets, H) and counts (B, offsets) of the drive around chosen switches."""
    n_runs, n_steps, n_units = drive.shape
    sums = np.zeros((n_runs, len(OFFSETS), n_units))
    counts = np.zeros((n_runs, len(OFFSETS)))
    stay = _stay_after(switches, n_steps)
    for place, offset in enumerate(OFFSETS):
        # No drive is known at step 0.
        known = (offset >= -switches.dwell) & (offset < stay) & (switches.step + offset > 0)
        run, step = switches.run[chosen & known], switches.step[chosen & known] + offset
        belongs = (np.arange(n_runs)[:, None] == run).astype(drive.dtype)
        sums[:, place] = belongs @ drive[run, step]
        counts[:, place] = belongs.sum(axis=1)
    return sums, counts


def _stay_after(switches: Switches, n_steps: int) -> np.ndarray:
    """Return how many steps the new symbol of each switch is held, up to the end of the run."""
    same_run = np.append(switches.run[1:] == switches.run[:-1], False)
    following = np.append(switches.step[1:], n_steps)
    return np.where(same_run, following, n_steps) - switches.step


def kick_table(groups: Sequence[KickGroup]) -> pd.DataFrame:
    """Return the numbers of kick units: `pair` is a direction ("0>2"), `unit` one of its units.

    Measures: `drive_before`, `drive_at` and `drive_after` (5 to 20 steps from the switch), in units
    of activation: a unit whose drive stays positive after the switch holds the new cluster, too;
    `lead`, steps before the switch at which the mean drive turns positive; `n_units` and
    `n_switches` of a direction; and `drive` along the way, `step` -20 being 20 before the switch.
    """
    return tidy("kicks", dict(pair for group in groups for pair in _numbers(group)))


def _numbers(group: KickGroup) -> Iterator[tuple[tuple[str, Place], Estimate]]:
    direction = Place("direction", pair=group.name)
    yield ("n_units", direction), exactly(len(group.units))
    yield ("n_switches", direction), exactly(group.n_switches)
    spans = {"drive_before": OFFSETS <= -AWAY, "drive_at": OFFSETS == 0}
    spans["drive_after"] = OFFSETS >= AWAY
    for unit in group.units:
        where = Place("unit", pair=group.name, unit=int(unit))
        sums = group.sums[:, :, unit]
        for measure, span in spans.items():
            weights = group.counts[:, span].sum(axis=1)
            yield (measure, where), ratio_of(sums[:, span].sum(axis=1), weights)
        yield ("lead", where), over_runs(np.stack([sums, group.counts], axis=1), _leads)
        for place, offset in enumerate(OFFSETS):
            found = ratio_of(sums[:, place], group.counts[:, place])
            yield ("drive", replace(where, step=int(offset))), found


def _leads(totals: np.ndarray) -> np.ndarray:
    """Return for how many steps (M,) before the switch the mean drive has been positive.

    Args:
        totals: (M, 2, offsets), sums of the drive and their counts; 0 crossed by a straight line.
    """
    with np.errstate(invalid="ignore"):  # an offset without any switch counts as not positive
        means = (totals[:, 0] / totals[:, 1])[:, WINDOW::-1]
    found = np.zeros(len(means))
    for index, mean in enumerate(means):
        positive = mean > 0
        steps = int(positive.argmin()) if not positive.all() else WINDOW + 1
        crossed = 0 < steps <= WINDOW and np.isfinite(mean[steps])
        part = mean[steps - 1] / (mean[steps - 1] - mean[steps]) if crossed else 0.0
        found[index] = max(steps - 1 + part, 0.0)
    return found
