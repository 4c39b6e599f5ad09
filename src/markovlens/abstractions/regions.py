"""Linear regions of rectified units as symbols, joined by what follows (AL-RNN).

A rectified unit is either silent, at one lowest value exactly, or active. Which units are active
is a region in which the network is linear, so that it codes the state without a cluster to fit
(Brenner et al. 2024, "Almost-Linear RNNs Yield Highly Interpretable Symbolic Codes in Dynamical
Systems Reconstruction").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.reducing import smallest_within
from markovlens.errors import DataError

MOST_REGIONS = 300  # the commonest; steps in others are taken for the nearest of them
SILENT_ROWS = 3  # different states in which a unit has its lowest value exactly: it may be silent
CREEP = 1e-3  # of a unit's range: so near to its lowest value comes one that saturates
TANH_RANGE = 2 + 1e-5  # from -1 to 1, and rounding


@dataclass(frozen=True, slots=True)
class Regions:
    """The commonest linear regions of a recording.

    Attributes:
        floor: (D,), what each unit is when it is silent; -inf for one that never is.
        active: bool (R, D), which units are active in each region, the commonest region first.
        n_seen: how many regions there were.
    """

    floor: np.ndarray
    active: np.ndarray
    n_seen: int

    @classmethod
    def of(cls, states: np.ndarray) -> Regions:
        """Return the regions of states (N, D); a `DataError` unless some unit is rectified."""
        floor = floors(states)
        patterns, counts = np.unique(states > floor, axis=0, return_counts=True)
        commonest = np.argsort(-counts, kind="stable")[:MOST_REGIONS]
        return cls(floor, patterns[commonest], len(patterns))

    def numbers(self, states: np.ndarray) -> np.ndarray:
        """Return the region (N,) of states (N, D); of unknown ones, that with the fewest others.

        Distance is the number of units that are active in one and silent in the other.
        """
        patterns, where = np.unique(states > self.floor, axis=0, return_inverse=True)
        # Units active in one alone, by two products: no array of patterns, regions and units.
        these, known = patterns.astype(np.float32), self.active.astype(np.float32)
        unlike = these @ (1 - known).T + (1 - these) @ known.T
        nearest: np.ndarray = unlike.argmin(axis=1)[where.ravel()]
        return nearest


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the smallest machine of linear regions within `n_states` that agrees best.

    Regions with the same future are joined as clusters are by `overcluster`: by folding, and by
    partition refinement cut off at words of 0, 1, 2, ... symbols; of all that fit into the budget
    it is the machine that agrees best with the network on the training sequences.

    Raises:
        DataError: no unit is rectified, or the states are recorded in mixed coordinates.
    """
    trace = evidence.train
    regions = evidence.once("regions", lambda: Regions.of(trace.states))
    labels = regions.numbers(trace.states)
    what = f"{regions.n_seen} linear regions"
    best = smallest_within(trace, labels, n_states, what=what, unseen=options.unseen)
    return Fitted(best.machine, lambda read: best.state_of[regions.numbers(read.states)])


def floors(states: np.ndarray) -> np.ndarray:
    """Return the value (D,) of each unit when silent, -inf where states (N, D) show none.

    States that are never below 0, and sometimes 0, are plain rectified units. Else, as units less
    their mean, a rectified one has its lowest value in many different states, exactly.

    A tanh unit may have that too: in single precision it is -1 exactly from about -9 on. It is told
    by what it does beside: it creeps up to its lowest value, or stops at a highest one no more than
    2 above it, or both are -1 and 1 at most. A unit of which that is said is never silent here.

    Raises:
        DataError: no unit has such a value.
    """
    if states.min() == 0:
        return np.zeros(states.shape[1])
    rows = np.unique(states, axis=0)
    lowest, highest = rows.min(axis=0), rows.max(axis=0)
    n_silent = (rows == lowest).sum(axis=0)
    rectified = (n_silent >= SILENT_ROWS) & (highest > lowest) & ~_saturates(rows, n_silent)
    if not rectified.any():
        raise DataError(
            "expected rectified units, whose lowest value, silence, comes again and again exactly; "
            f"none of {states.shape[1]} coordinates has one. Take kmeans or overcluster; if the "
            "network is rectified, record its units: `embedding: {method: units}` in a config, no "
            "`embed` in Python",
            page="every-fit-failed",
        )
    return np.where(rectified, lowest, -np.inf)


def _saturates(rows: np.ndarray, n_silent: np.ndarray) -> np.ndarray:
    """Return which units, bool (D,), saturate as tanh does, of different states (N, D)."""
    lowest, highest = rows.min(axis=0), rows.max(axis=0)
    near = ((rows > lowest) & (rows <= lowest + CREEP * (highest - lowest))).sum(axis=0)
    stops = ((rows == highest).sum(axis=0) >= SILENT_ROWS) & (highest - lowest <= TANH_RANGE)
    saturates: np.ndarray = (near > n_silent) | stops | ((lowest == -1) & (highest <= 1))
    return saturates
