"""Relabellings of units: all of them where there are few, else a random draw."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from markovlens.groups.contrasts import Contrast, Pool, contrast

CHUNK = 2_000_000  # numbers of one array at a time
TIES = 1e-9  # relative: relabellings that are equal but for rounding count as as far


def n_relabellings(sizes: tuple[int, int], *, paired: bool) -> int:
    """Return how many ways there are to give units to groups of `sizes`, or to swap pairs."""
    return 2 ** sizes[0] if paired else comb(sum(sizes), sizes[0])


def relabellings(
    sizes: tuple[int, int], *, paired: bool, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Return which units (B, U) are in the first group, and whether these are all ways there are.

    Args:
        sizes: units of both groups; of pairs both are their number.
        paired: whether the groups of pairs are swapped, in place of units being shuffled.
        most: up to so many ways all are taken; of more as many are drawn.
        rng: of the draw.
    """
    every = n_relabellings(sizes, paired=paired) <= most
    if paired:
        swapped = _all_signs(sizes[0]) if every else rng.random((most, sizes[0])) < 0.5
        return np.hstack([~swapped, swapped]), every
    n_units = sum(sizes)
    if every:
        chosen = np.array(list(combinations(range(n_units), sizes[0])))
    else:
        chosen = rng.random((most, n_units)).argsort(axis=1)[:, : sizes[0]]
    found = np.zeros((len(chosen), n_units), dtype=bool)
    np.put_along_axis(found, chosen, True, axis=1)
    return found, every


def _all_signs(n_pairs: int) -> np.ndarray:
    return (np.arange(2**n_pairs)[:, None] >> np.arange(n_pairs)) % 2 == 1


def p_values(seen: Contrast, pool: Pool, first: np.ndarray, *, every: bool) -> np.ndarray:
    """Return the two-sided p (M,) of what was seen among relabellings; NaN where it has no number.

    A relabelling without a number, such as one that gives a group no exit from a state, counts as
    being as far. Of a draw the labels as they are count as one more, so that no p is 0 (Phipson &
    Smyth, "Permutation p-values should never be zero", 2010); among all they are one already.

    Args:
        seen: the contrast (1, M) of the labels as they are.
        pool: all units.
        first: bool (B, U), the relabellings.
        every: whether these are all.
    """
    observed = np.abs(seen.statistic[0])
    as_far = np.zeros(len(observed), dtype=int)
    for part in np.array_split(first, -(-first.shape[0] * len(observed) // CHUNK)):
        weights = part.astype(float)
        drawn = np.abs(contrast(pool, weights, 1 - weights).statistic)
        as_far += (~(drawn < observed * (1 - TIES))).sum(axis=0)
    p = as_far / len(first) if every else (1 + as_far) / (1 + len(first))
    return np.where(np.isnan(observed), np.nan, p)
