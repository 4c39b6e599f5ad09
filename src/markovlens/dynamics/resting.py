"""What a network does when nothing happens: at rest, in an orbit, counting, or never the same.

The same input is read again and again. A network that forgets comes to a fixed point, however it
began; its slowest mode, the largest eigenvalue of the Jacobian there, says how long what came
before is felt: a deviation shrinks to 1/e in 1 / |log |eigenvalue|| steps. Others go round an
orbit, whose period need not be a whole number of steps, or count: some numbers of the state grow
by as much at every step. Fixed points, limit cycles and slow modes of recurrent networks: Sussillo
& Barak 2013, "Opening the black box".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor

from markovlens.activations.outputs import Link
from markovlens.adapters.contract import Stepwise
from markovlens.arguments import check_whole
from markovlens.dynamics.recurring import period_of
from markovlens.dynamics.steps import OneStep
from markovlens.errors import DataError

N_STEPS = 2000
STILL = 1e-8  # of the widest distance: what a step may move the state at a fixed point
SETTLED = 0.01  # of the widest distance, or of probability: what counts as arrived
ALIKE = 0.02  # by which the drift of two quarters of the path may differ where a network counts
NEWTON_STEPS, NEWTON_TRIAL = 20, 5  # in which it must come nearer, or there is no root here


class Kind(StrEnum):
    """What becomes of the state."""

    FIXED = "fixed point"
    ORBIT = "orbit"
    COUNTER = "counter"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Rest:
    """What a network does under one input, over and over, from its beginning.

    Attributes:
        kind: what becomes of its state.
        distance: (S + 1,), of the state from where it ends (the fixed point, or the last state),
            over the widest such distance.
        answers: (S + 1, C), what it says after each step; the first row is NaN, before any.
        state_settles: steps until the state stays within 1 % of the widest distance; beyond the
            steps that were made it follows from the slowest mode; NaN without a fixed point.
        answer_settles: steps until no probability (or value) is further than .01 from the last
            answer; NaN where they still move at the end, or where it gives none.
        period: of the orbit in steps; NaN of the others.
        drift: distance that a counter moves at each step; NaN of the others.
        modulus: largest |eigenvalue| of the Jacobian at the fixed point; NaN of the others.
        turn: steps that this mode needs for a full turn; infinite where it does not turn.
    """

    kind: Kind
    distance: np.ndarray
    answers: np.ndarray
    state_settles: float
    answer_settles: float
    period: float = np.nan
    drift: float = np.nan
    modulus: float = np.nan
    turn: float = np.nan

    @property
    def slowest(self) -> float:
        """Steps in which a deviation along the slowest mode shrinks to 1/e; NaN if unknown."""
        if np.isnan(self.modulus) or self.modulus >= 1:
            return np.nan if np.isnan(self.modulus) else np.inf
        return 0.0 if self.modulus == 0 else float(-1 / np.log(self.modulus))


def resting(
    network: Stepwise,
    inputs: Tensor,
    *,
    n_steps: int = N_STEPS,
    start: np.ndarray | None = None,
    link: Link = "softmax",
) -> list[Rest]:
    """Return what a network does under each of some inputs that never change.

    A network of torch is run in double precision, on a copy.

    Args:
        network: begins anew for each input.
        inputs: symbols (B,), or rows (B, D).
        n_steps: how often each is read; a mode much slower than this is not told from a counter.
        start: whole states (B, F) to begin from, in place of the network's own beginning.
        link: what makes answers of its outputs, as for `activations.recorder.record`.

    Raises:
        DataError: fewer than 8 steps, a state that is not finite, or a network that is no
            `Stepwise`.
    """
    check_whole("n_steps", n_steps, least=8)
    step = OneStep(network)
    with torch.no_grad():
        paths, answers = step.follow(inputs, n_steps, start, link=link)
        if not np.isfinite(paths).all():
            raise DataError(
                "expected states that are finite, got NaN or infinity", page="not-finite"
            )
        return [
            _judge(step, inputs[number : number + 1], paths[:, number], answers[:, number])
            for number in range(len(inputs))
        ]


def _judge(step: OneStep, inputs: Tensor, path: np.ndarray, answers: np.ndarray) -> Rest:
    """Return what a path (S + 1, F) is."""
    answer = settled(answer_distance(answers)[1:], SETTLED) + 1
    drift = _drift(path)
    if drift is not None:
        distance = _shares(path, path[-1])
        return Rest(Kind.COUNTER, distance, answers, np.nan, answer, drift=drift)
    root = _root(step, inputs, path)
    if root is None:
        period = period_of(path[len(path) // 2 :])
        kind = Kind.NEVER if np.isnan(period) else Kind.ORBIT
        return Rest(kind, _shares(path, path[-1]), answers, np.nan, answer, period=period)
    distance = _shares(path, root)
    modulus, turn = _slowest_mode(step.jacobian(root, inputs))
    settles = _settles(distance, modulus)
    return Rest(Kind.FIXED, distance, answers, settles, answer, modulus=modulus, turn=turn)


def answer_distance(answers: np.ndarray) -> np.ndarray:
    """Return how far (S + 1,) the answers (S + 1, C) are from the last; NaN where there is none."""
    return np.asarray(np.abs(answers - answers[-1]).max(axis=-1))


def _shares(path: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the distance (S + 1,) of each state from the end, over the widest."""
    distance = np.linalg.norm(path - end, axis=1)
    return np.asarray(distance / (distance.max() or 1.0))


