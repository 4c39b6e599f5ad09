"""Is the network unstable where it switches? Eigenvalues of its Jacobians, zone by zone.

Torre et al. 2025 map eigenvalues l of the noise-free Jacobian to (l - 1) / (l + 1) and call those
with a positive real part unstable, and those near the imaginary axis critical. A map in discrete
time has exact criteria of its own: an eigenvalue is unstable if |l| > 1, which is the same, and a
pair turns by the angle of l a step. Both are counted, at the noise-free step as the authors did
and at the noisy step that the network really makes. Control: as many units active, but others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.dynamics.measures import Numbers, tidy
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.residency import Residency

SLOWEST_TURN = 0.1  # rad a step: a turn within 63 steps; the authors' Im > 0.05 at |l| = 1
CRITICAL_MODULI = 0.8, 1.25  # grows or decays by a factor e in 4.5 steps or more
MOEBIUS_REAL, MOEBIUS_IMAGINARY = 0.1, 0.05  # the authors' |Re| below and Im above
KINDS = "noise_free", "noisy", "control"


@dataclass(frozen=True, slots=True)
class Linearisation:
    """Eigenvalues of one-step Jacobians at states whose zones are known.

    Attributes:
        states: the states, with runs and zones.
        eigenvalues: complex (N, H) of each kind: `noise_free`, `noisy`, and `control`, the
            noise-free Jacobian with as many units active, drawn at random.
        n_active: (N,), units that are active in the noise-free step.
    """

    states: Residency
    eigenvalues: dict[str, np.ndarray]
    n_active: np.ndarray

    def table(self) -> pd.DataFrame:
        """Return mean counts of eigenvalues in each zone, by kind of Jacobian."""
        counts = {"active_units": self.n_active.astype(float)}
        for kind, values in self.eigenvalues.items():
            suffix = "" if kind == "noise_free" else f"_{kind}"
            counts |= {f"{name}{suffix}": count for name, count in counted(values).items()}
        numbers: Numbers = {
            (measure, zone): found
            for measure, count in counts.items()
            for zone, found in self.states.by_zone(count).items()
        }
        return tidy("linearisation", numbers)


def linearise(
    network: NoisyNetwork, states: Residency, *, rng: np.random.Generator
) -> Linearisation:
    """Return the eigenvalues of Jacobians at states.

    Args:
        network: that the states are of.
        states: with zones.
        rng: of the noise of the noisy step and of the control's active units.
    """
    points = states.states
    noise = network.noise(1, len(points), rng)[0]
    active = network.drives(points) > 0
    jacobians = {
        "noise_free": network.jacobians(points),
        "noisy": network.jacobians(points, noise),
        "control": rng.permuted(active, axis=1)[:, :, None] * network.recurrent,
    }
    values = {kind: np.linalg.eigvals(jacobian) for kind, jacobian in jacobians.items()}
    return Linearisation(states, values, active.sum(axis=1))


def counted(values: np.ndarray) -> dict[str, np.ndarray]:
    """Return how many of each state's eigenvalues (N, H) are of each sort, (N,) each.

    `unstable`: |l| > 1. `unstable_pairs`, `critical_pairs`: conjugate pairs that turn by more than
    0.1 rad a step, with |l| > 1 or with |l| in 0.8..1.25. `critical_pairs_moebius`: the authors'
    criterion. `modulus`, `turn`: largest |l|, and the angle (rad a step) of that eigenvalue.
    """
    modulus, angle = np.abs(values), np.angle(values)
    turning = angle > SLOWEST_TURN  # one of each pair
    low, high = CRITICAL_MODULI
    largest = modulus.argmax(axis=1)[:, None]
    return {
        "unstable": (modulus > 1).sum(axis=1).astype(float),
        "unstable_pairs": (turning & (modulus > 1)).sum(axis=1).astype(float),
        "critical_pairs": (turning & (modulus > low) & (modulus < high)).sum(axis=1).astype(float),
        "critical_pairs_moebius": _moebius(values).sum(axis=1).astype(float),
        "modulus": modulus.max(axis=1).astype(float),
        "turn": np.abs(np.take_along_axis(angle, largest, axis=1)[:, 0]).astype(float),
    }


def _moebius(values: np.ndarray) -> np.ndarray:
    mapped = (values - 1) / (values + 1)
    return np.asarray((np.abs(mapped.real) < MOEBIUS_REAL) & (mapped.imag > MOEBIUS_IMAGINARY))
