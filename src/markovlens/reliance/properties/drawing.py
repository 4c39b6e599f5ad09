"""Words drawn at random from those that may come."""

from __future__ import annotations

import numpy as np

from markovlens.faithfulness.scores.strings import random_strings
from markovlens.machines.alphabet import Alphabet
from markovlens.reliance.properties.inputs import ENDS, Inputs
from markovlens.sequences import Sequences


def draw_words(
    inputs: Inputs, n_words: int, *, alphabet: Alphabet, longest: int, rng: np.random.Generator
) -> Sequences:
    """Return words by their probabilities; where symbols are chosen by `random_strings`.

    Args:
        inputs: the words that may come.
        n_words: how many.
        alphabet, longest: of words whose symbols are chosen.
        rng: of the draws.
    """
    if inputs.weight is None:
        return random_strings(n_words, alphabet=alphabet, longest=longest, rng=rng)
    upper = np.cumsum(inputs.weight)
    before = np.concatenate([[0.0], upper])[inputs.first]  # of all moves in earlier contexts
    context, words = np.zeros(n_words, dtype=np.int64), np.arange(n_words)
    owners: list[np.ndarray] = []
    symbols: list[np.ndarray] = []
    while len(words):
        drawn = before[context] + rng.random(len(words))
        goes_on = (drawn < before[context + 1]) | (not owners)  # no word is empty
        move = np.searchsorted(upper, drawn[goes_on], side="right")
        move = np.minimum(move, inputs.first[context[goes_on] + 1] - 1)  # sums are rounded
        words, context = words[goes_on], inputs.follows[move]
        owners.append(words)
        symbols.append(inputs.symbol[move])
        inside = context != ENDS
        words, context = words[inside], context[inside]
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    return Sequences(np.concatenate(symbols)[order], np.bincount(owner, minlength=n_words))


def drawn_like(inputs: Inputs, longest: int) -> str:
    """Return in words what `draw_words` draws."""
    if inputs.weight is not None:
        return inputs.said
    return f"random words of 1 to {longest} symbols"