def settled(distance: np.ndarray, within: float) -> float:
    """Return the first step from which all distances are small, NaN where the last hardly is."""
    if np.isnan(distance).any():
        return np.nan
    large = np.flatnonzero(distance > within)
    if not large.size:
        return 0.0
    # The last answer is no distance from itself: whatever arrives only at the end has not.
    return float(large[-1] + 1) if large[-1] < 0.9 * len(distance) else np.nan


def _settles(distance: np.ndarray, modulus: float) -> float:
    """Return the steps until the state has settled, the rest of the way by the slowest mode."""
    large = np.flatnonzero(distance > SETTLED)
    if not large.size:
        return 0.0
    if large[-1] < len(distance) - 1:
        return float(large[-1] + 1)
    return float(len(distance) - 1 + np.log(SETTLED / distance[-1]) / np.log(modulus))


def _drift(path: np.ndarray) -> float | None:
    """Return the distance of each step of a path that goes on and on, None of any other."""
    quarter = len(path) // 4
    third, fourth = (
        (path[end - 1] - path[end - 1 - quarter]) / quarter for end in (3 * quarter, 4 * quarter)
    )
    speed = float(np.linalg.norm(fourth))
    wide = float(np.linalg.norm(path - path[0], axis=1).max())
    steady = float(np.linalg.norm(fourth - third)) <= ALIKE * speed
    return speed if steady and speed * quarter > 10 * SETTLED * wide > 0 else None


def _root(step: OneStep, inputs: Tensor, path: np.ndarray) -> np.ndarray | None:
    """Return the attracting fixed point (F,) that a path comes to, None if it comes to none."""
    wide = float(np.linalg.norm(path - path[0], axis=1).max())
    if not wide:
        return path[-1]
    here = path[-1]
    if np.linalg.norm(step.after(here[None], inputs)[0] - here) > STILL * wide:
        found = _newton(step, inputs, here, within=STILL * wide)
        if found is None or not _approached(path, found):
            return None
        if _slowest_mode(step.jacobian(found, inputs))[0] >= 1:  # passed by, not come to
            return None
        here = found
    return here


def _newton(step: OneStep, inputs: Tensor, here: np.ndarray, *, within: float) -> np.ndarray | None:
    identity, first = np.eye(len(here)), np.inf
    for tried in range(NEWTON_STEPS):
        moved = step.after(here[None], inputs)[0] - here
        left = float(np.linalg.norm(moved))
        if left <= max(within, step.eps * float(np.linalg.norm(here))):
            return here
        first = left if tried == 0 else first
        if tried >= NEWTON_TRIAL and left >= first:
            return None
        slope = identity - step.jacobian(here, inputs)
        here = here + np.linalg.lstsq(slope, moved, rcond=None)[0]
        if not np.isfinite(here).all():
            return None
    return None


def _approached(path: np.ndarray, root: np.ndarray) -> bool:
    """Return whether the last quarter of a path is nearer to a point than the one before."""
    distance = np.linalg.norm(path - root, axis=1)
    quarter = len(path) // 4
    before, after = distance[-2 * quarter : -quarter], distance[-quarter:]
    return bool(after.max() < before.max() and after.mean() < (1 - ALIKE) * before.mean())


def _slowest_mode(jacobian: np.ndarray) -> tuple[float, float]:
    """Return |eigenvalue| of the slowest mode and the steps of its full turn."""
    values = np.linalg.eigvals(jacobian)
    sizes = np.abs(values)
    angle = abs(float(np.angle(values[sizes.argmax()])))
    return float(sizes.max()), 2 * np.pi / angle if angle else np.inf
