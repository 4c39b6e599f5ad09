"""Whether a network confirms what a machine says would have led elsewhere: a score with a control.

A machine that says "had this word been another, the answer would be no" can be wrong in that even
where it agrees with its network on all sequences that were recorded. So the changed sequence is put
to the network. Wachter, Mittelstadt & Russell ("Counterfactual explanations without opening the
black box", 2018) ask for the closest input with another answer; here it is the machine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from markovlens.faithfulness.causes.editing import Changed, Editor, answers_of
from markovlens.faithfulness.causes.subject import UNASKABLE, Subject
from markovlens.faithfulness.scores.evaluate import Missing, Row, score_row
from markovlens.faithfulness.scores.falsify import DrawnOut
from markovlens.faithfulness.scores.intervals import CORRELATION, POSITIVE, SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally
from markovlens.machines.machine import Machine
from markovlens.outputs import is_answered, left_out
from markovlens.sequences import Sequences
from markovlens.status import Status
from markovlens.trace import Trace

CONFIRMED, RANDOM, GAIN, EDITS = (
    "counterfactual_confirmed", "counterfactual_random", "counterfactual_gain",
    "counterfactual_edits",
)  # fmt: skip
VERDICT = "verdict"  # in place of a method: the machine that the verdict speaks of
N_RANDOM = 5  # sequences with as many random edits, for each that is asked about
NO_ANSWER = "the network does not answer after the last step of every sequence"
NO_CASE = "no edits lead the machine from an answer that it shares with the network to another"


class Answering(Protocol):
    """What is asked: an `Oracle`, or a network that only reads whole sequences."""

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output (N, C) after each step."""
        ...


@dataclass(frozen=True, slots=True)
class Cases:
    """Sequences of which machine and network say the same, changed so that the machine does not.

    Attributes:
        indices: (M,), places among the sequences that were looked at.
        changed: the M sequences, with edits.
        before, after: (M,), the answer that both give, and that of the machine to the changed one.
    """

    indices: np.ndarray
    changed: list[Changed]
    before: np.ndarray
    after: np.ndarray


def cases_of(editor: Editor, inputs: Sequences, said: np.ndarray) -> Cases:
    """Return the sequences to ask about, given the network's answer (S,) after each.

    Those are left out on which machine and network differ, of which no edits lead elsewhere, and
    whose edits lead the machine itself nowhere else once they are made: a machine with a belief is
    more than its most likely moves, and a code is more than one row.
    """
    machine = editor.machine
    own = final_answers(machine, inputs)
    goals = answers_of(machine, machine.readout) != own[:, None]
    found = editor.shortest(inputs, goals)
    some = [index for index, each in enumerate(found) if each and own[index] == said[index]]
    changed = [each for index in some if (each := found[index])]
    if not changed:
        return Cases(np.array([], dtype=int), [], own[:0], own[:0])
    after = final_answers(machine, beside(inputs, [each.values for each in changed]))
    kept = np.flatnonzero(after != own[some])
    return Cases(
        np.array(some)[kept], [changed[index] for index in kept], own[some][kept], after[kept]
    )


def counterfactual_scores(
    editor: Editor,
    test: Trace,
    network: Answering,
    bootstrap: Bootstrap,
    *,
    n_sequences: int,
    rng: np.random.Generator,
) -> Mapping[str, Score] | str:
    """Return how often a network confirms a machine's shortest edits, or why that is not known.

    `counterfactual_confirmed` is the share of cases in which the network answers the changed
    sequence as the machine does; `counterfactual_random` the share in which it gives that answer
    after as many edits at random; `counterfactual_gain` the one less the other, sequence by
    sequence; `counterfactual_edits` the mean number of edits.

    Args:
        editor: of the machine.
        test: the network on test sequences, which it answers after their last step.
        network: the network, which reads what `test` holds.
        bootstrap: over the test sequences.
        n_sequences: drawn of them, at most.
        rng: draws these, and the random edits.
    """
    if editor.refusal:
        return editor.refusal
    last = np.cumsum(test.lengths) - 1
    if not test.has_output[last].all():
        return NO_ANSWER
    drawn = np.sort(rng.permutation(len(test))[:n_sequences])
    inputs = test.sequences.select(drawn)
    said = answers_of(editor.machine, test.outputs[last[drawn]])
    cases = cases_of(editor, inputs, said)
    if not cases.changed:
        return NO_CASE
    asked = _put_to(editor, network, inputs, cases, rng)
    kept = asked.known & asked.chances.any(axis=1)
    note = left_out(int((~kept).sum()), len(kept), "changed sequences")
    if not kept.any():
        return note
    found = {
        CONFIRMED: (asked.told == cases.after).astype(float),
        RANDOM: asked.by_chance(cases.after),
        EDITS: np.array([len(each.edits) for each in cases.changed], dtype=float),
    }
    found[GAIN] = found[CONFIRMED] - found[RANDOM]
    scales = {CONFIRMED: SHARE, RANDOM: SHARE, GAIN: CORRELATION, EDITS: POSITIVE}
    resamples = bootstrap.select(drawn[cases.indices[kept]])
    weight = np.ones((int(kept.sum()), 1))
    return {
        name: replace(
            resamples.score(Tally(each[kept, None], weight, scales[name])),
            n_sequences=len(weight),
            note=note,
        )
        for name, each in found.items()
    }


