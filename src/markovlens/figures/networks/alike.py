"""How far two answer alike, as titles say it and as curves show it, for each kind of output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from markovlens.figures.text import percent
from markovlens.lettering import shorten
from markovlens.measures import how_right, of_one_answer
from markovlens.outputs import HALF, Output
from markovlens.trace import Trace

MOST_BANDS = 3  # columns of an output that are drawn, the first ones
SAID = {
    Output.VALUES: "explains {} of the variance of the network's output",
    Output.LABELS: "has the network's labels on and off as the network at {}, both counted alike",
    Output.RISK: "orders {} of pairs of steps as the network does",
}
FLOOR = {
    Output.VALUES: "its mean: {}",
    Output.LABELS: "always the same: {}",
    Output.RISK: "without an order: {}",
}


@dataclass(frozen=True, slots=True)
class Band:
    """One column of the outputs as a curve.

    Attributes:
        name: of what is drawn.
        column: of the outputs.
        low, high: values at the bottom and the top.
    """

    name: str
    column: int
    low: float
    high: float

    def height(self, values: np.ndarray) -> np.ndarray:
        """Return where values (T,) stand between bottom, 0, and top, 1."""
        return np.asarray(((values - self.low) / (self.high - self.low)).clip(-0.05, 1.05))


def bands_of(trace: Trace) -> tuple[Band, ...]:
    """Return what is drawn of a network's outputs as curves; of three classes or more nothing."""
    if trace.output == Output.DISTRIBUTION:
        return (Band(f"P({trace.classes[1]})", 1, 0.0, 1.0),) if len(trace.classes) == 2 else ()
    names = trace.classes[:MOST_BANDS]
    if trace.output == Output.VALUES:
        shown = outputs_shown(trace)
        ends = np.nanmin(shown, axis=0), np.nanmax(shown, axis=0)
        return tuple(Band(n, c, *_apart(ends[0][c], ends[1][c])) for c, n in enumerate(names))
    of_risk = trace.output == Output.RISK
    named = ("rank of risk",) if of_risk else tuple(f"P({name})" for name in names)
    return tuple(Band(name, column, 0.0, 1.0) for column, name in enumerate(named))


def _apart(low: float, high: float) -> tuple[float, float]:
    return (float(low), float(high)) if high > low else (float(low), float(low) + 1)


def short(name: str) -> str:
    """Return the name of a band, short enough to stand beside it."""
    return shorten(name, longest=14)


def outputs_shown(trace: Trace) -> np.ndarray:
    """Return the network's outputs (N, C) in the units of a machine: risks as ranks in 0..1."""
    outputs = trace.outputs.astype(np.float64)
    if trace.output != Output.RISK:
        return outputs
    given = trace.has_output
    ranks = np.full_like(outputs, np.nan)
    ranks[given, 0] = (rankdata(outputs[given, 0]) - HALF) / max(int(given.sum()), 1)
    return ranks


def how_alike(said: np.ndarray, trace: Trace) -> float:
    """Return how far answers (N, C) are the network's: decisions, or the measure of its kind."""
    if trace.output == Output.DISTRIBUTION:
        return float((said.argmax(-1) == trace.decisions)[trace.has_output].mean())
    return how_right(said, trace.outputs, trace.output)


def without_past(trace: Trace) -> float:
    """Return what always the same answer gets: of decisions the share of the commonest."""
    if trace.output != Output.DISTRIBUTION:
        return of_one_answer(trace.outputs, trace.output)
    decisions = trace.decisions[trace.has_output]
    return float(np.bincount(decisions).max() / len(decisions))


def in_words(said: np.ndarray, trace: Trace) -> str:
    """Return what answers (N, C) that make no decisions do: "explains 93 % of the variance …"."""
    return SAID[trace.output].format(percent(how_alike(said, trace)))


def floor_in_words(trace: Trace) -> str:
    """Return what always the same answer gets, for outputs that make no decisions."""
    return FLOOR[trace.output].format(percent(without_past(trace)))


def apart(said: np.ndarray, trace: Trace) -> np.ndarray:
    """Return how wrong answers (N, C) are at each step (N,), 0 where network and they agree.

    Decisions and labels differ or not; of values and a risk it is the squared error, in units of
    each column's variance.
    """
    given = trace.has_output
    if trace.output in (Output.VALUES, Output.RISK):
        shown = outputs_shown(trace)
        scale = np.nanvar(shown, axis=0)
        squares = np.square(shown - said) / np.where(scale > 0, scale, 1.0)
        return np.asarray(np.where(given, squares.sum(axis=1), 0.0))
    return differing(said, trace).astype(float)


def differing(said: np.ndarray, trace: Trace) -> np.ndarray:
    """Return at which steps (N,) answers decide otherwise, or have a label otherwise."""
    given = trace.has_output
    if trace.output == Output.DISTRIBUTION:
        return np.asarray(given & (said.argmax(-1) != trace.decisions))
    if trace.output == Output.LABELS:
        return np.asarray(given & ((said > HALF) != (trace.outputs > HALF)).any(axis=1))
    return np.zeros(trace.n_steps, dtype=bool)
