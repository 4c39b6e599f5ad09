"""Which of several fits is best, where rounding alone would tell equals apart.

Two starts often lead to one optimum with its states numbered differently. The order in which they
were tried decides between them, so that the same data in other units give the same numbering.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

TIE = 1e-7
"""Nats a step by which likelihoods must differ for one to be better; EM stops far above that."""

Fitted = TypeVar("Fitted")


def first_best(values: ArrayLike, n_steps: float) -> int:
    """Position of the first of the values (nats) that no other is better than."""
    found = np.asarray(values, dtype=float)
    return int(np.flatnonzero(found >= found.max() - TIE * n_steps)[0])


def best_first(
    fits: Iterable[Fitted], value: Callable[[Fitted], float], n_steps: float
) -> list[Fitted]:
    """The fits by falling value (nats), equals in the order in which they came."""
    return sorted(fits, key=lambda fit: -np.round(value(fit) / (TIE * n_steps)))
