"""When the mechanism appears in training: switching, unstable directions, loss and match.

Torre et al. 2025 follow the rate of switching and the share of states with an unstable or a complex
near-critical eigenvalue through training, and call the first jump of the latter by 0.02 a
bifurcation. Shares of few states jump by chance, so that here the jump must be beyond the interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from markovlens.dynamics.linearisation import counted
from markovlens.dynamics.measures import (
    Estimate,
    Numbers,
    Place,
    exactly,
    over_runs,
    ratio_of,
    share_of,
    tidy,
)
from markovlens.dynamics.network import NoisyNetwork, draw_symbols
from markovlens.dynamics.spectra import eigenvalues_at
from markovlens.dynamics.switches import UNBOUNDED, grown_of, pair_counts, switches_of
from markovlens.tasks.markov import pair_distance

JUMP = 0.02  # of a share: the authors' bifurcation
MOST_GROWING = 0.5  # share of runs: a network that runs away has no orbit yet
SHARES = "unstable", "unstable_pairs", "critical_pairs_moebius"
WARMUP = 20  # steps, as the authors'


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network as it was during training.

    Attributes:
        step: updates so far.
        network: its weights then.
        loss: of training at that update, in its own unit.
    """

    step: int
    network: NoisyNetwork
    loss: float


@dataclass(frozen=True, slots=True)
class Stage:
    """What a checkpoint does under noise, run by run.

    Attributes:
        step: updates so far.
        loss: of training.
        inverse_dwells: (B,), sum of 1 / dwell over the dwells of a run.
        n_dwells: (B,), dwells of the likeliest symbol that begin and end in the run.
        shares: by kind of eigenvalue, bool (B,): the last state of the run has one of that kind
            (kinds as in `linearisation.counted`); growing runs count, at their last sane state.
        growing: bool (B,), the states grow without bound.
        pairs: (B, C, C), how often one sampled symbol (row) was followed by another (column).
    """

    step: int
    loss: float
    inverse_dwells: np.ndarray
    n_dwells: np.ndarray
    shares: dict[str, np.ndarray]
    growing: np.ndarray
    pairs: np.ndarray


def emergence(
    checkpoints: Sequence[Checkpoint], rng: np.random.Generator, *, n_runs: int, n_steps: int
) -> list[Stage]:
    """Return what each checkpoint does, under the same noise for all of them.

    Args:
        checkpoints: in the order of training.
        rng: of noise and symbols.
        n_runs: B.
        n_steps: T, after the warm-up.
    """
    noise = checkpoints[0].network.noise(n_runs, WARMUP + n_steps, rng)
    return [_stage(each, noise, rng) for each in checkpoints]


def _stage(checkpoint: Checkpoint, noise: np.ndarray, rng: np.random.Generator) -> Stage:
    network = checkpoint.network
    with np.errstate(over="ignore", invalid="ignore"):  # growth is a result here
        states = network.follow(noise)
    states, typical = states[:, WARMUP:], states[:, WARMUP]
    grown = grown_of(states, typical)
    logits = np.where(grown[..., None], 0, states) @ network.readout.T
    likeliest = np.where(grown, UNBOUNDED, logits.argmax(axis=-1))
    last = np.maximum((~grown).sum(axis=1) - 1, 0)
    kinds = counted(eigenvalues_at(network, states[np.arange(len(states)), last]))
    inverse, number = _dwells(likeliest)
    symbols = np.where(grown, UNBOUNDED, draw_symbols(logits, rng))
    return Stage(
        checkpoint.step,
        checkpoint.loss,
        inverse,
        number,
        {kind: kinds[kind] > 0 for kind in SHARES},
        grown[:, -1],
        pair_counts(symbols, len(network.readout)),
    )


