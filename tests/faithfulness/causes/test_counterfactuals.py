"""Whether a network confirms what a machine says would have led elsewhere."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from helpers.machines import random_machine, trace_of
from markovlens.codebooks.cuts import cut_at
from markovlens.faithfulness.causes.counterfactuals import (
    CONFIRMED,
    EDITS,
    GAIN,
    NO_ANSWER,
    NO_CASE,
    RANDOM,
    cases_of,
    counterfactual_scores,
    final_answers,
)
from markovlens.faithfulness.causes.editing import NO_SYMBOLS, ONLY_ORDER, Editor, answers_of
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import Machine, automaton
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.trace import Trace

PARITY = automaton(np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0, symbols=("0", "1"))


@dataclass(frozen=True)
class Runs:
    """A network that runs a machine, on sequences of which it gives what `of` says."""

    machine: Machine

    def outputs(self, inputs):
        return self.machine.predict(inputs)


@dataclass(frozen=True)
class Constant:
    """A network that gives the same answer to everything."""

    answer: int

    def outputs(self, inputs):
        return np.eye(2)[np.full(inputs.n_steps, self.answer)]


def scores(machine, network, *, trace=None, n_sequences=100, seed=0):
    trace = trace or trace_of(machine, n_sequences=120, longest=12)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=np.random.default_rng(0))
    return counterfactual_scores(
        Editor.of(machine, trace), trace, network, bootstrap,
        n_sequences=n_sequences, rng=np.random.default_rng(seed),
    )  # fmt: skip


def test_a_network_that_runs_the_machine_confirms_all_and_random_edits_fewer():
    found = scores(PARITY, Runs(PARITY))
    assert found[CONFIRMED].value == 1.0
    assert found[EDITS].value == 1.0  # one more or one fewer 1
    assert found[CONFIRMED].n_sequences == 100
    # A random edit flips parity where it changes a symbol, or puts in or takes out a 1: two thirds.
    assert 0.55 < found[RANDOM].value < 0.78
    assert found[GAIN].value == pytest.approx(1 - found[RANDOM].value)
    for score in found.values():
        assert score.low <= score.value <= score.high


def test_a_network_that_never_changes_its_mind_confirms_none():
    trace = trace_of(PARITY, n_sequences=60)
    constant = replace(trace, outputs=np.eye(2)[np.ones(trace.n_steps, dtype=int)])
    found = scores(PARITY, Constant(1), trace=constant)
    assert found[CONFIRMED].value == found[RANDOM].value == 0.0
    accepted = final_answers(PARITY, trace.sequences) == 1
    assert found[CONFIRMED].n_sequences == accepted.sum()  # the others are no answer of both


def test_the_same_seed_gives_the_same_scores_and_others_draw_others():
    first, again, other = (
        scores(PARITY, Runs(PARITY), n_sequences=40, seed=seed) for seed in (1, 1, 2)
    )
    assert first[RANDOM].value == again[RANDOM].value
    assert first[RANDOM].value != other[RANDOM].value


def test_why_there_is_no_score_is_told():
    autonomous = random_machine(3, 1, 2, symbols=("a",))
    assert scores(autonomous, Runs(autonomous)) == NO_SYMBOLS
    trace = trace_of(PARITY)
    outputs = trace.outputs.copy()
    outputs[-1] = np.nan
    assert scores(PARITY, Runs(PARITY), trace=replace(trace, outputs=outputs)) == NO_ANSWER
    always = replace(PARITY, readout=np.eye(2)[[1, 1]])
    assert scores(always, Runs(always)) == NO_CASE
    risk = replace(PARITY, readout=np.array([[0.1], [0.9]]), classes=("risk",), output=Output.RISK)
    assert Editor.of(risk, trace).refusal == ONLY_ORDER


def test_edits_that_a_belief_does_not_follow_are_no_case():
    machine = random_machine(4, 3, 2, seed=5)
    trace = trace_of(machine, n_sequences=80)
    said = final_answers(machine, trace.sequences)
    cases = cases_of(Editor.of(machine, trace), trace.sequences, said)
    assert len(cases.changed)
    after = Sequences.from_list([each.values for each in cases.changed])
    assert np.array_equal(final_answers(machine, after), cases.after)
    assert (cases.after != said[cases.indices]).all()


@pytest.fixture
def alarm():
    """A machine on SpO2 that alarms at 90 or less until it is above 94, and recorded rows."""
    codebook = cut_at(("hr", "spo2"), {"spo2": [90, 94]})
    machine = automaton(
        np.array([[1, 0, 0], [1, 1, 0]]), np.array([False, True]), start=0, symbols=codebook.names
    )
    rng = np.random.default_rng(0)
    inputs = Sequences(rng.normal([75, 93], [8, 3], (600, 2)), np.full(40, 15), ("hr", "spo2"))
    codes = codebook.encode(inputs)
    machine = replace(machine, codebook=codebook)
    states = machine.walk(inputs)
    nothing = np.full(600, -1)
    outputs = machine.readout[states]
    return machine, codes, Trace(
        np.eye(2)[states], inputs.values, outputs, nothing, nothing, inputs.lengths,
        (), ("quiet", "alarm"), inputs.channels,
    )  # fmt: skip


def test_rows_give_way_to_the_nearest_training_row_of_another_code(alarm):
    machine, codes, trace = alarm
    editor = Editor.of(machine, trace)
    said = final_answers(machine, trace.sequences)
    cases = cases_of(editor, trace.sequences, said)
    assert len(cases.changed) == len(trace)
    for place, changed in zip(cases.indices, cases.changed, strict=True):
        before = next(iter(trace.sequences.select(np.array([place]))))
        assert changed.values.shape == before.shape  # no row is put in or left out
        differing = np.flatnonzero((changed.values != before).any(axis=1))
        assert set(differing) <= {edit.place for edit in changed.edits}
        for edit in changed.edits:
            row = changed.values[edit.place]
            known = trace.inputs[codes == edit.symbol]
            assert (known == row).all(axis=1).any()
            apart = ((known - before[edit.place]) / trace.inputs.std(axis=0)) ** 2
            nearest = apart.sum(axis=1).min()
            own = ((row - before[edit.place]) / trace.inputs.std(axis=0)) ** 2
            assert own.sum() == pytest.approx(nearest)
    assert scores(machine, Runs(machine), trace=trace)[CONFIRMED].value == 1.0


def test_what_is_static_stays(alarm):
    machine, _, trace = alarm
    editor = Editor.of(machine, trace)
    channels = (replace(trace.channels[0], static=True), trace.channels[1])
    found = replace(editor.rows, channels=channels).nearest(np.array([-5.0, 99.0]), 0)
    assert found[0] == -5.0
    assert found[1] <= 90


def test_random_rows_are_of_other_codes(alarm):
    machine, _, trace = alarm
    editor, rng = Editor.of(machine, trace), np.random.default_rng(0)
    for rows in trace.sequences:
        for n_edits in (1, 2):
            made = editor.at_random(rows, n_edits, rng)
            both = Sequences.from_list([rows, made], trace.channels)
            before, after = np.split(machine.symbols_of(both), 2)
            assert (before != after).sum() == n_edits


def test_answers_of_more_labels_than_an_integer_has_bits_are_told_apart():
    labels = tuple(map(str, range(70)))
    readout = np.full((1, 70), 0.1)
    machine = Machine(
        np.ones((1, 1)),
        np.ones((1, 1, 1)),
        readout,
        ("a",),
        labels,
        np.ones((1, 1), dtype=bool),
        output=Output.LABELS,
    )
    said = answers_of(machine, np.vstack([np.zeros(70), np.eye(70)]))
    assert len(set(said.tolist())) == 71
    assert np.array_equal(said, answers_of(machine, np.vstack([np.zeros(70), np.eye(70)])))


def test_answers_of_labels_and_values_are_one_or_another():
    labels = replace(
        PARITY, readout=np.array([[0.1, 0.9], [0.8, 0.2]]), classes=("a", "b"), output=Output.LABELS
    )
    said = answers_of(labels, np.array([[0.9, 0.1], [0.9, 0.9], [0.7, 0.4]]))
    assert said[0] == said[2] != said[1]
    values = replace(PARITY, readout=np.array([[1.0], [3.0]]), classes=("y",), output=Output.VALUES)
    assert answers_of(values, np.array([[1.9], [2.1]])).tolist() == [0, 1]


@pytest.mark.parametrize("seen", [False, True])
def test_a_first_symbol_that_no_sequence_begins_with_is_put_there_if_all_of_it_was_seen(seen):
    machine = replace(PARITY, seen=np.array([[True, True], [True, seen]]))
    trace = trace_of(machine, n_sequences=40, longest=6)
    codes, starts = trace.inputs.copy(), trace.sequences.starts
    codes[starts] = 0
    moves = Editor.of(machine, replace(trace, inputs=codes)).moves
    assert set(moves.options[-1].values()) == ({0, 1} if seen else {0})
