"""How often two numbers order pairs of steps alike: Harrell's concordance, and areas under curves.

Harrell, Califf, Pryor, Lee & Rosati, "Evaluating the yield of medical tests", JAMA 1982.
"""

from __future__ import annotations

import numpy as np

TIE = 0.5  # what a pair counts whose risks are equal though its times differ


def ordered_pairs(
    risk: np.ndarray, time: np.ndarray, event: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each step its pairs with others in the right order, and all that have one.

    A pair has a right order where its times differ and the earlier one is an event: the earlier
    one has the higher risk. Equal risks count half. Exact, in O(n log² n).

    Args:
        risk: (n,), what is judged.
        time: (n,), when; where only the order of something counts, its negative.
        event: bool (n,), whether it came then, or the time is censored.

    Returns:
        Two (n,); each pair is counted at both of its steps.
    """
    weight, everyone = event.astype(float), np.ones(len(risk))
    later = _below(time, -risk, weight) + event * _below(-time, risk, everyone)
    comparable = _earlier(time, weight) + event * _earlier(-time, everyone)
    tied = _tied(risk, time, weight) + event * _tied(risk, -time, everyone)
    return later + TIE * tied, comparable


def auroc(low: np.ndarray, high: np.ndarray) -> float:
    """Return the chance that one of the numbers (B,) that should be high exceeds one of (A,).

    That is the area under the ROC curve; ties count half (Mann & Whitney 1947).
    """
    from scipy.stats import rankdata  # slow to load, and the hall is loaded by all

    ranks = rankdata(np.concatenate([low, high]))[len(low) :]
    wins = ranks.sum() - len(high) * (len(high) + 1) / 2
    return float(wins / (len(low) * len(high)))


def _earlier(time: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weight (n,) of all that is strictly below each of `time` (n,)."""
    order = np.argsort(time, kind="stable")
    before = np.r_[0.0, np.cumsum(weight[order])]
    return np.asarray(before[np.searchsorted(time[order], time, side="left")])


def _tied(risk: np.ndarray, time: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weight (n,) of what has the same risk and is strictly earlier."""
    group = np.unique(risk, return_inverse=True)[1]
    moment = np.unique(time, return_inverse=True)[1]
    n_moments = int(moment.max(initial=0)) + 1
    within = _earlier(group * n_moments + moment, weight)
    whole = np.bincount(group, weights=weight)
    return np.asarray(within - (np.cumsum(whole) - whole)[group])


def _below(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weight (n,) of what is strictly below each point in both numbers (n,).

    Merge sort from the bottom: points lie in the order of the first number, and at each level the
    right half of a block counts what of the left half has a lower second number.
    """
    order = np.lexsort((-second, first))  # of equal first numbers none comes before a higher second
    rank = np.unique(second, return_inverse=True)[1][order]
    weight = weight[order]
    place = np.arange(len(order))
    found = np.zeros(len(order))
    width = 1
    while width < len(order):
        block, is_right = np.divmod(place // width, 2)
        # Of equal second numbers the right half comes first, so that it counts none of them.
        by_rank = np.lexsort((1 - is_right, rank, block))
        left = np.where(is_right[by_rank] == 0, weight[by_rank], 0.0)
        so_far = np.cumsum(left)
        begin = np.searchsorted(block[by_rank], block[by_rank], side="left")
        counted = so_far - np.r_[0.0, so_far][begin]
        found[by_rank] += np.where(is_right[by_rank] == 1, counted, 0.0)
        width *= 2
    result = np.empty_like(found)
    result[order] = found
    return result
