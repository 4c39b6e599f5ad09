"""Where a state is led: the symbol that it favours in the end, and how noise changes that.

Without noise all states of a network without biases die away, but each in a direction, and with it
favours a symbol for ever: its fate. States of one fate are a basin. Its boundary is found by
bisection along segments between states of clusters with different fates; and a kick of noise
crosses it or not. Under noise, the same for all, what a state was is forgotten: the share of pairs
that still favour different symbols says how fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.dynamics.held import directions
from markovlens.dynamics.measures import (
    Numbers,
    Place,
    mean_of,
    ratio_of,
    share_of,
    tidy,
)
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.residency import ZONES, Residency

ANALYSIS = "basins"
FATE_STEPS, FATE_WINDOW = 150, 50  # without noise; over the last the commonest symbol counts
N_KICKS = 4  # for each state
TRIES = 20  # to find two cluster states with different symbols in two runs
GRID = 33  # points of a segment at which fates are compared
HALVINGS = 30
AHEAD = (1, 2, 5, 10, 20, 50, 100)  # steps under the same noise

Fate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Basins:
    """Fates of states, and what lies between two of them.

    Attributes:
        numbers: as a table.
        states: (N, H), those of the residency.
        fate: int (N,), the symbol that each favours in the end.
        boundary: (P, H), points between two states of different fates.
    """

    numbers: pd.DataFrame
    states: np.ndarray
    fate: np.ndarray
    boundary: np.ndarray


def fates(network: NoisyNetwork, states: np.ndarray) -> np.ndarray:
    """Return the symbol (N,) that states (N, H) favour in the end without noise.

    That is the commonest of the last 50 of 150 steps, in which directions alone count.
    """
    now = directions(states.astype(np.float32))
    votes = np.zeros((len(now), len(network.readout)), dtype=int)
    for step in range(FATE_STEPS):
        now = directions(network.step(now))
        if step >= FATE_STEPS - FATE_WINDOW:
            votes[np.arange(len(now)), (now @ network.readout.T).argmax(axis=1)] += 1
    return votes.argmax(axis=1)


def basins(network: NoisyNetwork, states: Residency, *, rng: np.random.Generator) -> Basins:
    """Return fates, boundaries and crossings of states whose zones are known.

    Args:
        network: as trained.
        states: with zones, of independent runs.
        rng: of pairs and noise.
    """

    def end(points: np.ndarray) -> np.ndarray:
        return fates(network, points)

    fate = end(states.states)
    numbers = _shares(states, fate) | _crossings(network, states, fate, rng)
    first, second = _pairs(states, states.symbol, rng)
    numbers |= _forgetting(network, first, second, rng)
    first, second = _pairs(states, fate, rng)
    boundary = np.empty((0, network.n_units), dtype=np.float32)
    if len(first):
        place, changes = between(end, first, second)
        boundary = (first + place[:, None] * (second - first)).astype(np.float32)
        kick = np.linalg.norm(network.noise(1, len(first), rng)[0] @ network.drive.T, axis=1)
        away = np.linalg.norm(second - first, axis=1) * np.minimum(place, 1 - place)
        numbers["boundary_changes", "segment"] = mean_of(changes)
        numbers["boundary_in_kicks", "cluster"] = mean_of(away / kick.mean())
    return Basins(tidy(ANALYSIS, numbers), states.states, fate, boundary)


def between(end: Fate, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where on each segment (N,) the fate changes first, and how often it changes.

    Args:
        end: maps states (N, H) to fates (N,).
        first, second: (N, H), the ends, with different fates.
    """
    grid = np.linspace(0, 1, GRID)
    points = first[:, None] + grid[:, None] * (second - first)[:, None]
    fate = end(points.reshape(-1, first.shape[1])).reshape(len(first), GRID)
    changed = fate[:, 1:] != fate[:, :-1]
    at = changed.argmax(axis=1)
    low, high = grid[at], grid[at + 1]
    begin = fate[np.arange(len(first)), at]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        same = end(first + middle[:, None] * (second - first)) == begin
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2, changed.sum(axis=1)


def _shares(states: Residency, fate: np.ndarray) -> Numbers:
    everything = states.sums(np.ones(len(fate)))
    numbers: Numbers = {
        ("fate_share", Place("symbol", symbol=int(symbol))): ratio_of(
            states.sums(fate == symbol), everything
        )
        for symbol in np.unique(fate)
    }
    for zone, found in states.by_zone((fate == states.symbol).astype(float)).items():
        numbers["fate_is_symbol", zone] = found
    return numbers


def _crossings(
    network: NoisyNetwork, states: Residency, fate: np.ndarray, rng: np.random.Generator
) -> Numbers:
    """Return the share of kicks, one step of noise, after which the fate is another, by zone."""
    if len(np.unique(fate)) < 2:
        return {}
    crossed = np.zeros(len(fate))
    for _ in range(N_KICKS):
        kicked = network.step(states.states, network.noise(1, len(fate), rng)[0])
        crossed += (fates(network, kicked) != fate) / N_KICKS
    by_zone = states.by_zone(crossed).items()
    return {("kicks_that_cross", zone): found for zone, found in by_zone}


def _pairs(
    states: Residency, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return cluster states (N, H) and others with another label, no run in two pairs.

    So the pairs are independent. Two runs without such a pair among `TRIES` have none.
    """
    clusters = np.flatnonzero(states.zone == ZONES.index("cluster"))
    of_run = states.run[clusters]
    runs = rng.permutation(np.unique(of_run))
    half = len(runs) // 2
    chosen: list[np.ndarray] = []
    for pair in zip(runs[:half], runs[half : 2 * half], strict=True):
        tried = np.stack([rng.choice(clusters[of_run == run], size=TRIES) for run in pair])
        apart = np.flatnonzero(labels[tried[0]] != labels[tried[1]])[:1]
        chosen.extend(tried[:, apart].T)
    one, other = np.array(chosen, dtype=int).reshape(-1, 2).T
    return states.states[one], states.states[other]


def _forgetting(
    network: NoisyNetwork, first: np.ndarray, second: np.ndarray, rng: np.random.Generator
) -> Numbers:
    """Return the share of pairs that favour different symbols after steps under the same noise."""
    if not len(first):
        return {}
    noise = network.noise(len(first), max(AHEAD), rng)
    symbols = [
        (network.follow(noise, start=start) @ network.readout.T).argmax(axis=-1)
        for start in (first, second)
    ]
    apart = symbols[0] != symbols[1]
    return {
        ("apart", Place("same noise", step=step)): share_of(apart[:, step - 1]) for step in AHEAD
    }
