"""Where the network rests without noise: collapse from noisy states, and roots of step(h) = h.

Torre et al. 2025 let 100 noisy states run on without noise and call where they end the fixed
point. Here the norm is followed as well, and roots are searched from every state with Powell's
hybrid method. A network without biases is positively homogeneous: its fixed points are the origin
or whole rays, and rays exist only in regions whose Jacobian has the eigenvalue 1, so that the
distance of each spectrum from 1 says how sure the absence of others is. Expected of a network with
one globally attracting fixed point: the norm falls below 1 % in 100 steps from every start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import root

from markovlens.dynamics.measures import Numbers, Place, exactly, mean_of, share_of, tidy
from markovlens.dynamics.network import NoisyNetwork

N_STEPS = 100
COLLAPSED = 0.01  # of the norm at the start
AT_REST = 1e-5  # of the mean norm of the starts: what a step may move a root
SAME = 1e-3  # of the mean norm of the starts: roots closer than this are one


@dataclass(frozen=True, slots=True)
class FixedPoints:
    """What becomes of noisy states without noise, and the roots that are found from them.

    Attributes:
        norms: (B, S + 1), norm of each state over its norm at the start, step by step.
        roots: (P, H), distinct fixed points.
        moduli: (P,), largest |eigenvalue| of the Jacobian at each root; at the origin, where the
            Jacobian depends on the direction, that of the mean direction of approach.
        is_root: (R,), whether the search from each start ended at a fixed point.
        approach: (B,), largest |eigenvalue| of the Jacobian in the region in which each state is
            at the end: below 1 the origin attracts along it.
        distance: (B,), smallest |eigenvalue - 1| of the Jacobian at each start: above 0 there is
            no fixed point but the origin in its region.
        scale: mean norm of the starts.
    """

    norms: np.ndarray
    roots: np.ndarray
    moduli: np.ndarray
    is_root: np.ndarray
    approach: np.ndarray
    distance: np.ndarray
    scale: float

    def table(self) -> pd.DataFrame:
        """Return the numbers of the collapse and of the roots."""
        last = self.norms[:, -1]
        half = self.norms.shape[1] // 2
        rate = _rate(self.norms[:, half], last, self.norms.shape[1] - 1 - half)
        end = Place("end", step=N_STEPS)
        numbers: Numbers = {
            ("norm_ratio", end): mean_of(last),
            ("collapsed", end): share_of(last < COLLAPSED),
            ("factor_per_step", "late"): mean_of(rate),
            ("approach_modulus", "late"): mean_of(self.approach),
            ("distance_from_one", "starts"): exactly(self.distance.min(), len(self.distance)),
            ("n_roots", "all"): exactly(len(self.roots), len(self.is_root)),
            ("searches_that_converged", "all"): share_of(self.is_root),
        }
        for place, (point, modulus) in enumerate(zip(self.roots, self.moduli, strict=True)):
            where, n = Place("root", rank=place + 1), len(self.is_root)
            numbers["root_norm", where] = exactly(float(np.linalg.norm(point)) / self.scale, n)
            numbers["root_modulus", where] = exactly(modulus, n)
        return tidy("fixed_points", numbers)

    def decay(self) -> pd.DataFrame:
        """Return quartiles and extremes over runs of the norm ratio: one row a step."""
        quartiles = np.quantile(self.norms, (0, 0.25, 0.5, 0.75, 1), axis=0).T
        table = pd.DataFrame(quartiles, columns=["low", "first", "median", "third", "high"])
        return table.rename_axis("step").reset_index()


def fixed_points(network: NoisyNetwork, starts: np.ndarray, *, n_searches: int = 20) -> FixedPoints:
    """Return what becomes of states without noise, and the fixed points of the network.

    Args:
        network: to be run without noise.
        starts: (B, H), noisy states of independent runs.
        n_searches: of the starts from which roots are searched, the first.
    """
    path = collapse(network, starts)
    sizes = np.linalg.norm(path, axis=2).T  # (B, S + 1)
    scale = float(sizes[:, 0].mean())
    roots, is_root = find_roots(network, starts[:n_searches], scale=scale)
    return FixedPoints(
        sizes / sizes[:, :1],
        roots,
        np.array([_modulus(network, point, path[-1], scale=scale) for point in roots]),
        is_root,
        spectral_radius(network, _directions(path[-1])),
        np.abs(np.linalg.eigvals(network.jacobians(starts)) - 1).min(axis=1),
        scale,
    )


def find_roots(
    network: NoisyNetwork, starts: np.ndarray, *, scale: float, noise: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct roots (P, H) of step(h) = h, and whether each search ended at one, (R,).

    Args:
        network: whose step it is.
        starts: (R, H), where the searches begin.
        scale: mean norm of states, by which roots are told from others and from each other.
        noise: (d,), held at every step; none where None.
    """
    ended = [_search(network, start, noise) for start in starts.astype(np.float64)]
    moved = np.array([np.linalg.norm(network.step(point, noise) - point) for point in ended])
    is_root = moved <= AT_REST * scale
    return distinct(np.array(ended)[is_root], within=SAME * scale), is_root


def collapse(network: NoisyNetwork, starts: np.ndarray) -> np.ndarray:
    """Return the states (S + 1, B, H) that follow `starts` (B, H) without noise."""
    path = np.empty((N_STEPS + 1, *starts.shape))
    path[0] = starts
    for step in range(N_STEPS):
        path[step + 1] = network.step(path[step])
    return path


def distinct(points: np.ndarray, *, within: float) -> np.ndarray:
    """Return points (P, H) of which no two lie within a distance, the first found of each."""
    kept: list[np.ndarray] = []
    for point in points:
        if all(np.linalg.norm(point - other) > within for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, points.shape[-1] if points.ndim > 1 else 0)


def spectral_radius(network: NoisyNetwork, states: np.ndarray) -> np.ndarray:
    """Return the largest |eigenvalue| (N,) of the noise-free Jacobian at states (N, H)."""
    return np.abs(np.linalg.eigvals(network.jacobians(states))).max(axis=1)


def _search(network: NoisyNetwork, start: np.ndarray, noise: np.ndarray | None) -> np.ndarray:
    identity = np.eye(network.n_units)
    held = None if noise is None else noise[None]
    found = root(
        lambda state: network.step(state, noise) - state,
        start,
        jac=lambda state: network.jacobians(state[None], held)[0] - identity,
        method="hybr",
    )
    return np.asarray(found.x)


def _modulus(network: NoisyNetwork, point: np.ndarray, ends: np.ndarray, *, scale: float) -> float:
    is_origin = np.linalg.norm(point) <= SAME * scale
    here = _directions(ends).mean(axis=0) if is_origin else point
    return float(spectral_radius(network, here[None])[0])


def _directions(states: np.ndarray) -> np.ndarray:
    # Jacobians depend on the direction only; what has underflowed to 0 keeps no unit active.
    sizes = np.linalg.norm(states, axis=1, keepdims=True)
    return np.divide(states, sizes, out=np.zeros_like(states), where=sizes > 0)


def _rate(before: np.ndarray, after: np.ndarray, n_steps: int) -> np.ndarray:
    ratio = np.divide(after, before, out=np.zeros_like(after), where=before > 0)
    return np.asarray(ratio ** (1 / n_steps))
