"""Planted changes of what comes: what a monitor should find, by a rule for every task.

What all sequences begin or end with, such as marks of a word's ends, stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from markovlens.sequences import Sequences

REPLACED = 0.3  # of the steps, in `noise`
Rng = np.random.Generator


def plant(name: str, inputs: Sequences, rng: Rng) -> Sequences:
    """Return the sequences, each changed.

    Args:
        name: of `CHANGES`.
        inputs: as they are usually.
        rng: of what is drawn.
    """
    begin, end = _marks(inputs)
    change = CHANGES[name](_inner(inputs, begin, end))
    changed = []
    for sequence in inputs:
        stop = len(sequence) - end
        inner = sequence[begin:stop]
        inner = change(inner, rng) if len(inner) else inner
        changed.append(np.concatenate([sequence[:begin], inner, sequence[stop:]]))
    return replace(
        inputs, values=np.concatenate(changed), lengths=np.array([len(each) for each in changed])
    )


def _marks(inputs: Sequences) -> tuple[int, int]:
    """Return how many steps at the beginning and the end are the same in all sequences: 0 or 1."""
    if not inputs.are_symbols or inputs.lengths.min() < 2:
        return 0, 0
    firsts = inputs.values[inputs.starts]
    lasts = inputs.values[inputs.starts + inputs.lengths - 1]
    return int((firsts == firsts[0]).all()), int((lasts == lasts[0]).all())


def _inner(inputs: Sequences, begin: int, end: int) -> Sequences:
    """Return what lies between the marks, so that no change puts a mark inside."""
    inner = [each[begin : len(each) - end] for each in inputs]
    some = [each for each in inner if len(each)]
    if not some:
        return inputs
    lengths = np.array([len(each) for each in some])
    return replace(inputs, values=np.concatenate(some), lengths=lengths)


Change = Callable[[np.ndarray, Rng], np.ndarray]


def _noise(inputs: Sequences) -> Change:
    """Symbols drawn at random in place of some; rows with noise as large as they vary."""
    if inputs.are_symbols:
        known = np.unique(inputs.values)
        return lambda inner, rng: np.where(
            rng.random(len(inner)) < REPLACED, rng.choice(known, len(inner)), inner
        )
    scale = np.where(_measured(inputs), np.nanstd(inputs.rows, axis=0), 0.0)
    return lambda inner, rng: inner + scale * rng.normal(size=inner.shape)


def _relabelled(inputs: Sequences) -> Change:
    """Each symbol gives way to the next one; each channel shows another, in its own units."""
    if inputs.are_symbols:
        known = np.unique(inputs.values)
        after = dict(zip(known.tolist(), np.roll(known, -1).tolist(), strict=True))
        return lambda inner, _: np.array([after[each] for each in inner.tolist()])
    rows, places = inputs.rows, np.flatnonzero(_measured(inputs))
    mean, scale = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0) + np.finfo(float).tiny

    def exchanged(inner: np.ndarray, _: Rng) -> np.ndarray:
        found = inner.copy()
        standard = ((inner - mean) / scale)[:, places]
        other = np.roll(standard, 1, axis=1) if len(places) > 1 else -standard
        found[:, places] = mean[places] + scale[places] * other
        return found

    return exchanged


def _measured(inputs: Sequences) -> np.ndarray:
    """Return which channels (D,) are numbers that vary within sequences."""
    return np.array([not (each.levels or each.static) for each in inputs.channels])


def _stuck(_: Sequences) -> Change:
    """From some step on the same comes again and again."""

    def stays(inner: np.ndarray, rng: Rng) -> np.ndarray:
        since = int(rng.integers(len(inner)))
        return inner[np.minimum(np.arange(len(inner)), since)]

    return stays


CHANGES: dict[str, Callable[[Sequences], Change]] = {
    "noise": _noise,
    "shuffled": lambda _: lambda inner, rng: rng.permutation(inner),
    "reversed": lambda _: lambda inner, _: inner[::-1],
    "relabelled": _relabelled,
    "stuck": _stuck,
    "longer": lambda _: lambda inner, _: np.concatenate([inner, inner]),
}
"""Each change by name: what lies between marks gives what it does to one sequence (T, ...)."""
