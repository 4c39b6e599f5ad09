"""Whether a machine's states are the network's: put the network into one, and see what it does.

Interchange intervention accuracy (Geiger et al. 2021), with the controls without which it means
little: a swap within one state, which should change nothing, and a move as long in a random
direction, which should not do what a state does.

Of decisions and labels it is counted how often the network does what the machine says. Values and
risks are numbers, which no machine of few states says exactly: there it is how much of the *change*
that the swap makes is the change that the machine says (`effects`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.faithfulness.causes.effects import FEWEST_SEQUENCES, Continued, Seen, effects
from markovlens.faithfulness.scores.tally import Bootstrap, Score, hits_and_steps
from markovlens.machines.machine import Machine
from markovlens.outputs import is_answered
from markovlens.sequences import Sequences, rows_of, starts_of, steps_of
from markovlens.trace import Trace

if TYPE_CHECKING:  # only those who hand over a network need torch
    from markovlens.activations.oracle import Oracle

SWAPS = ("iia", "iia_centroid", "iia_same_state", "iia_random")
TOO_FEW = f"fewer than {FEWEST_SEQUENCES} sequences with an informative swap"


@dataclass(frozen=True, slots=True)
class Explained:
    """What is tested of one abstraction.

    Attributes:
        machine: the machine.
        decoded: int (N,), its state after each step of the trace, read off the activations.
    """

    machine: Machine
    decoded: np.ndarray


@dataclass(frozen=True, slots=True)
class Points:
    """P places in a trace, one a sequence, shared by all methods; each is base and donor.

    Attributes:
        sequence: int (P,), the sequences.
        row: int (P,), the trace's row after which the state is exchanged; never a sequence's last.
        whole: (P, F), the network's whole state there.
        rest: the P remainders of the inputs.
        rest_row: int (R,), the trace's row of each step of the remainders.
        order: int (P, P), the order in which each base considers donors.
        direction: (P, F), a random unit vector a base.
    """

    sequence: np.ndarray
    row: np.ndarray
    whole: np.ndarray
    rest: Sequences
    rest_row: np.ndarray
    order: np.ndarray
    direction: np.ndarray


def draw_points(
    trace: Trace, oracle: Oracle, *, n_points: int, rng: np.random.Generator
) -> Points | None:
    """Return up to `n_points` places, None if no sequence has two steps.

    One query of the network serves all methods: `oracle.states_after` every prefix.
    """
    long_enough = np.flatnonzero(trace.lengths > 1)
    if not len(long_enough):
        return None
    sequence = np.sort(rng.permutation(long_enough)[:n_points])
    n_before = 1 + (rng.random(len(sequence)) * (trace.lengths[sequence] - 1)).astype(int)
    row = starts_of(trace.lengths)[sequence] + n_before - 1
    head, rest_row = _rows_around(trace.lengths, sequence, n_before)
    n_after = trace.lengths[sequence] - n_before
    whole = oracle.states_after(Sequences(trace.inputs[head], n_before, trace.channels))
    direction = rng.normal(size=whole.shape)
    return Points(
        sequence,
        row,
        whole,
        Sequences(trace.inputs[rest_row], n_after, trace.channels),
        rest_row,
        rng.permuted(np.tile(np.arange(len(row)), (len(row), 1)), axis=1),
        direction / np.linalg.norm(direction, axis=1, keepdims=True),
    )


def intervene(
    explained: Mapping[str, Explained],
    trace: Trace,
    oracle: Oracle,
    points: Points,
    bootstrap: Bootstrap,
) -> dict[str, dict[str, Score] | str]:
    """Return for each method its `SWAPS` scores and `iia_informative`, or why it has none.

    Of values and risks they are `effects.EFFECTS` in their place. The network is put into a donor's
    whole state (all layers, an LSTM's cells) and reads the rest of the base's input. `iia` is the
    share of steps at which it then decides as the machine does from the *donor's* decoded state.
    Only informative steps count, those at which the machine's continuations from the donor's and
    from the base's state differ: elsewhere agreement is free. `iia_informative` is the share of
    steps that are. On the same steps:

    - `iia_centroid`: the network is put at the mean whole state of the donor's decoded state.
    - `iia_random`: its own state is moved in a random direction, as far as the donor is away.
      Scored against the donor's continuation too: it shows what a disturbance of this size does.
    - `iia_same_state`: the donor has the base's decoded state; scored against what the undisturbed
      network does, as such a swap should change nothing.

    Of labels all this is counted label by label, and averaged over labels.

    A swap is left out of a score where the network's answer after it is not finite at a step that
    counts: its own states may be so large that one moved as far at random is beyond its floats.
    `Score.note` says how many are.

    Args:
        explained: the abstractions, by method.
        trace: held-out sequences.
        oracle: the network.
        points: where states are exchanged.
        bootstrap: over the trace's sequences; the base's sequence is the unit.
    """
    plans = {method: _plan(one.decoded[points.row], points) for method, one in explained.items()}
    starts = {method: _starts(plan, points) for method, plan in plans.items()}
    comparison = Comparison.of(trace)
    seen = _continue(oracle, points.rest, starts, comparison)
    score = effects if comparison.graded else _shares
    scores: dict[str, dict[str, Score] | str] = {}
    for method, one in explained.items():
        continued = _continued(one.machine, plans[method], points, trace, comparison)
        found = score(continued, seen[method], bootstrap)
        scores[method] = found or TOO_FEW
    return scores


@dataclass(frozen=True, slots=True)
class _Plan:
    """For each base: its state, a donor of another state and one of the same; -1 where none is."""

    state: np.ndarray
    donor: np.ndarray
    same: np.ndarray


def _plan(state: np.ndarray, points: Points) -> _Plan:
    differs = state[points.order] != state[:, None]
    itself = points.order == np.arange(len(state))[:, None]
    return _Plan(
        state, _first_in(points.order, differs), _first_in(points.order, ~differs & ~itself)
    )


def _first_in(order: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the first entry (P,) of each row of `order` that is wanted, -1 where none is."""
    found = order[np.arange(len(order)), wanted.argmax(axis=1)]
    return np.where(wanted.any(axis=1), found, -1)


def _starts(plan: _Plan, points: Points) -> np.ndarray:
    """Return the whole states (4, P, F) of `SWAPS`; where there is no donor, whatever it be."""
    whole = points.whole.astype(np.float64)
    donors = whole[plan.donor]
    distance = np.linalg.norm(donors - whole, axis=1, keepdims=True)
    member = plan.state[:, None] == plan.state[plan.donor]  # (P, base): in the donor's state
    centroids = (member / member.sum(axis=0)).T @ whole
    disturbed = whole + distance * points.direction
    return np.stack([donors, centroids, whole[plan.same], disturbed]).astype(np.float32)


def _continue(
    oracle: Oracle, rest: Sequences, starts: Mapping[str, np.ndarray], comparison: Comparison
) -> dict[str, Seen]:
    """Return what the network answers for each method: one query for all of them."""
    if not starts:
        return {}
    states = np.concatenate(list(starts.values()))  # (4 * methods, P, F)
    repeats = len(states)
    values = np.concatenate([rest.values] * repeats)
    inputs = Sequences(values, np.tile(rest.lengths, repeats), rest.channels)
    outputs = oracle.resume(states.reshape(-1, states.shape[-1]), inputs)
    answers = comparison.seen(outputs)
    by_method = answers.reshape(len(starts), len(SWAPS), -1, answers.shape[1])
    given = is_answered(outputs).reshape(len(starts), len(SWAPS), -1)
    return {name: Seen(*each) for name, *each in zip(starts, by_method, given, strict=True)}


def _continued(
    machine: Machine, plan: _Plan, points: Points, trace: Trace, comparison: Comparison
) -> Continued:
    """Return what the machine says of the rest of each base, and what the network does."""
    # Of rows the symbols are those of whole sequences: a code may depend on the rows before it.
    read = machine.symbols_of(trace.sequences)[points.rest_row]
    machine, rest = replace(machine, codebook=None), Sequences(read, points.rest.lengths)
    step_of = np.repeat(np.arange(len(points.row)), points.rest.lengths)
    counted = trace.has_output[points.rest_row] & (plan.donor >= 0)[step_of]
    return Continued(
        from_base=comparison.said(_answers(machine, plan.state, rest)),
        from_donor=comparison.said(_answers(machine, plan.state[plan.donor], rest)),
        undisturbed=comparison.seen(trace.outputs[points.rest_row]),
        counted=counted,
        has_same=counted & (plan.same >= 0)[step_of],
        lengths=points.rest.lengths,
        sequence=points.sequence,
    )


def _answers(machine: Machine, state: np.ndarray, rest: Sequences) -> np.ndarray:
    belief = machine.run_from(np.eye(machine.n_states)[state], rest)
    answers: np.ndarray = belief @ machine.readout
    return answers


def _shares(continued: Continued, seen: Seen, bootstrap: Bootstrap) -> dict[str, Score]:
    """Return how often the network answers as it should, by `SWAPS`; nothing of too few steps."""
    informative = continued.counted[:, None] & (continued.from_donor != continued.from_base)
    within = informative & continued.has_same[:, None]
    wanted = {name: (continued.from_donor, informative) for name in SWAPS}
    wanted["iia_same_state"] = (continued.undisturbed, within)
    scores: dict[str, Score] = {}
    for name, answers, given in zip(SWAPS, seen.answers, seen.given, strict=True):
        right, where = wanted[name]
        known = continued.answered(given)
        score = _share(answers == right, where & known[:, None], continued, bootstrap)
        if score is not None:
            scores[name] = replace(score, note=continued.note(known, where.any(axis=1)))
    if "iia" not in scores:
        return {}
    counted = np.broadcast_to(continued.counted[:, None], informative.shape)
    share = _share(informative, counted, continued, bootstrap)
    return scores if share is None else scores | {"iia_informative": share}


def _share(
    hits: np.ndarray, where: np.ndarray, continued: Continued, bootstrap: Bootstrap
) -> Score | None:
    """Return the share of `hits` (R, G) among the steps `where` (R, G), of bases resampled."""
    pairs = zip(hits.T, where.T, strict=True)
    sums = [
        hits_and_steps(hit, np.where(counts, 0, -1), continued.lengths, 1) for hit, counts in pairs
    ]
    numerator, weight = (np.hstack(part) for part in zip(*sums, strict=True))
    return continued.score(numerator, weight, bootstrap)


def _rows_around(
    lengths: np.ndarray, sequence: np.ndarray, n_before: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the first `n_before` steps of each sequence, and of those after."""
    rows = rows_of(lengths, sequence)
    chosen = lengths[sequence]
    before = steps_of(chosen) < np.repeat(n_before, chosen)
    return rows[before], rows[~before]
