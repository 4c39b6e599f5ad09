"""Which steps moved an answer, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

from markovlens.spelling import fixed

if TYPE_CHECKING:
    from markovlens.explaining.prediction import Step

MOST_SAID = 3  # steps that are named in words
LEAST_CHANGE = 0.01  # of the largest, and of the scale of answers, below which a step is not named
FEWEST_DECIMALS = 2  # of probabilities


def since_in_words(
    steps: Sequence[Step], about: str, begin: int, *, unit: str, scale: float = 1.0
) -> str:
    """Return which steps moved an answer most since one of them, in a sentence.

    Where the network does not answer all along the machine's answers are told, and that they are.
    From the beginning on it is what is usual that an answer rises from.

    Args:
        steps: of the sequence.
        about: which answer.
        begin: the step, from 0.
        unit: what a step is called.
        scale: how far answers differ; 1 of probabilities.
    """
    known = bool(np.isfinite([(each.network, each.by_network) for each in steps[begin:]]).all())
    moved = np.array([each.by_network if known else each.by_machine for each in steps[begin:]])
    end = steps[-1].network if known else steps[-1].machine
    start = end - float(moved.sum())
    decimals = decimals_of(scale)
    since, usual = ("", "its usual ") if not begin else (f" since {unit} {begin + 1}", "")
    whose = "" if known else "by the machine "
    begun, ended = fixed(start, decimals), fixed(end, decimals)
    if begun == ended:
        return f"{whose}*{about}* stayed{since} at {usual}{ended}."
    with_it = moved if end > start else -moved
    order = np.argsort(-with_it, kind="stable")[:MOST_SAID].tolist()
    least = LEAST_CHANGE * max(float(with_it.max()), scale)
    parts = [
        f"*{steps[begin + place].input}* ({unit} {begin + place + 1}: "
        + rise(moved[place], decimals)
        + (f", by the machine {rise(steps[begin + place].by_machine, decimals)})" if known else ")")
        for place in order
        if with_it[place] >= least
    ]
    way = "rose" if end > start else "fell"
    told = f"{whose}*{about}* {way}{since} from {usual}{begun} to {ended}"
    return f"{told}{', most by ' + ', '.join(parts) if parts else ''}."


def decimals_of(scale: float) -> int:
    """Return how many decimals tell answers apart that differ so far; 1 of probabilities."""
    return max(FEWEST_DECIMALS + ceil(-log10(scale)), 0) if scale > 0 else FEWEST_DECIMALS


def rise(moved: float, decimals: int) -> str:
    """Return how far an answer rose, with its sign."""
    shown = fixed(moved, decimals)
    return shown if shown.startswith("-") else f"+{shown}"
