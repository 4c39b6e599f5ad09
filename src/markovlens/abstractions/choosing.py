"""Which of the fits of a method is kept for each number of states, and which number is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from markovlens.abstractions.base import Fitted
from markovlens.abstractions.closeness import agreed, agreements, as_good
from markovlens.trace import Trace


def by_size(results: Sequence[Fitted], valid: Trace) -> dict[int, Fitted]:
    """Return the best fit of each number of states.

    A machine may have fewer states than its budget (floors, minimised ones), so that two budgets
    give the same size. The better one has the lower criterion, or agrees more with the network on
    validation sequences.
    """
    sizes: dict[int, list[Fitted]] = {}
    for result in results:
        alike = sizes.setdefault(result.machine.n_states, [])
        if not any(result is one for one in alike):
            alike.append(result)
    return {
        size: alike[0] if len(alike) == 1 else min(alike, key=lambda one: _badness(one, valid))
        for size, alike in sizes.items()
    }


def _badness(fitted: Fitted, valid: Trace) -> float:
    if fitted.criterion is not None:
        return fitted.criterion
    return -float(agreements_of(fitted, valid).mean())


def agreements_of(fitted: Fitted, valid: Trace) -> np.ndarray:
    """Return `agreements` (S,) in closed loop, of a machine without moves in open loop."""
    if fitted.moves or fitted.decode is None:
        return agreements(fitted.machine, valid)
    return agreed(fitted.machine.readout[fitted.decode(valid)], valid)


def choose(fits: Mapping[int, Fitted], valid: Trace) -> int | None:
    """Return the chosen number of states.

    Methods with a likelihood take the lowest criterion. The others take the fewest states whose
    closed-loop agreement with the network on validation sequences is within one standard error
    of the best; machines without moves are compared in open loop.
    """
    if not fits:
        return None
    criteria = {size: fitted.criterion for size, fitted in fits.items()}
    if all(value is not None for value in criteria.values()):
        return min(criteria, key=lambda size: (criteria[size], size))
    return min(as_good({size: agreements_of(fitted, valid) for size, fitted in fits.items()}))
