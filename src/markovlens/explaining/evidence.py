"""Which steps moved an answer, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

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
    decimals = FEWEST_DECIMALS + ceil(-log10(scale)) if scale > 0 else FEWEST_DECIMALS
    shown = f".{max(decimals, 0)}f"
    since, usual = ("", "its usual ") if not begin else (f" since {unit} {begin + 1}", "")
    whose = "" if known else "by the machine "
    if f"{start:{shown}}" == f"{end:{shown}}":
        return f"{whose}*{about}* stayed{since} at {usual}{end:{shown}}."
    with_it = moved if end > start else -moved
    order = np.argsort(-with_it, kind="stable")[:MOST_SAID].tolist()
    least = LEAST_CHANGE * max(float(with_it.max()), scale)
    parts = [
        f"*{steps[begin + place].input}* ({unit} {begin + place + 1}: {moved[place]:+{shown}}"
        + (f", by the machine {steps[begin + place].by_machine:+{shown}})" if known else ")")
        for place in order
        if with_it[place] >= least
    ]
    way = "rose" if end > start else "fell"
    told = f"{whose}*{about}* {way}{since} from {usual}{start:{shown}} to {end:{shown}}"
    return f"{told}{', most by ' + ', '.join(parts) if parts else ''}."
