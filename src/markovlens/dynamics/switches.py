"""Switches of the likeliest symbol in runs of a network, and how often each direction occurs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.dynamics.network import NoisyNetwork

UNBOUNDED = -1  # the "symbol" of a run whose states have grown beyond all measure
GROWTH = 1e4  # times the typical norm: no longer the dynamics that was trained

Direction = tuple[int, int]  # symbol before the switch, symbol after


@dataclass(frozen=True, slots=True)
class Switches:
    """All M changes of symbol in runs (B, T), in the order of runs and steps.

    Attributes:
        run: int (M,), in 0..B-1.
        step: int (M,), the first step of the new symbol, in 1..T-1.
        before, after: int (M,), symbols.
        dwell: int (M,), steps that the symbol before was held; less than it was held in truth
            for the first switch of a run, whose dwell began before the record.
    """

    run: np.ndarray
    step: np.ndarray
    before: np.ndarray
    after: np.ndarray
    dwell: np.ndarray

    def __len__(self) -> int:
        """Return M."""
        return len(self.run)

    def along(self, direction: Direction) -> np.ndarray:
        """Return which switches go in a direction, bool (M,)."""
        return (self.before == direction[0]) & (self.after == direction[1])


def switches_of(symbols: np.ndarray) -> Switches:
    """Return the switches of symbols (B, T); an unbounded run has none after its last symbol."""
    before, after = symbols[:, :-1], symbols[:, 1:]
    changed = (before != after) & (before != UNBOUNDED) & (after != UNBOUNDED)
    run, step = np.nonzero(changed)
    last = np.concatenate([[0], step[:-1] + 1])
    begun = np.where(np.concatenate([[True], run[1:] != run[:-1]]), 0, last)[: len(run)]
    return Switches(run, step + 1, before[run, step], after[run, step], step + 1 - begun)


def directions_of(switches: Switches, *, least: int, share: float) -> list[Direction]:
    """Return the directions with at least `least` switches and `share` of all, in order."""
    pairs = np.stack([switches.before, switches.after], axis=1)
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    common = (counts >= least) & (counts >= share * len(switches))
    return [(int(before), int(after)) for before, after in kinds[common]]


def direction_name(direction: Direction) -> str:
    """Return e.g. "0>2"."""
    return f"{direction[0]}>{direction[1]}"


def likeliest_of(network: NoisyNetwork, noise: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the likeliest symbols (B, T) under given noise, UNBOUNDED once the states grow.

    Args:
        network: the network, perhaps a changed one.
        noise: (B, T, d).
        start: (B, H), states of normal runs: what counts as growth is measured against them.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # growth is a result here
        states = network.follow(noise, start=start)
        symbols = (states @ network.readout.T).argmax(axis=-1)
    return np.where(grown_of(states, start), UNBOUNDED, symbols)


def grown_of(states: np.ndarray, typical: np.ndarray) -> np.ndarray:
    """Return which steps (B, T) of states (B, T, H) come after growth beyond all measure.

    That is more than 10,000 times the median of the largest activities of `typical` states (N, H).
    """
    limit = GROWTH * np.median(typical.max(axis=-1))
    return np.logical_or.accumulate(~(states.max(axis=-1) <= limit), axis=1)


def pair_counts(symbols: np.ndarray, n_symbols: int, *, lag: int = 1) -> np.ndarray:
    """Return how often a symbol (row) came `lag` steps before another in each run, (B, C, C).

    Steps after which a run has grown without bound do not count.
    """
    n_runs = len(symbols)
    first, second = symbols[:, :-lag], symbols[:, lag:]
    cells = (np.arange(n_runs)[:, None] * n_symbols + first) * n_symbols + second
    counts = np.bincount(cells[second != UNBOUNDED], minlength=n_runs * n_symbols**2)
    return counts.reshape(n_runs, n_symbols, n_symbols)
