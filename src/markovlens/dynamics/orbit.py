"""Does the noise drive the network round an orbit, in one direction, and how flat is it?

Torre et al. 2025: trajectories under noise circle in the plane of the first two principal
components. Rotation is measured as the winding number about the mean state, beside runs whose
steps are shuffled; time reversal turns every winding number over, so that runs with a share of one
sign far from a half cannot be reversible. The readout's place relative to the plane is here, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from markovlens.dynamics.measures import Numbers, Place, exactly, mean_of, ratio_of, share_of, tidy
from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.embedding.pod import POD, pod
from markovlens.errors import DataError

N_COMPONENTS = 10  # of the authors' analysis
N_GROUPS = 10  # of runs, each with a plane of its own: the interval of what a plane decides
RARE = 0.02  # symbols below this share of steps say nothing about the orbit


@dataclass(frozen=True, slots=True)
class Orbit:
    """Rotation of runs in the plane of their first two principal components.

    Attributes:
        basis: the principal components of all states.
        turns: (B,), winding number of each run about the mean state, in full turns.
        shuffled: (B,), the same after the steps of each run were put in random order.
        switches: (B,), changes of the likeliest symbol in each run.
        shares: (B, M), share of each run's variance along each component.
        readout_lengths: (G, C), length of each symbol's unit readout row within the plane, for
            the plane of each group of runs: 1 lies in it, 0 is orthogonal.
        frequencies: (C,), share of steps at which each symbol is the likeliest.
        p_reversible: two-sided exact sign test that runs turn either way equally often.
    """

    basis: POD
    turns: np.ndarray
    shuffled: np.ndarray
    switches: np.ndarray
    shares: np.ndarray
    readout_lengths: np.ndarray
    frequencies: np.ndarray
    p_reversible: float

    def table(self) -> pd.DataFrame:
        """Return the orbit's numbers; `turns` are positive in the direction of most runs."""
        direction = majority(self.turns)
        forward = direction * self.turns
        numbers: Numbers = {
            ("turns", "run"): mean_of(forward),
            ("turns", "shuffled"): mean_of(direction * self.shuffled),
            ("sign_share", "run"): share_of(forward > 0),
            ("sign_share", "shuffled"): share_of(self.shuffled * majority(self.shuffled) > 0),
            ("turns_per_switch", "run"): ratio_of(forward, self.switches),
            ("turns_per_switch", "shuffled"): ratio_of(direction * self.shuffled, self.switches),
            ("p_reversible", "run"): exactly(self.p_reversible, len(self.turns)),
            ("switches", "run"): mean_of(self.switches.astype(float)),
        }
        for place, share in enumerate(self.shares.T):
            numbers["variance_share", Place("component", rank=place + 1)] = mean_of(share)
        return tidy("orbit", numbers | self._readout())

    def paths(self, episode: Episode, *, n_runs: int = 4, n_steps: int = 150) -> pd.DataFrame:
        """Return the first steps of some runs in the plane: run, step, pc1, pc2, symbol."""
        places = self.basis.project(episode.states[:n_runs, :n_steps])
        run, step = np.indices(places.shape[:2])
        return pd.DataFrame(
            {
                "run": run.ravel(),
                "step": step.ravel(),
                "pc1": places[..., 0].ravel(),
                "pc2": places[..., 1].ravel(),
                "symbol": episode.likeliest[:n_runs, :n_steps].ravel(),
            }
        )

    def _readout(self) -> Numbers:
        numbers: Numbers = {
            ("readout_length", Place("symbol", symbol=symbol)): mean_of(lengths)
            for symbol, lengths in enumerate(self.readout_lengths.T)
        }
        frequent = self.frequencies >= RARE
        mean = self.readout_lengths[:, frequent].mean(axis=1)
        return numbers | {("readout_length", "frequent symbols"): mean_of(mean)}


def orbit(network: NoisyNetwork, episode: Episode, *, rng: np.random.Generator) -> Orbit:
    """Return the rotation of runs, their principal components and the readout's place in them.

    Args:
        network: whose readout is looked at.
        episode: independent runs (B, T) of it.
        rng: of the shuffled control.

    Raises:
        DataError: fewer runs than groups.
    """
    n_runs, _, n_units = episode.states.shape
    if n_runs < N_GROUPS:
        raise DataError(
            f"expected at least {N_GROUPS} runs, got {n_runs}; run more of them", page="too-few"
        )
    basis = pod(episode.states.reshape(-1, n_units), n_components=min(N_COMPONENTS, n_units))
    places = basis.project(episode.states)
    turns = winding(places[..., :2])
    likeliest = episode.likeliest
    return Orbit(
        basis,
        turns,
        winding(shuffled_steps(places[..., :2], rng)),
        (likeliest[:, 1:] != likeliest[:, :-1]).sum(axis=1),
        _variance_shares(places, episode.states),
        _readout_lengths(network.readout, episode.states),
        np.bincount(likeliest.ravel(), minlength=len(network.readout)) / likeliest.size,
        float(stats.binomtest(int((turns > 0).sum()), n_runs).pvalue),
    )


def winding(places: np.ndarray, *, counted: np.ndarray | None = None) -> np.ndarray:
    """Return the full turns (B,) that paths (B, T, 2) make about the origin, signed.

    Args:
        places: no step may turn by more than half a turn.
        counted: (B, T - 1), which steps count; all when None.
    """
    points = places[..., 0] + 1j * places[..., 1]
    angles = np.angle(points[:, 1:] * points[:, :-1].conj())
    kept = angles if counted is None else angles * counted
    return kept.sum(axis=1) / (2 * np.pi)


def shuffled_steps(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return paths (B, T, M) with the steps of each in a random order of its own."""
    order = rng.permuted(np.tile(np.arange(places.shape[1]), (len(places), 1)), axis=1)
    return np.take_along_axis(places, order[..., None], axis=1)


def majority(turns: np.ndarray) -> float:
    """Return the sign of most runs' turns (B,), 1 or -1."""
    return 1.0 if np.sign(turns).sum() >= 0 else -1.0


def _variance_shares(places: np.ndarray, states: np.ndarray) -> np.ndarray:
    return places.var(axis=1) / states.var(axis=1).sum(axis=1, keepdims=True)


def _readout_lengths(readout: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Return the length (G, C) of unit readout rows in the plane of each group of runs."""
    groups = np.array_split(states, N_GROUPS)
    planes = [pod(some.reshape(-1, some.shape[-1]), n_components=2) for some in groups]
    rows = readout / np.linalg.norm(readout, axis=1, keepdims=True)
    return np.stack([np.linalg.norm(rows @ plane.components.T, axis=1) for plane in planes])
