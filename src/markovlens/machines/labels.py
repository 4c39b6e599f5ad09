"""What stands beside an edge of a transition graph."""

from __future__ import annotations

import numpy as np

from markovlens.lettering import shorten
from markovlens.machines.edges import Edge

CERTAIN = 0.95  # from this probability on, a symbol's label leaves its probability out
NEGLIGIBLE = 0.02  # share of an edge's flow below which a symbol is only counted
LARGE_ALPHABET = 12
LONGEST_WORD = 13
LONGEST_RULE = 16  # characters of a rule on rows, which an ellipsis would make worthless


def edge_label(
    edge: Edge, symbols: tuple[str, ...], *, most: int, longest: int = LONGEST_WORD
) -> str:
    """Return the symbols of an edge, one a line, and how many more there are.

    Small alphabets list the symbols by flow, each with its probability unless that is almost 1;
    large ones list the most characteristic words, by lift.

    Args:
        edge: what to describe.
        symbols: names of the V symbols; empty for an autonomous machine.
        most: how many symbols to name.
        longest: characters of a name; large alphabets have `LONGEST_WORD`.
    """
    if not symbols:
        return chance(edge.probabilities[0])
    if len(symbols) > LARGE_ALPHABET:
        return _characteristic(edge, symbols, most)
    used = np.flatnonzero(edge.flows >= NEGLIGIBLE * edge.flow)
    certain = edge.probabilities[used] >= CERTAIN
    if certain.all() and len(used) == len(symbols) > 2:
        return "any"
    names = [_withchance(edge, index, symbols, longest) for index in used[:most]]
    if certain.all():
        names = [", ".join(sorted(names))]
    return "\n".join([*names, *_more(len(used) - most)])


def characteristic(edge: Edge) -> np.ndarray:
    """Return indices into `edge.symbols`, the highest lift first (larger flow first on a tie)."""
    return np.lexsort((-edge.flows, -edge.lifts))


def _characteristic(edge: Edge, symbols: tuple[str, ...], most: int) -> str:
    """Return the words with the highest lift; words that the edge rather avoids only count."""
    likely = int((edge.flows >= 0.5).sum())
    best = characteristic(edge)[:most]
    names = [shorten(symbols[edge.symbols[index]], longest=LONGEST_WORD) for index in best]
    return "\n".join([*names, *_more(likely - most)])


def _withchance(edge: Edge, index: int, symbols: tuple[str, ...], longest: int) -> str:
    name = shorten(symbols[edge.symbols[index]], longest=longest)
    probability = edge.probabilities[index]
    return name if probability >= CERTAIN else f"{name}: {chance(probability)}"


def chance(probability: float) -> str:
    """Return a probability as ".25", "1" or "<.01"."""
    if probability < 0.005:
        return "<.01"
    return f"{probability:.2f}".lstrip("0") if probability < 0.995 else "1"


def _more(number: int) -> list[str]:
    return [f"+{number:,} more"] if number > 0 else []
