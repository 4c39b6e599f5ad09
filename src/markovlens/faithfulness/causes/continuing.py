"""Places in sequences where a network's state is changed, and how network and machine go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.faithfulness.causes.effects import Continued, Seen
from markovlens.faithfulness.scores.tally import Bootstrap, Score, hits_and_steps
from markovlens.machines.machine import Machine
from markovlens.outputs import is_answered
from markovlens.sequences import Sequences, rows_of, starts_of, steps_of
from markovlens.trace import Trace

if TYPE_CHECKING:  # only those who hand over a network need torch
    from markovlens.activations.oracle import Oracle


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of P bases.

    Attributes:
        state: int (P,), the machine's states they are in.
        goal: int (P,), those they are put into.
        moved: bool (P,), whether they are put into one at all.
        same: bool (P,), whether there is another start that should change nothing.
    """

    state: np.ndarray
    goal: np.ndarray
    moved: np.ndarray
    same: np.ndarray


def go_on(
    oracle: Oracle, rest: Sequences, starts: Mapping[str, np.ndarray], comparison: Comparison
) -> dict[str, Seen]:
    """Return what the network answers after starts (Q, P, F) of each method: one query for all."""
    if not starts:
        return {}
    states = np.concatenate(list(starts.values()))  # (Q * methods, P, F)
    repeats, n_starts = len(states), len(states) // len(starts)
    values = np.concatenate([rest.values] * repeats)
    inputs = Sequences(values, np.tile(rest.lengths, repeats), rest.channels)
    outputs = oracle.resume(states.reshape(-1, states.shape[-1]), inputs)
    answers = comparison.seen(outputs)
    by_method = answers.reshape(len(starts), n_starts, -1, answers.shape[1])
    given = is_answered(outputs).reshape(len(starts), n_starts, -1)
    return {name: Seen(*each) for name, *each in zip(starts, by_method, given, strict=True)}


def foretell(
    machine: Machine, plan: Plan, points: Points, trace: Trace, comparison: Comparison
) -> Continued:
    """Return what the machine says of the rest of each base, and what the network does."""
    # Of rows the symbols are those of whole sequences: a code may depend on the rows before it.
    read = machine.symbols_of(trace.sequences)[points.rest_row]
    machine, rest = replace(machine, codebook=None), Sequences(read, points.rest.lengths)
    step_of = np.repeat(np.arange(len(points.row)), points.rest.lengths)
    counted = trace.has_output[points.rest_row] & plan.moved[step_of]
    return Continued(
        from_base=comparison.said(_answers(machine, plan.state, rest)),
        from_donor=comparison.said(_answers(machine, plan.goal, rest)),
        undisturbed=comparison.seen(trace.outputs[points.rest_row]),
        counted=counted,
        has_same=counted & plan.same[step_of],
        lengths=points.rest.lengths,
        sequence=points.sequence,
    )


def _answers(machine: Machine, state: np.ndarray, rest: Sequences) -> np.ndarray:
    belief = machine.run_from(np.eye(machine.n_states)[state], rest)
    answers: np.ndarray = belief @ machine.readout
    return answers


def share_of(
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