def _dwells(symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of 1 / dwell and the number of whole dwells in each run, (B,) each."""
    switches, n_runs = switches_of(symbols), len(symbols)
    whole = switches.dwell < switches.step  # else it began before the record
    run = switches.run[whole]
    inverse = np.bincount(run, weights=1 / switches.dwell[whole], minlength=n_runs)
    return inverse, np.bincount(run, minlength=n_runs)


def emergence_table(
    stages: Sequence[Stage], wanted: np.ndarray, reference: np.ndarray
) -> pd.DataFrame:
    """Return the numbers of each `checkpoint`, whose `step` is the number of updates.

    Measures: `loss`; `switching`, mean of 1 / dwell of the likeliest symbol (the authors' rate);
    `growing`, share of runs whose states grow without bound; shares of states with an eigenvalue
    of each kind of `SHARES`; `pair_error`, total variation distance of sampled symbol pairs from
    those of the source, 0 to 1, with its floor at "source"; `bifurcation`, an update at "unstable",
    "critical", "switching" or "loss", NaN where nothing of the kind happens.

    Args:
        stages: in the order of training.
        wanted: (C, C), probability of a symbol and the next one in the source, exactly.
        reference: (B, C, C), pair counts of the source's own sequences, as many as there are runs.
    """
    numbers: Numbers = {("pair_error", "source"): pair_error(reference, wanted)}
    for stage in stages:
        own = {
            "loss": exactly(stage.loss),
            "switching": ratio_of(stage.inverse_dwells, stage.n_dwells),
            "growing": share_of(stage.growing),
            "pair_error": pair_error(stage.pairs, wanted),
        } | {kind: share_of(flags) for kind, flags in stage.shares.items()}
        here = Place("checkpoint", step=stage.step)
        numbers |= {(measure, here): found for measure, found in own.items()}
    for kind, step in bifurcations(stages).items():
        numbers["bifurcation", kind] = exactly(step)
    return tidy("emergence", numbers)


def pair_error(pairs: np.ndarray, wanted: np.ndarray) -> Estimate:
    """Return the `pair_distance` of pair counts (B, C, C) of runs from `wanted` (C, C)."""

    def distance(counts: np.ndarray) -> np.ndarray:
        return pair_distance(counts / counts.sum(axis=(1, 2), keepdims=True), wanted)

    found = over_runs(pairs, distance)
    return replace(found, low=max(found.low, 0.0))


def bifurcations(stages: Sequence[Stage]) -> dict[str, float]:
    """Return the updates at which something new begins, by automatic criteria; NaN if never.

    `unstable`, `critical`: the first checkpoint whose share of states with an unstable eigenvalue,
    or with a complex near-critical pair, is above the first checkpoint's by more than 0.02 even at
    the low end of its interval, among checkpoints most of whose runs stay bounded. `switching`: the
    first whose rate lies below the middle between the first and the last one's, on a log scale, if
    they differ by a factor of 2 or more. `loss`: the checkpoint that ends the largest drop of the
    loss.
    """
    rates = np.array([ratio_of(s.inverse_dwells, s.n_dwells).value for s in stages])
    middle = np.sqrt(rates[0] * rates[-1])
    loss = np.array([stage.loss for stage in stages])
    drops = np.append(0.0, loss[:-1] - loss[1:])
    fell = rates[0] >= 2 * rates[-1]
    return {
        "unstable": _first(stages, lambda i: _rises(stages, "unstable", i)),
        "critical": _first(stages, lambda i: _rises(stages, "critical_pairs_moebius", i)),
        "switching": _first(stages, lambda i: bool(fell and rates[i] < middle)),
        "loss": _first(stages, lambda i: bool(drops[i] > 0 and drops[i] == drops.max())),
    }


def _rises(stages: Sequence[Stage], kind: str, index: int) -> bool:
    if stages[index].growing.mean() > MOST_GROWING:
        return False
    start = stages[0].shares[kind].mean()
    return bool(share_of(stages[index].shares[kind]).low > start + JUMP)


def _first(stages: Sequence[Stage], holds: Callable[[int], bool]) -> float:
    found = (float(stage.step) for index, stage in enumerate(stages) if holds(index))
    return next(found, np.nan)
