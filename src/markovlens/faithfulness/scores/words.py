"""Errors on whole words, as the TAYSIR competition counts them (Eyraud et al. 2023, PMLR 217)."""

from __future__ import annotations

import numpy as np

from markovlens.config.arena import FAMILY
from markovlens.faithfulness.scores.agreement import agreement, at_unit
from markovlens.faithfulness.scores.intervals import POSITIVE
from markovlens.faithfulness.scores.tally import Tally
from markovlens.sequences import starts_of
from markovlens.tasks.base import Task
from markovlens.trace import Trace

SCALE = 1e6  # the competition states squared errors of probabilities in millionths


def word_tallies(outputs: np.ndarray, trace: Trace, task: Task) -> dict[str, Tally]:
    """Return the word-level error of outputs (N, C) on a network of the arena, by its name.

    Other tasks have none: their sequences are not words that a network judges as a whole.
    """
    if task.family != FAMILY:
        return {}
    if task.classes == task.symbols:
        return {"word_probability_mse": word_probability_mse(outputs, trace)}
    return {"word_error": word_error(outputs, trace)}


def word_error(outputs: np.ndarray, trace: Trace) -> Tally:
    """Return the share of words on which the decision (N, C) differs from the network's own."""
    decided = at_unit(trace.decisions, trace, "string")
    same = agreement(outputs.argmax(axis=1), decided, trace)
    return Tally(same.weight - same.numerator, same.weight)


def word_probability_mse(outputs: np.ndarray, trace: Trace) -> Tally:
    """Return the mean squared difference of word probabilities from the network's, times 1e6.

    Probabilities of words fall with their length, so this looks at the shortest words almost alone,
    and a test set without short words makes every machine look good: read it beside the
    divergence, which weighs all steps alike.
    """
    error = word_probabilities(outputs, trace) - word_probabilities(trace.outputs, trace)
    return Tally(SCALE * error[:, None] ** 2, np.ones((len(trace), 1)), POSITIVE)


def word_probabilities(outputs: np.ndarray, trace: Trace) -> np.ndarray:
    """Return the probability (S,) of each word: the product, over its steps, of its next symbol's.

    Args:
        outputs: (N, V), distribution of the next symbol after each step.
        trace: with the next symbol as the target of every step.
    """
    with np.errstate(divide="ignore"):  # what a machine deems impossible has probability 0
        said = np.log(outputs[np.arange(trace.n_steps), trace.targets].astype(np.float64))
    return np.exp(np.add.reduceat(said, starts_of(trace.lengths)))
