"""What each unit, a subject or a sequence, shows of every state, as ratios of two rates.

All that is compared is a ratio of two rates of a unit: how often one thing happens a step over how
often another does. A group's value is the ratio of the rates' means over its units, so that each
unit counts the same however long it was recorded, and a unit that never leaves a state still says
that it lasts.

* occupancy: steps in state k / steps.
* dwell: steps in k that have a next step / exits from k. Of a run that the end of its sequence cuts
  off the last step thus counts as not seen to end: the estimate of maximum likelihood of a mean
  dwell time whose chance to end is the same at each step, right for runs cut at either end.
* switching: changes of state / pairs of adjacent steps.
* transition: exits from i to j / exits from i.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.groups.decoding import Decoded
from markovlens.sequences import starts_of

OCCUPANCY, DWELL, SWITCHING, TRANSITION = "occupancy", "dwell", "switching", "transition"
MEASURES = (OCCUPANCY, DWELL, SWITCHING, TRANSITION)
UNITS = {OCCUPANCY: "share of steps", DWELL: "steps", SWITCHING: "per step",
         TRANSITION: "share of exits"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """What each of U units did.

    Attributes:
        steps: (U, K), steps in each state.
        moves: (U, K, K), pairs of adjacent steps in states i and then j.
    """

    steps: np.ndarray
    moves: np.ndarray


@dataclass(frozen=True, slots=True)
class Ratios:
    """The two rates (U, M) of each unit, of M measures."""

    above: np.ndarray
    below: np.ndarray


def count(decoded: Decoded, unit: np.ndarray, n_states: int) -> Counts:
    """Return the counts of each unit.

    Args:
        decoded: the states of a group.
        unit: int (S,), the unit, 0 .. U-1, of each sequence.
        n_states: K.
    """
    n_units = int(unit.max()) + 1
    of_step = np.repeat(unit, decoded.lengths)
    steps = np.zeros((n_units, n_states))
    np.add.at(steps, (of_step, decoded.states), 1)
    moves = np.zeros((n_units, n_states, n_states))
    inner = np.ones(len(of_step), dtype=bool)
    inner[starts_of(decoded.lengths)] = False
    later = np.flatnonzero(inner)
    pairs = (of_step[later], decoded.states[later - 1], decoded.states[later])
    np.add.at(moves, pairs, 1)
    return Counts(steps, moves)


def ratios(counts: Counts, measures: Sequence[str]) -> Ratios:
    """Return the rates of the measures, in the order of `rows_of`."""
    made = [_ratio(counts, measure) for measure in measures]
    above, below = (np.concatenate([pair[side] for pair in made], axis=1) for side in (0, 1))
    return Ratios(above, below)


def _ratio(counts: Counts, measure: str) -> tuple[np.ndarray, np.ndarray]:
    steps = counts.steps / counts.steps.sum(axis=1, keepdims=True)
    n_pairs = counts.moves.sum(axis=(1, 2), keepdims=True)
    moves = counts.moves / np.maximum(n_pairs, 1)
    n_states = steps.shape[1]
    stays = np.einsum("uii->ui", moves)
    at_risk = moves.sum(axis=2)
    exits = at_risk - stays
    if measure == OCCUPANCY:
        return steps, np.ones_like(steps)
    if measure == DWELL:
        return at_risk, exits
    if measure == SWITCHING:
        return exits.sum(axis=1, keepdims=True), at_risk.sum(axis=1, keepdims=True)
    i, j = _others(n_states)
    return moves[:, i, j], exits[:, i]


def quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return ratios; NaN where what is below never happens."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def rows_of(measures: Sequence[str], n_states: int) -> pd.DataFrame:
    """Return what each of the M measures is of: columns `measure`, `state` and `next` (Int64)."""
    i, j = _others(n_states)
    each, none = np.arange(n_states), np.full(n_states, np.nan)
    of = {
        OCCUPANCY: (each, none),
        DWELL: (each, none),
        SWITCHING: (none[:1], none[:1]),
        TRANSITION: (i, j),
    }
    tables = [
        pd.DataFrame({"measure": measure, "state": of[measure][0], "next": of[measure][1]})
        for measure in measures
    ]
    return pd.concat(tables, ignore_index=True).astype({"state": "Int64", "next": "Int64"})


def _others(n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (P,) of states i and j that differ."""
    found = np.nonzero(~np.eye(n_states, dtype=bool))
    return found[0], found[1]
