"""Where the evidence of a sequence's answer lies, for tasks in which that is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from markovlens.sequences import Sequences, by_step
from markovlens.tasks.keywords import KEYWORDS, NOT

PATTERN = (0, 1, 1, 0)


def evidence_of(task: str, inputs: Sequences) -> np.ndarray | None:
    """Return which steps (N,) decide, None where a task's evidence is not known.

    Of `contains_0110` they are those of the first 0110; a string without one has no steps that
    decide, as all of them together do. Of reviews nobody has said which words decide.
    """
    known = _KNOWN.get(task)
    return None if known is None else known(inputs)


def _keyword(inputs: Sequences) -> np.ndarray:
    return np.asarray(inputs.values < len(KEYWORDS))


def _keyword_and_negator(inputs: Sequences) -> np.ndarray:
    found = _keyword(inputs)
    follows = np.append(found[1:], False)
    follows[np.cumsum(inputs.lengths) - 1] = False  # what follows is another text
    return np.asarray(found | (follows & (inputs.values == NOT)))


def _first_occurrence(inputs: Sequences) -> np.ndarray:
    found = np.zeros(inputs.n_steps, dtype=bool)
    over = np.zeros(len(inputs), dtype=bool)
    size = len(PATTERN)
    for step, (active, rows) in enumerate(by_step(inputs.lengths)):
        if step + 1 < size:
            continue
        window = inputs.values[rows[:, None] + np.arange(1 - size, 1)]
        here = (window == PATTERN).all(axis=1) & ~over[active]
        over[active[here]] = True
        found[(rows[here, None] + np.arange(1 - size, 1)).ravel()] = True
    return found


_KNOWN: dict[str, Callable[[Sequences], np.ndarray]] = {
    "keywords": _keyword,
    "keywords_negated": _keyword_and_negator,
    "contains_0110": _first_occurrence,
}
