"""Each pattern is breached by just the words that its sentence forbids, said here over a word."""

from itertools import product

import numpy as np
import pytest

from markovlens.faithfulness.scores.shrinking import NEVER
from markovlens.reliance.properties.patterns import Pattern, watch_of


def breached(pattern, number, truth):
    """Return the first step at which a word of (X, Y, Z) breaches a pattern, by its sentence."""
    for step in range(len(truth)):
        if not kept(pattern, number, truth[: step + 1]):
            return step
    return NEVER


def kept(pattern, number, truth):
    x, y, z = ([row[place] for row in truth] for place in range(3))
    steps = range(len(truth))
    match pattern:
        case Pattern.NEVER:
            return not any(x)
        case Pattern.ALWAYS:
            return all(x)
        case Pattern.COUNTED:
            return sum(x) <= number
        case Pattern.FOLLOWED:  # what may still come is no breach
            return all(
                any(y[t : t + number + 1]) or t + number >= len(truth) for t in steps if x[t]
            )
        case Pattern.NEXT:
            return all(y[t + 1] for t in steps[:-1] if x[t])
        case Pattern.AFTER:
            return not any(x[t] and any(y[: t + 1]) for t in steps)
        case Pattern.AFTER_UNTIL:
            return not any(
                x[t] and any(y[s] and not any(z[s : t + 1]) for s in range(t + 1)) for t in steps
            )
        case Pattern.ONLY_AFTER:
            return not any(x[t] and not any(y[: t + 1]) for t in steps)


SIZES = {Pattern.NEVER: 1, Pattern.ALWAYS: 1, Pattern.COUNTED: 1, Pattern.AFTER_UNTIL: 3}


@pytest.mark.parametrize("pattern", Pattern)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_watch_finds_the_first_breach_of_every_short_word(pattern, number):
    n_statements = SIZES.get(pattern, 2)
    watch = watch_of(pattern, n_statements, number)
    letters = range(2**n_statements)
    for length in range(1, 5 if n_statements == 3 else 6):
        words = list(product(letters, repeat=length))
        truth = [[[code >> place & 1 for place in range(3)] for code in word] for word in words]
        found = watch.first_breach(np.array(words).ravel(), np.full(len(words), length))
        assert found.tolist() == [breached(pattern, number, word) for word in truth]


def test_words_of_several_lengths_are_watched_side_by_side():
    watch = watch_of(Pattern.COUNTED, 1, 1)
    truth = np.array([1, 1, 0, 1, 0, 1, 1])
    assert watch.first_breach(truth, np.array([1, 3, 3])).tolist() == [NEVER, 2, 2]
