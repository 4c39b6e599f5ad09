"""Models of as many parameters: what is counted, and which widths come near a number.

What can be chosen freely counts: every weight of an LSTM and of an output layer, and of a row of n
probabilities n - 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

from markovlens.errors import DataError
from markovlens.hybrids.models import Widths

WITHIN = 0.05  # of the LSTM's number, by which another may be off
MOST_STATES = 200
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Alphabet:
    """How many symbols are read and classes answered, and whether these are the next symbols."""

    n_symbols: int
    n_classes: int
    foretells: bool


@dataclass(frozen=True, slots=True)
class Sizes:
    """What each model gets.

    Attributes:
        lstm: widths of the LSTM alone.
        hybrid: widths of the LSTM beside an HMM.
        states: of that HMM.
        alone: states of the HMM alone.
    """

    lstm: Widths
    hybrid: Widths
    states: int
    alone: int


def of_law(states: int, n_symbols: int) -> int:
    """Return the free parameters of a hidden Markov model."""
    return (states - 1) + states * (states - 1) + states * (n_symbols - 1)


def of_lstm(widths: Widths, alphabet: Alphabet) -> int:
    """Return those of an LSTM with embedding and output layer; torch has two biases a gate."""
    embedding, hidden = widths.embedding, widths.hidden
    gates = 4 * hidden * (embedding + hidden + 2)
    return alphabet.n_symbols * embedding + gates + alphabet.n_classes * (hidden + 1)


def of_hybrid(widths: Widths, states: int, alphabet: Alphabet) -> int:
    """Return those of both with one output layer."""
    return (
        of_lstm(widths, alphabet) + of_law(states, alphabet.n_symbols) + states * alphabet.n_classes
    )


def of_alone(states: int, alphabet: Alphabet) -> int:
    """Return those of the HMM alone: one that foretells symbols by its law has no output layer."""
    readout = 0 if alphabet.foretells else states * alphabet.n_classes
    return of_law(states, alphabet.n_symbols) + readout


def equal_sizes(lstm: Widths, states: int, alphabet: Alphabet) -> Sizes:
    """Return models that have as many parameters as an LSTM, but for `WITHIN`.

    Of the hybrid's LSTMs that do, it is the one that keeps most of both widths.

    Raises:
        DataError: there is none.
    """
    wanted = of_lstm(lstm, alphabet)
    narrower = [
        Widths(*each) for each in product(range(1, lstm.embedding + 1), range(1, lstm.hidden + 1))
    ]
    beside = ((each, of_hybrid(each, states, alphabet)) for each in narrower)
    hybrid = _near(beside, wanted, "an LSTM beside an HMM")
    kept = max(
        hybrid, key=lambda each: min(each.embedding / lstm.embedding, each.hidden / lstm.hidden)
    )
    counts = ((number, of_alone(number, alphabet)) for number in range(1, MOST_STATES + 1))
    alone = _near(counts, wanted, "an HMM")
    return Sizes(
        lstm, kept, states, min(alone, key=lambda one: abs(of_alone(one, alphabet) - wanted))
    )


def _near(counts: Iterable[tuple[Kind, int]], wanted: int, what: str) -> list[Kind]:
    """Return what has nearly as many parameters as wanted."""
    found = [one for one, count in counts if abs(count - wanted) <= WITHIN * wanted]
    if not found:
        raise DataError(
            f"hybrids: expected {what} with as many parameters as the LSTM alone, {wanted}, got "
            f"none within {WITHIN:.0%}; take another `hidden` or `embedding`, or other `states`",
            page="bad-config",
        )
    return found
