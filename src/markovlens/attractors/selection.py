"""The published picture of decisions by context, against a network's slow points.

Mante et al. 2013: for each context a line of slow points, along which evidence is summed. A
deviation that the evidence makes lasts as far as it lies along the selection vector, the left
eigenvector of the slowest mode; evidence that does not count moves the state too, but at right
angles to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import spearmanr

from markovlens.attractors.numbers import Row, Steps, number, scored
from markovlens.attractors.search import Points, settle, slow_points, starts_from
from markovlens.dynamics.steps import OneStep
from markovlens.faithfulness.scores.intervals import SHARE
from markovlens.faithfulness.scores.tally import Score, per_sequence
from markovlens.tasks.attractors import CONTEXTS, summed
from markovlens.trace import Trace

NEAR = 1e-3  # of the evidence: by which its effect is measured
KEPT_STEPS = 30  # after which it is asked what is left of a pulse
PULSE = 1.0  # of evidence, one standard deviation of its noise
COUNTS, OTHER = "counts", "other"


@dataclass(frozen=True, slots=True)
class Context:
    """The slow points of one context.

    Attributes:
        name: of the evidence that counts.
        inputs: (1, 4), the row without evidence.
        points: slow points.
        along: (P, 2), |cosine| of each selection vector with the effect of the evidence that
            counts, and of the other.
        moved: (P, 2), how far a unit of either moves the state, over the spread.
        kept: (P, 2), by how much a pulse of either still moves the log odds `KEPT_STEPS` later.
        logits: (P,), log odds of right against left at each point.
    """

    name: str
    inputs: torch.Tensor
    points: Points
    along: np.ndarray
    moved: np.ndarray
    kept: np.ndarray
    logits: np.ndarray

    def rows(self) -> Iterator[Row]:
        """Yield the numbers of this context."""
        n, where = len(self.points.states), self.name
        yield number("slow_points", n, self.points.n_starts, where=where)
        yield number(
            "searches_ended", self.points.n_ended / self.points.n_starts, self.points.n_starts,
            where=where,
        )  # fmt: skip
        if n < 2:
            return
        first, share = first_component(self.points.states)
        yield number("line_share", share, n, where=where)
        yield number("line_order", abs(spearmanr(first, self.logits).statistic), n, where=where)
        moduli = np.abs(self.points.eigenvalues)
        yield number("slowest_modulus", np.median(moduli[:, 0]), n, where=where)
        yield number("second_modulus", np.median(moduli[:, 1]), n, where=where)
        for column, evidence in enumerate((COUNTS, OTHER)):
            for measure in ("along", "moved", "kept"):
                found = getattr(self, measure)[:, column]
                yield number(f"{measure}_{evidence}", found.mean(), n, where=where)


def look(step: OneStep, trace: Trace, name: str, rng: np.random.Generator, n: int) -> Context:
    """Return the slow points of one context and what evidence does at each.

    Args:
        step: of the network.
        trace: of the task's sequences; searched is from states of this context.
        name: of the evidence that counts.
        rng: picks the starts.
        n: how many.
    """
    column = CONTEXTS.index(name)
    cue = np.concatenate([np.zeros(len(CONTEXTS)), np.eye(len(CONTEXTS))[column]])
    inputs = torch.as_tensor(cue[None])
    here = trace.inputs[:, len(CONTEXTS) + column] == 1
    points = slow_points(step, inputs, starts_from(trace.states[here], n, rng))
    order = [column, *(other for other in range(len(CONTEXTS)) if other != column)]
    moves = [_effect(step, inputs, points.states, each) for each in order]
    vectors = selection_vectors(step, inputs, points.states)
    return Context(
        name,
        inputs,
        points,
        np.stack([_cosine(vectors, move) for move in moves], axis=1),
        np.stack([np.linalg.norm(move, axis=1) / points.scale for move in moves], axis=1),
        np.stack([_kept(step, inputs, points.states, each) for each in order], axis=1),
        _logits(step, inputs, points.states),
    )


def selection_vectors(step: OneStep, inputs: torch.Tensor, states: np.ndarray) -> np.ndarray:
    """Return the left eigenvector (P, F), of length 1, of the slowest mode at each state (P, F)."""
    values, vectors = np.linalg.eig(np.swapaxes(step.jacobians(states, inputs), 1, 2))
    largest = np.abs(values).argmax(axis=1)
    found = np.take_along_axis(vectors, largest[:, None, None], axis=2)[..., 0].real
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def first_component(states: np.ndarray) -> tuple[np.ndarray, float]:
    """Return places (P,) along the first principal component, and its share of the variance."""
    left, sizes, _ = np.linalg.svd(states - states.mean(axis=0), full_matrices=False)
    total = float((sizes**2).sum())
    return left[:, 0] * sizes[0], float(sizes[0] ** 2 / total) if total else 1.0


def evidence_known(trace: Trace, decoded: Mapping[int, np.ndarray], steps: Steps) -> Iterator[Row]:
    """Yield what share of the variance of the summed evidence each number of states tells.

    Args:
        trace: of the task.
        decoded: by number of states, the state (N,) of each step.
        steps: by which sequences are resampled.
    """
    length = int(trace.lengths[0])
    total = summed(trace.inputs.reshape(-1, length, trace.inputs.shape[1])).ravel()
    for size, states in decoded.items():
        yield scored("evidence_known", _told(total, states, steps), n_states=size)


def _told(total: np.ndarray, states: np.ndarray, steps: Steps) -> Score:
    """Return the share of variance between states, eta squared."""
    n_states = int(states.max()) + 1
    powers = (np.ones_like(total), total, total**2)
    sums = np.stack([per_sequence(each, states, steps.lengths, n_states) for each in powers])
    whole = _between(sums.sum(axis=1)[:, None])
    resampled = _between(steps.bootstrap.counts @ sums)
    return steps.bootstrap.interval(float(whole[0]), resampled, SHARE)


def _between(sums: np.ndarray) -> np.ndarray:
    """Return eta squared (B,) from counts, sums and sums of squares (3, B, K) of each state."""
    counts, firsts, squares = sums
    mean = firsts.sum(axis=1) / counts.sum(axis=1)
    total = squares.sum(axis=1) - counts.sum(axis=1) * mean**2
    part = np.divide(firsts**2, counts, out=np.zeros_like(firsts), where=counts > 0)
    return np.asarray((part.sum(axis=1) - counts.sum(axis=1) * mean**2) / total)


def _pulsed(inputs: torch.Tensor, column: int, size: float) -> torch.Tensor:
    found = inputs.clone()
    found[:, column] += size
    return found


def _effect(step: OneStep, inputs: torch.Tensor, states: np.ndarray, column: int) -> np.ndarray:
    """Return what a unit of evidence does to each state (P, F), by central differences."""
    above, below = (
        step.after(states, _pulsed(inputs, column, sign * NEAR)) for sign in (1.0, -1.0)
    )
    return np.asarray((above - below) / (2 * NEAR))


def _kept(step: OneStep, inputs: torch.Tensor, states: np.ndarray, column: int) -> np.ndarray:
    """Return half by how much the log odds (P,) differ long after a pulse to either side."""
    above, below = (
        settle(step, inputs, step.after(states, _pulsed(inputs, column, sign * PULSE)), KEPT_STEPS)
        for sign in (1.0, -1.0)
    )
    return np.abs(_logits(step, inputs, above) - _logits(step, inputs, below)) / 2


def _logits(step: OneStep, inputs: torch.Tensor, states: np.ndarray) -> np.ndarray:
    """Return the log odds (P,) of the second class after one more step from states (P, F)."""
    repeated = inputs.expand(len(states), inputs.shape[1])
    with torch.no_grad():
        _, answers = step.follow(repeated, 1, states, link="softmax")
    return np.asarray(np.log(answers[-1, :, 1]) - np.log(answers[-1, :, 0]))


def _cosine(vectors: np.ndarray, moves: np.ndarray) -> np.ndarray:
    sizes = np.linalg.norm(moves, axis=1)
    inner = np.abs((vectors * moves).sum(axis=1))
    return np.divide(inner, sizes, out=np.zeros_like(inner), where=sizes > 0)
