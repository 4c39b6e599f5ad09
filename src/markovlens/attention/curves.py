"""Deletion and insertion: what becomes of an answer while steps go, or come back, in an order.

Petsiuk, Das & Saenko ("RISE: Randomized input sampling for explanation of black-box models", 2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from markovlens.attention.ranking import each_part
from markovlens.attention.replacing import Ask, Marginal, answer_after
from markovlens.sequences import Sequences

SHARES = np.linspace(0, 1, 11)  # of the steps of a sequence, the first in its order


def curves_of(
    ask: Ask,
    inputs: Sequences,
    order: Sequence[np.ndarray],
    answers: np.ndarray,
    *,
    marginal: Marginal,
    n_draws: int,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Return the probability (S, 11) of each answer, by share of steps that went or came back.

    Args:
        ask: the network that is explained.
        inputs: S sequences.
        order: of each, its steps, those first that are said to matter most.
        answers: (S,), what the network answers with all steps there.
        marginal: what stands in place of a step that is not there.
        n_draws: sequences that are drawn for each point of a curve.
        rng: draws; the same state gives all orders the same symbols.
    """
    drawn = marginal.draw(n_draws * inputs.n_steps, rng).reshape(n_draws, inputs.n_steps)
    others = [each_part(inputs, draw) for draw in drawn]
    found = {}
    for name, deletes in (("deletion", True), ("insertion", False)):
        outputs = answer_after(ask, _along(inputs, order, others, deletes=deletes))
        shape = (len(inputs), len(SHARES) * n_draws)
        chosen = outputs[np.arange(len(outputs)), np.repeat(answers, shape[1])]
        found[name] = chosen.reshape(len(inputs), len(SHARES), n_draws).mean(axis=2)
    return found


def area_under(curves: np.ndarray) -> np.ndarray:
    """Return the area (S,) under curves (S, 11), 0 to 1, by trapezia."""
    return np.asarray(np.trapezoid(curves, SHARES, axis=1))


def _along(
    inputs: Sequences, order: Sequence[np.ndarray], others: list[list[np.ndarray]], *, deletes: bool
) -> Iterator[np.ndarray]:
    for number, (word, first) in enumerate(zip(inputs, order, strict=True)):
        for share in SHARES:
            top = np.zeros(len(word), dtype=bool)
            top[first[: round(share * len(word))]] = True
            for draw in others:
                yield np.where(top == deletes, draw[number], word)
