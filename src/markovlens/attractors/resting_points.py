"""Where a network rests, beside the states that a machine finds in it: the door for users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from markovlens.activations.outputs import LINK_OF
from markovlens.adapters.adapting import adapt
from markovlens.adapters.contract import Stepwise
from markovlens.arguments import check_kind, check_seed, with_known_arguments
from markovlens.arguments import check_whole as check_count
from markovlens.attractors.given import (
    check_follows,
    check_whole,
    checked_input,
    checked_states,
)
from markovlens.attractors.search import Points, fixed_points, settle, starts_from
from markovlens.dynamics.steps import OneStep
from markovlens.outputs import Output
from markovlens.trace import Trace

N_STARTS = 1000
N_SETTLE = 300  # steps of the same input after which a state has come to where it rests
NONE = -1


@dataclass(frozen=True, slots=True, repr=False)
class RestingPoints:
    """Fixed points of a network under one input, and which of them its states come to.

    Attributes:
        points: of which some attract and some are saddles.
        answers: (P, C), what the network says at each.
        comes_to: (N,), the stable point that each step of the trace comes to if nothing more than
            this input is read; -1 if it comes to none of those found.
        states: (N,), the machine's state at each step; None without a machine.
        classes: names of the C columns of answers.
        output: what answers are.
    """

    points: Points
    answers: np.ndarray
    comes_to: np.ndarray
    states: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    output: Output = Output.DISTRIBUTION

    def table(self) -> pd.DataFrame:
        """Return a row for each point, the stable ones first: what it is, says, and stands for.

        `share` is the share of steps that come to it; `state` the machine's state in which most of
        these are, `overlap` the share of them that are in it.
        """
        kinds = np.where(self.points.stable, "stable", "saddle")
        rows = [
            {"point": point, "kind": kind} | self._row(point) for point, kind in enumerate(kinds)
        ]
        order = np.argsort(self.points.n_unstable, kind="stable")
        return pd.DataFrame(rows).iloc[order].reset_index(drop=True)

    def _row(self, point: int) -> dict[str, Any]:
        here = self.comes_to == point
        row: dict[str, Any] = {
            "unstable": int(self.points.n_unstable[point]),
            "slowest": float(np.abs(self.points.eigenvalues[point, 0])),
            "answer": self._said(point),
            "share": float(here.mean()),
        }
        if self.states is None:
            return row
        counts = np.bincount(self.states[here]) if here.any() else np.zeros(1)
        most = int(counts.argmax())
        overlap = float(counts[most] / here.sum()) if here.any() else np.nan
        return row | {"state": most if here.any() else NONE, "overlap": overlap}

    def _said(self, point: int) -> str:
        if self.output == Output.DISTRIBUTION:
            return self.classes[int(self.answers[point].argmax())]
        return ", ".join(f"{value:.3g}" for value in self.answers[point])

    def __repr__(self) -> str:
        """Return how many points attract, and how many are saddles."""
        stable = int(self.points.stable.sum())
        return f"RestingPoints: {stable} stable, {len(self.points.states) - stable} saddles"


@with_known_arguments
def resting_points(
    network: Any,
    trace: Trace,
    *,
    inputs: np.ndarray | int | str,
    states: np.ndarray | None = None,
    n_starts: int = N_STARTS,
    seed: int = 0,
) -> RestingPoints:
    """Return the fixed points of a network under one input, beside the states of its machine.

    Searched is from states of the trace and from between them, by the minima of the squared
    norm of F(h) - h (Sussillo & Barak 2013); what is far from all of them may be missed.

    Args:
        network: with `initial` and `step`, or anything that `adapt` makes such a network of.
        trace: of its whole states (N, F), as `record` gives them of its only layer.
        inputs: what is read again and again: a row (D,), such as zeros, or a symbol: its
            name, one of `trace.symbols`, or its code.
        states: (N,), the machine's state at each step, as a fit's `decode(trace)` gives it.
        n_starts: from how many states is searched.
        seed: of which.

    Raises:
        DataError: a network that cannot be asked, no trace, one of another network or not of whole
            states, an input that is not read, or not one state of the machine for each step.
        ConfigError: no start, or a seed that is none.
    """
    check_count("n_starts", n_starts, least=1)
    check_seed(seed)
    check_kind("trace", trace, Trace, advice="`markovlens.record` makes one of a network")
    asked = network if isinstance(network, Stepwise) else adapt(network, like=trace.sequences)
    step = OneStep(asked)
    check_whole(step, trace)
    read = one_input(checked_input(inputs, trace))
    states = None if states is None else checked_states(states, trace)
    check_follows(step, trace)
    starts = starts_from(trace.states, n_starts, np.random.default_rng(seed))
    points = fixed_points(step, read, starts)
    return RestingPoints(
        points,
        answers_at(step, read, points.states, trace),
        comes_to(step, read, points, trace.states),
        states,
        trace.classes,
        trace.output,
    )


def one_input(inputs: np.ndarray | int) -> torch.Tensor:
    """Return what is read again and again with an axis of one sequence: (1, D), or (1,)."""
    return torch.as_tensor(np.asarray(inputs))[None]


def answers_at(step: OneStep, inputs: torch.Tensor, states: np.ndarray, trace: Trace) -> np.ndarray:
    """Return what a network says (P, C) after one more step from states (P, F)."""
    if not len(states):
        return np.empty((0, len(trace.classes)))
    repeated = inputs.expand(len(states), *inputs.shape[1:])
    with torch.no_grad():
        _, answers = step.follow(repeated, 1, states, link=LINK_OF[trace.output])
    return np.asarray(answers[-1])


def comes_to(step: OneStep, inputs: torch.Tensor, points: Points, states: np.ndarray) -> np.ndarray:
    """Return the stable point (N,) that each of states (N, F) comes to; -1 for none of them.

    It has come to one where it is nearer to it than half the way to the next one.
    """
    attracting = np.flatnonzero(points.stable)
    if not len(attracting):
        return np.full(len(states), NONE)
    ended = settle(step, inputs, states.astype(np.float64), N_SETTLE)
    places = points.states[attracting]
    away = _distances(ended, places)
    nearest = away.argmin(axis=1)
    between = _distances(places, places) + np.diag(np.full(len(places), np.inf))
    arrived = away.min(axis=1) <= np.minimum(between.min(axis=1), points.scale)[nearest] / 2
    return np.where(arrived, attracting[nearest], NONE)


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(one[:, None] - other, axis=2))
