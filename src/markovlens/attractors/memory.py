"""The published picture of a flip-flop, against a network's own fixed points and machines.

Sussillo & Barak 2013: eight stable fixed points, one for each memory of three bits, and between
any two that differ in one bit a saddle with one direction in which it repels, along which the
network falls to the one or the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from torch import Tensor

from markovlens.attractors.numbers import Row, Steps, number, scored
from markovlens.attractors.resting_points import NONE, RestingPoints, comes_to
from markovlens.attractors.search import Points
from markovlens.dynamics.steps import OneStep
from markovlens.tasks.attractors import BITS
from markovlens.trace import Trace

NUDGE = 1e-2  # of the spread: by which a saddle is left along the direction in which it repels
MOST_UNSTABLE = 3  # those with as many or more are counted together


def picture(step: OneStep, inputs: Tensor, found: RestingPoints) -> Iterator[Row]:
    """Yield how many points of each sort there are, what they say, and how they lie."""
    points, n = found.points, found.points.n_starts
    counts = np.bincount(np.minimum(points.n_unstable, MOST_UNSTABLE), minlength=MOST_UNSTABLE + 1)
    for unstable, count in enumerate(counts):
        yield number("points", count, n, where=f"unstable_{unstable}")
    said = memories_of(found)
    yield number("memories", len(set(said.values())), n, where="stable")
    yield number("edges", len(set(edges(step, inputs, found))), n, where="unstable_1")
    yield number("searches_ended", points.n_ended / n, n)
    moduli = np.abs(points.eigenvalues[points.stable, 0])
    if len(moduli):
        yield number("slowest_modulus", moduli.max(), len(moduli), where="stable")
    yield from _distances(points, said)


def memories_of(found: RestingPoints) -> dict[int, int]:
    """Return the memory that each stable point answers with, by the number of the point."""
    stable = np.flatnonzero(found.points.stable)
    return {int(point): int(found.answers[point].argmax()) for point in stable}


def edges(step: OneStep, inputs: Tensor, found: RestingPoints) -> list[tuple[int, int]]:
    """Return the pairs of memories, one bit apart, that a saddle with one way out lies between.

    Each saddle is left a little to either side, along the eigenvector of its eigenvalue beyond 1;
    it lies between the memories of the two points that the network then comes to.
    """
    points, said = found.points, memories_of(found)
    saddles = points.states[points.n_unstable == 1]
    if not len(saddles):
        return []
    way_out = _repelling(step.jacobians(saddles, inputs)) * NUDGE * points.scale
    both = np.concatenate([saddles + way_out, saddles - way_out])
    ended = comes_to(step, inputs, points, both).reshape(2, -1).T
    pairs = [tuple(sorted((said[a], said[b]))) for a, b in ended.tolist() if NONE not in (a, b)]
    return [(a, b) for a, b in pairs if bits_apart(a, b) == 1]


def bits_apart(one: int, other: int) -> int:
    """Return in how many bits two memories differ."""
    return (one ^ other).bit_count()


def agreements(
    found: RestingPoints,
    trace: Trace,
    decoded: Mapping[str, Mapping[str, np.ndarray]],
    steps: Steps,
) -> Iterator[Row]:
    """Yield how states of machines agree with attractors and with the memory: adjusted Rand index.

    Args:
        found: the resting points, with what each step comes to.
        trace: whose truth is the memory.
        decoded: by method and size (`chosen`, or a number), the state (N,) of each step.
        steps: by which sequences are resampled; the floor is with the labels of other sequences.
    """
    truth, said = trace.truth, trace.outputs.argmax(axis=1)
    labels = {"attractor": found.comes_to, "memory": truth}
    yield scored("ari", steps.ari(found.comes_to, truth), where="memory", method="attractors")
    yield scored("ari", steps.ari(said, truth), where="memory", method="network")
    for method, sizes in decoded.items():
        for selection, states in sizes.items():
            size = {"method": method, "selection": selection, "n_states": len(np.unique(states))}
            for where, label in labels.items():
                yield scored("ari", steps.ari(states, label), where=where, **size)
                floor = steps.floor(states, label)
                yield number("ari_floor", floor, len(steps.lengths), where=where, **size)


def _distances(points: Points, said: Mapping[int, int]) -> Iterator[Row]:
    """Yield the mean distance of stable points by the bits in which their memories differ."""
    apart: dict[int, list[float]] = {bits: [] for bits in range(1, BITS + 1)}
    for one, other in combinations(said, 2):
        bits = bits_apart(said[one], said[other])
        if bits:
            away = np.linalg.norm(points.states[one] - points.states[other])
            apart[bits].append(float(away) / points.scale)
    for bits, found in apart.items():
        if found:
            yield number("distance", float(np.mean(found)), len(found), where=f"bits_{bits}")


def _repelling(jacobians: np.ndarray) -> np.ndarray:
    """Return the unit eigenvector (P, F) of each largest eigenvalue, which is real beyond 1."""
    values, vectors = np.linalg.eig(jacobians)
    largest = np.abs(values).argmax(axis=1)
    return np.asarray(np.take_along_axis(vectors, largest[:, None, None], axis=2)[..., 0].real)