@dataclass(frozen=True, slots=True)
class _Told:
    """What a network answers to M changed sequences, and to `N_RANDOM` changed at random for each.

    Attributes:
        told, at_random: (M,) and (M, N_RANDOM), the answers.
        known, chances: bool, which of them are any.
    """

    told: np.ndarray
    known: np.ndarray
    at_random: np.ndarray
    chances: np.ndarray

    def by_chance(self, after: np.ndarray) -> np.ndarray:
        """Return the share (M,) of random edits that are answered with `after` (M,)."""
        same = (self.at_random == after[:, None]) & self.chances
        return same.sum(axis=1) / np.maximum(self.chances.sum(axis=1), 1)


def _put_to(
    editor: Editor, network: Answering, inputs: Sequences, cases: Cases, rng: np.random.Generator
) -> _Told:
    told = _asked(editor.machine, network, inputs, [each.values for each in cases.changed])
    values = [inputs.values[rows] for rows in _rows(inputs, cases.indices)]
    others = [
        editor.at_random(value, len(each.edits), rng)
        for value, each in zip(values, cases.changed, strict=True)
        for _ in range(N_RANDOM)
    ]
    by_chance = _asked(editor.machine, network, inputs, others)
    return _Told(*told, *(each.reshape(-1, N_RANDOM) for each in by_chance))


def final_answers(machine: Machine, inputs: Sequences) -> np.ndarray:
    """Return the answer (S,) of a machine after the last step of each sequence."""
    return answers_of(machine, machine.predict(inputs)[np.cumsum(inputs.lengths) - 1])


def beside(inputs: Sequences, values: list[np.ndarray]) -> Sequences:
    """Return other sequences of the same kind."""
    return Sequences.from_list(values, inputs.channels)


def _asked(
    machine: Machine, network: Answering, inputs: Sequences, values: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the network's answer (S,) after each sequence, and which of them are answers."""
    asked = beside(inputs, values)
    outputs = network.outputs(asked)[np.cumsum(asked.lengths) - 1]
    return answers_of(machine, outputs), is_answered(outputs)


def _rows(inputs: Sequences, indices: np.ndarray) -> list[slice]:
    starts, lengths = inputs.starts, inputs.lengths
    return [slice(starts[index], starts[index] + lengths[index]) for index in indices]


def counterfactual_rows(
    subject: Subject, verdict: Machine | None, bootstrap: Bootstrap, *, n_sequences: int, seed: int
) -> list[Row]:
    """Return the scores of each method's chosen machine, and of the one behind the verdict.

    Args:
        subject: the network and its abstractions.
        verdict: the machine of the verdict, None if there is none.
        bootstrap: over the test sequences.
        n_sequences: test sequences that are changed, at most.
        seed: the same for all networks of a task, so that all machines change the same sequences.
    """
    machines = {method: machine for method, (_, machine) in subject.chosen.items()}
    if verdict is not None:
        machines[VERDICT] = verdict
    known = subject.valid if subject.train is None else subject.train
    rows: list[Row] = []
    for method, machine in machines.items():
        found: Mapping[str, Score] | str = UNASKABLE
        if subject.oracle is not None:
            found = counterfactual_scores(
                Editor.of(machine, known),
                subject.test,
                DrawnOut(subject.oracle),
                bootstrap,
                n_sequences=n_sequences,
                rng=np.random.default_rng(seed),
            )
        scores: Mapping[str, Score | Missing] = (
            {CONFIRMED: Missing(Status.SKIPPED, found)} if isinstance(found, str) else found
        )
        size = machine.n_states
        rows += [score_row(method, size, "closed", name, each) for name, each in scores.items()]
    return rows
