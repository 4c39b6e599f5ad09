"""Whether a network can be steered: its state is moved along a transition of a machine.

The other direction of the interchange test. There the network is put into a state that it was in;
here what the machine says of its states is used to make one: the difference of the means of two
machine states is added to the present state, as steering vectors are to a language model (Turner et
al., "Activation addition: steering language models without optimization", 2023; Panickssery et al.,
"Steering Llama 2 via contrastive activation addition", 2024). If the machine's states are
directions in the network's, decisions follow, and after other moves as long they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.faithfulness.causes.continuing import Plan, Points, foretell, go_on, share_of
from markovlens.faithfulness.causes.effects import FEWEST_SEQUENCES, Continued, Seen
from markovlens.faithfulness.scores.tally import Bootstrap, Score
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

if TYPE_CHECKING:  # only those who hand over a network need torch
    from markovlens.activations.oracle import Oracle

STEERS = (
    "steer", "steer_half", "steer_beyond", "steer_exemplar", "steer_random", "steer_other",
)  # fmt: skip
DOSES = (1.0, 0.5, 1.5)  # of the first three
TOO_FEW = f"fewer than {FEWEST_SEQUENCES} sequences that could be steered to other decisions"
GRADED = "steering is counted of decisions and labels; of numbers see the swaps"


@dataclass(frozen=True, slots=True)
class Steered:
    """What is tested of one abstraction.

    Attributes:
        machine: the machine.
        decoded: int (N,), its state after each step of the trace, read off the activations.
        known: int (T,), the same of the training trace.
    """

    machine: Machine
    decoded: np.ndarray
    known: np.ndarray


def steer(
    steered: Mapping[str, Steered],
    trace: Trace,
    training: Trace,
    oracle: Oracle,
    points: Points,
    *,
    bootstrap: Bootstrap,
    rng: np.random.Generator,
) -> dict[str, dict[str, Score] | str]:
    """Return for each method its `STEERS` scores, or why it has none.

    A base is in a decoded state i; a state j is drawn as the machine leaves i, by moves that
    training sequences made, all symbols alike. What the trace records of the network's state is
    moved, the rest left alone, and the network reads on. The score is the share of steps at which
    it then decides as the machine does from j, of those at which the machine decides otherwise from
    i:

    - `steer`: moved by the mean of the training steps in j less that of those in i; `steer_half`
      and `steer_beyond`: by a half and by one and a half of it.
    - `steer_exemplar`: put where it was at the training step in j that is nearest.
    - `steer_random`: moved as far as in `steer`, in a random direction.
    - `steer_other`: moved as far along the difference of another pair of states, which does not
      lead to j; with two states it is the way back, from j to i.

    Of labels all this is counted label by label, and averaged over labels. Moves after which the
    network's answers are not finite are left out of their score, and `Score.note` says how many.

    Args:
        steered: the abstractions, by method.
        trace: held-out sequences.
        training: what means and exemplars are taken from, in the same coordinates.
        oracle: the network, in the same coordinates.
        points: where states are moved.
        bootstrap: over the trace's sequences; the base's sequence is the unit.
        rng: draws states and directions.
    """
    comparison = Comparison.of(trace)
    if comparison.graded:
        return dict.fromkeys(steered, GRADED)
    here = _Here.of(oracle, points, rng)
    plans, starts = {}, {}
    for (method, one), child in zip(steered.items(), rng.spawn(len(steered)), strict=True):
        plans[method], moves = _planned(one, training, here, points, child)
        starts[method] = here.after(moves, oracle, points)
    seen = go_on(oracle, points.rest, starts, comparison)
    scores: dict[str, dict[str, Score] | str] = {}
    for method, one in steered.items():
        continued = foretell(one.machine, plans[method], points, trace, comparison)
        scores[method] = _shares(continued, seen[method], bootstrap) or TOO_FEW
    return scores


def _planned(
    one: Steered, training: Trace, here: _Here, points: Points, rng: np.random.Generator
) -> tuple[Plan, np.ndarray]:
    """Return where the bases of one abstraction go, and the moves (Q, P, M) there."""
    states = training.states.astype(np.float64)
    means = _means(states, one.known, one.machine.n_states)
    plan = _plan(one.machine, one.decoded[points.row], means, rng)
    nearest = _nearest(here.at, plan, states, one.known)
    return plan, _moves(plan, means, here, nearest, rng)


@dataclass(frozen=True, slots=True)
class _Here:
    """Where P bases are in the trace's coordinates (P, M), and a random unit vector for each."""

    at: np.ndarray
    aside: np.ndarray

    @classmethod
    def of(cls, oracle: Oracle, points: Points, rng: np.random.Generator) -> _Here:
        at = oracle.observe(points.whole).astype(np.float64)
        aside = rng.normal(size=at.shape)
        return cls(at, aside / np.linalg.norm(aside, axis=1, keepdims=True))

    def after(self, moves: np.ndarray, oracle: Oracle, points: Points) -> np.ndarray:
        """Return the whole states (Q, P, F) after moves (Q, P, M).

        They are changed by what the move changes, so that what a basis drops of a state stays.
        """
        whole = points.whole.astype(np.float64)
        put = [oracle.put(points.whole, (self.at + move).astype(np.float32)) for move in moves]
        lost = oracle.put(points.whole, self.at.astype(np.float32)) - whole
        return (np.stack(put) - lost).astype(np.float32)


