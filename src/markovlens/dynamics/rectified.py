"""The map h -> relu(W h + b), whose orbits are linear equations once it is known who is active.

A linear region is a set of active units. Within one the map is affine, so that the points of a
cycle through given regions solve one linear system: they are a cycle of the network if they lie in
the regions that they were solved for (Eisenmann et al. 2023, "Bifurcations and loss jumps in RNN
training", SCYFI). Without biases the map is positively homogeneous, and the same is asked of rays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from markovlens.dynamics.region_many import held_in

SURE = 1e-9  # of what a unit's drive is a sum of: what is nearer to a boundary lies on it
LOOSE = 1e-6  # the same for solutions of linear programs; and by which a cycle may fail to close
DEAD = 1e-12  # a ray that shrinks by more than this is gone
NEUTRAL = 1e-6  # an eigenvalue nearer than this to modulus 1 decides nothing
SINGULAR = 1e12  # condition number beyond which a linear system has no one solution
REAL = 1e-9  # of its modulus: the imaginary part of an eigenvalue that is real


class Stability(StrEnum):
    """What becomes of small deviations from a cycle; a ray is judged across its direction."""

    ATTRACTOR = "attractor"  # all die out
    SADDLE = "saddle"
    REPELLER = "repeller"  # none dies out
    NEUTRAL = "neutral"  # an eigenvalue of modulus 1
    EDGE = "edge"  # on the boundary of regions, where there is no one Jacobian


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle of k points, a fixed point where k = 1; or of rays, that come back longer or shorter.

    Attributes:
        points: (k, H), one after another; of rays, the first of norm 1.
        active: bool (k, H), the units that are active at each: its linear region.
        eigenvalues: complex (H,), of the product of the Jacobians around the cycle, largest first.
        factor: by which a point has grown when it comes back: 1 but for rays.
        stability: what becomes of deviations.
        is_ray: whether all multiples of the points are meant.
        many: whether it is one of infinitely many through the same regions.
    """

    points: np.ndarray
    active: np.ndarray
    eigenvalues: np.ndarray
    factor: float
    stability: Stability
    is_ray: bool = False
    many: bool = False

    @property
    def period(self) -> int:
        """Number k of points."""
        return len(self.points)


@dataclass(frozen=True, slots=True)
class Guess:
    """Where the points of a cycle through given regions would be.

    Attributes:
        points: (k, H).
        drives: (k, H), what each unit receives in the step that leads to each point.
        sizes: (k, H), sums of the absolute values that each drive is a sum of: how exact it is.
        gap: (H,), how far the last point is from the one that the first was made from.
        factor: growth around the cycle.
        is_ray: whether all multiples of the points are meant.
        many: whether other points of the same regions solve the system as well.
    """

    points: np.ndarray
    drives: np.ndarray
    sizes: np.ndarray
    gap: np.ndarray
    factor: float = 1.0
    is_ray: bool = False
    many: bool = False

    @property
    def active(self) -> np.ndarray:
        """The units, bool (k, H), that are active in truth."""
        return np.asarray(self.drives > self.margin)

    @property
    def margin(self) -> np.ndarray:
        """What counts as no drive of each unit, (k, H)."""
        return np.asarray((LOOSE if self.many else SURE) * self.sizes)

    @property
    def closes(self) -> bool:
        """Whether a step from the last point leads to the first."""
        return bool((np.abs(self.gap) <= LOOSE * self.sizes[-1]).all())