def _means(states: np.ndarray, known: np.ndarray, n_states: int) -> np.ndarray:
    """Return the mean (K, M) of the training steps in each state, NaN where there is none."""
    member = (known == np.arange(n_states)[:, None]).astype(np.float64)  # (K, T)
    count = member.sum(axis=1, keepdims=True)
    return np.divide(
        member @ states, count, out=np.full((n_states, states.shape[1]), np.nan), where=count > 0
    )


def _plan(machine: Machine, state: np.ndarray, means: np.ndarray, rng: np.random.Generator) -> Plan:
    """Draw where each base is steered to; nowhere from or to states without training steps."""
    met = ~np.isnan(means[:, 0])
    moves = (machine.transition * machine.seen[:, :, None]).sum(axis=0)
    moves *= ~np.eye(len(moves), dtype=bool) & met & met[:, None]
    weights = moves[state]
    return Plan(state, _drawn(weights, rng), weights.any(axis=1), np.zeros(len(state), bool))


def _drawn(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one column (P,) of each row of weights (P, K), drawn by them; the first of none."""
    until = weights.cumsum(axis=1)
    reached: np.ndarray = until > rng.random((len(until), 1)) * until[:, -1:]
    return reached.argmax(axis=1)


def _nearest(here: np.ndarray, plan: Plan, states: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the training state (P, M) in each base's goal that is nearest to it."""
    found = here.copy()
    for goal in np.unique(plan.goal[plan.moved]):
        there, bases = states[known == goal], plan.moved & (plan.goal == goal)
        distance = (there**2).sum(axis=1) - 2 * here[bases] @ there.T
        found[bases] = there[distance.argmin(axis=1)]
    return found


def _moves(
    plan: Plan, means: np.ndarray, here: _Here, nearest: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the moves (Q, P, M) of `STEERS`; none of bases that are not moved."""
    moved = plan.moved[:, None]
    along = np.where(moved, means[plan.goal] - means[plan.state], 0)
    length = np.linalg.norm(along, axis=1, keepdims=True)
    allowed = ~np.isnan(means[:, 0]) & moved
    end = _drawn(allowed & (np.arange(len(means)) != plan.goal[:, None]), rng)
    begin = _drawn(allowed & (np.arange(len(means)) != end[:, None]), rng)
    other = np.where(moved, means[end] - means[begin], 0)
    other *= length / np.maximum(np.linalg.norm(other, axis=1, keepdims=True), np.finfo(float).tiny)
    doses = [dose * along for dose in DOSES]
    return np.stack([*doses, nearest - here.at, length * here.aside, other])


def _shares(continued: Continued, seen: Seen, bootstrap: Bootstrap) -> dict[str, Score]:
    """Return how often decisions follow, by `STEERS`; nothing of too few steps."""
    follows = continued.counted[:, None] & (continued.from_donor != continued.from_base)
    scores: dict[str, Score] = {}
    for name, answers, given in zip(STEERS, seen.answers, seen.given, strict=True):
        known = continued.answered(given)
        where = follows & known[:, None]
        score = share_of(answers == continued.from_donor, where, continued, bootstrap)
        if score is not None:
            scores[name] = replace(score, note=continued.note(known, follows.any(axis=1)))
    return scores if STEERS[0] in scores else {}