@dataclass(frozen=True, slots=True)
class Rectified:
    """The map h -> relu(W h + b) in double precision.

    Attributes:
        weight: W, (H, H).
        bias: b, (H,).
    """

    weight: np.ndarray
    bias: np.ndarray

    @property
    def n_units(self) -> int:
        """Number H of units."""
        return len(self.bias)

    @property
    def is_homogeneous(self) -> bool:
        """Whether there is no bias, so that multiples of a point have multiples as images."""
        return not self.bias.any()

    def drives(self, points: np.ndarray) -> np.ndarray:
        """Return W h + b (..., H) at points (..., H)."""
        return np.asarray(points @ self.weight.T + self.bias)

    def sizes(self, points: np.ndarray) -> np.ndarray:
        """Return the sums (..., H) of absolute values behind each drive at points (..., H)."""
        return np.asarray(np.abs(points) @ np.abs(self.weight).T + np.abs(self.bias))

    def step(self, points: np.ndarray) -> np.ndarray:
        """Return the images (..., H) of points (..., H)."""
        return np.maximum(self.drives(points), 0)

    def around(self, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return M (A, A) and c (A,): h -> M h + c once around the regions (k, H).

        h is a point of the last region, of whose A active units alone it is made.
        """
        units = active[-1]
        product, offset = np.eye(self.n_units)[:, units], np.zeros(self.n_units)
        for region in active:
            product = region[:, None] * (self.weight @ product)
            offset = region * (self.weight @ offset + self.bias)
        return product[units], offset[units]

    def cycle_in(self, active: np.ndarray) -> list[Guess]:
        """Return where the cycle through regions (k, H) would be; of many, up to three of them."""
        matrix, offset = self.around(active)
        system = np.eye(len(matrix)) - matrix
        if len(matrix) and np.linalg.cond(system) > SINGULAR:
            points, many = held_in(self, active)
            return [replace(self._guess(active, point), many=many) for point in points]
        solved = np.linalg.solve(system, offset)
        solved += np.linalg.solve(system, offset - system @ solved)  # small units are exact, too
        return [self._guess(active, solved)]

    def rays_in(self, active: np.ndarray) -> list[Guess]:
        """Return where rays that come back through regions (k, H) would be, the fastest first."""
        values, vectors = np.linalg.eig(self.around(active)[0])
        is_real = (np.abs(values.imag) <= REAL * np.abs(values)) & (values.real > DEAD)
        order = np.flatnonzero(is_real)[np.argsort(-values.real[is_real])]
        rays = [(sign * vectors[:, n].real, values[n].real) for n in order for sign in (1, -1)]
        return [
            replace(self._guess(active, ray, factor=float(factor)), is_ray=True)
            for ray, factor in rays
        ]

    def _guess(self, active: np.ndarray, found: np.ndarray, *, factor: float = 1.0) -> Guess:
        """Return the points around from the active units (A,) of the last one."""
        last = np.zeros(self.n_units)
        last[active[-1]] = found
        points, drives, sizes = (np.empty(active.shape) for _ in range(3))
        before = last
        for place, region in enumerate(active):
            drives[place], sizes[place] = self.drives(before), self.sizes(before)
            before = points[place] = np.where(region, drives[place], 0.0)
        return Guess(points, drives, sizes, before - factor * last, factor)

    def cycle_of(self, guess: Guess) -> Cycle:
        """Return the cycle that a guess turned out to be; along a ray, no deviation is judged."""
        active = guess.active
        matrix, _ = self.around(active)
        values = np.zeros(self.n_units, dtype=complex)
        values[: len(matrix)] = np.linalg.eigvals(matrix)
        values = values[np.argsort(-np.abs(values), kind="stable")]
        across, size = values, 1.0
        if guess.is_ray:
            along = np.abs(values - guess.factor).argmin()
            across = np.delete(values, along) / guess.factor
            size = float(np.linalg.norm(guess.points[0]))
        on_edge = bool((np.abs(guess.drives) <= guess.margin).any())
        said = Stability.EDGE if on_edge else stability_of(across)
        points = guess.points / size
        return Cycle(points, active, values, guess.factor, said, guess.is_ray, guess.many)


def stability_of(eigenvalues: np.ndarray) -> Stability:
    """Return what eigenvalues (N,) say of deviations; silent units, with 0, do not count."""
    moduli = np.abs(eigenvalues[eigenvalues != 0])
    if (np.abs(moduli - 1) <= NEUTRAL).any():
        return Stability.NEUTRAL
    if (moduli < 1).all():
        return Stability.ATTRACTOR
    # A silent unit forgets in one step: a repeller has all units active.
    return Stability.REPELLER if (np.abs(eigenvalues) > 1).all() else Stability.SADDLE
