"""Violations of a machine are the network's, or the machine is made right where it was wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.machines import random_machine, trace_of
from helpers.properties import HASTY, TRUTH, Running, network_of
from helpers.properties import sequences as words_in
from markovlens.abstractions.lstar import Teacher
from markovlens.abstractions.wording import Wording
from markovlens.errors import ConfigError
from markovlens.faithfulness.scores.guarantees import tests_needed as needed
from markovlens.machines.machine import automaton
from markovlens.machines.minimisation import equivalent, harden, minimise
from markovlens.reliance.properties.adapting import Learner
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import inputs_of
from markovlens.reliance.properties.network import Asked
from markovlens.reliance.properties.replaying import (
    ALIKE,
    GRADED,
    SLACK,
    STATES,
    Budget,
    replayed,
)
from markovlens.sequences import steps_of


def replay(machine, text, asked, *, kind="any", seed=0, **budget):
    inputs = inputs_of(machine, kind, asked.trace.sequences, asked.answered)
    return replayed(
        machine, parsed(text), inputs, asked, budget=Budget(**budget),
        rng=np.random.default_rng(seed),
    )  # fmt: skip


def test_what_the_network_does_too_is_confirmed():
    asked = network_of(TRUTH)
    found = replay(TRUTH, "never answers accept", asked)
    assert found.counterexample == (0, 1)
    assert found.n_refined == 0
    assert found.n_asked == asked.askable.asked


def test_a_spurious_word_refines_the_machine_until_it_has_the_property():
    asked = network_of(TRUTH)
    found = replay(HASTY, "answers accept only after reads a", asked)
    assert found.counterexample is None
    assert found.spurious[0] == (1,)
    assert not TRUTH.readout[[TRUTH.walk(words_in(one))[-1] for one in found.spurious], 1].any()
    assert equivalent(minimise(found.machine), TRUTH) is None
    assert found.agreement.n_failed == 0
    assert found.agreement.epsilon <= 0.01
    assert "not proved" in str(found.agreement)


def test_a_spurious_word_leads_on_to_one_of_the_network():
    asked = network_of(TRUTH)
    found = replay(HASTY, "answers accept at most 1 times", asked)
    assert found.spurious == ((1, 0),)
    assert found.counterexample in {(0, 1, 0), (0, 1, 1)}


def test_a_violation_that_the_machine_hides_is_found_by_words_drawn():
    lazy = automaton(np.array([[0, 0]]), np.array([0]), start=0, symbols=("a", "b"))
    found = replay(lazy, "never answers accept", network_of(TRUTH))
    assert found.counterexample == (0, 1)
    assert found.shrunk_from >= 2


def test_counterexamples_are_words_that_may_come():
    asked, only_b = network_of(TRUTH), np.ones(20, dtype=int)
    never = np.tile([1.0, 0.0], (20, 1))
    heard = trace_of(TRUTH, n_sequences=4, longest=5)
    few = replace(
        heard, states=np.zeros((20, 1)), inputs=only_b, outputs=never, targets=-only_b,
        truth=-only_b, lengths=np.full(4, 5),
    )  # fmt: skip
    asked = replace(asked, trace=few)
    found = replay(HASTY, "never answers accept", asked, kind="pairs")
    assert found.counterexample is None  # only b may come, and the network needs an a
    assert found.agreement is not None


def test_the_budget_is_kept_and_said():
    asked = network_of(TRUTH)
    found = replay(HASTY, "answers accept only after reads a", asked, words=10)
    assert found.reason == "10 words are not enough: to go on takes more than 1"
    assert asked.askable.asked == found.n_asked == 9
    none = replay(TRUTH, "never not (answers accept or answers reject)", asked, words=50)
    assert none.agreement.n_tests == 50  # fewer tests, and a bound that says so
    assert none.agreement.epsilon > 0.05
    assert none.reason == "50 words are not enough: to go on takes more than 0"
    small = replay(HASTY, "answers accept only after reads a", asked, most_states=2)
    assert small.reason == "2 states are not enough"


def test_the_last_bound_stays_where_the_budget_ends():
    lazy = automaton(np.array([[0, 0]]), np.array([0]), start=0, symbols=("a", "b"))
    found = replay(lazy, "always reads a or b", network_of(TRUTH), most_states=1)
    assert found.reason == "1 state is not enough"
    assert found.agreement.n_failed > 0
    assert found.machine is lazy


def test_words_that_shrink_are_counted():
    asked = network_of(TRUTH)
    found = replay(TRUTH, "answers accept at most 2 times", asked, words=1)
    assert found.n_asked == asked.askable.asked > 1


def test_each_machine_that_is_tested_has_a_smaller_part_of_the_risk():
    lazy = automaton(np.array([[0, 0]]), np.array([0]), start=0, symbols=("a", "b"))
    found = replay(lazy, "always reads a or b", network_of(TRUTH))
    assert equivalent(minimise(found.machine), TRUTH) is None
    turn = found.n_refined  # each was refined by a word that was drawn to test it
    assert turn > 0
    assert found.agreement.confidence == pytest.approx(1 - 0.05 / 2 ** (turn + 1))
    assert found.agreement.n_tests == SLACK * needed(turn, epsilon=0.01, delta=0.05)


def test_a_few_words_may_be_answered_otherwise_and_are_counted():
    asked = network_of(TRUTH)
    found = replay(HASTY, "always reads a or b", asked, epsilon=0.9)
    assert found.reason == ""
    assert 0 < found.agreement.n_failed < found.agreement.n_tests
    assert found.agreement.epsilon > found.agreement.n_failed / found.agreement.n_tests


@pytest.mark.parametrize("output", ["values", "risk", "labels"])
def test_answers_that_are_no_classes_are_compared_too(output):
    """A network that answers quite the contrary is not said to agree."""

    class Contrary(Running):
        def outputs(self, inputs):
            return 1 - super().outputs(inputs)

    column = slice(1, 2) if output == "risk" else slice(None)
    names = ("risk",) if output == "risk" else TRUTH.classes
    valued = replace(TRUTH, output=output, readout=TRUTH.readout[:, column], classes=names)
    trace = trace_of(TRUTH)
    accepted = trace.outputs[:, 1].mean()
    said = valued  # of risks a machine says the mean rank
    if output == "risk":
        low, high = (1 - accepted) / 2, 1 - accepted / 2
        said = replace(valued, readout=np.where(valued.readout > 0.5, high, low))
    for network, alike in ((Running(valued), True), (Contrary(valued), False)):
        outputs = network.outputs(trace.sequences)
        heard = replace(trace, output=output, outputs=outputs, classes=names)
        found = replay(said, "always reads a or b", Asked(network, heard, heard, said, False))
        assert (found.reason == "") is alike
        assert (found.agreement.epsilon <= 0.01) is alike
        assert found.reason in ("", GRADED)


def test_a_property_of_states_is_not_tested_by_a_network_that_answers_otherwise():
    lazy = automaton(np.array([[0, 0]]), np.array([0]), start=0, symbols=("a", "b"))
    found = replay(lazy, "never (state 0 and answers accept)", network_of(TRUTH, longest=20))
    assert found.reason == STATES
    assert found.agreement.epsilon > 0.5


def test_a_property_of_states_is_tried_by_what_they_answer():
    asked = network_of(TRUTH)
    good = replay(TRUTH, "never state 2", asked)
    assert good.counterexample == (0, 1)
    wrong = replay(HASTY, "never state 1", asked)
    assert (wrong.reason, wrong.spurious) == (STATES, ((1,),))


def test_machines_that_differ_in_how_sure_they_are_are_not_refined_for_ever():
    class Hesitating(Running):
        """Less sure than the machine."""

        def outputs(self, inputs):
            return 0.8 * super().outputs(inputs) + 0.1

    asked = replace(network_of(TRUTH), askable=Hesitating(TRUTH))
    quiet = asked.trace.outputs.copy()
    quiet[TRUTH.walk(asked.trace.sequences) == 2] = [0.04, 0.96]
    asked = replace(asked, made_of=replace(asked.trace, outputs=quiet))
    asked = replace(asked, trace=replace(asked.trace, outputs=0.8 * asked.trace.outputs + 0.1))
    found = replay(TRUTH, "never answers accept above 0.95", asked)
    assert found.counterexample is None
    assert (found.reason, found.spurious) == (ALIKE, ((0, 1),))


def test_words_drawn_show_what_a_spurious_word_does_not():
    class Late(Running):
        """Sure of an acceptance after the first one."""

        def outputs(self, inputs):
            given = super().outputs(inputs)
            first = np.concatenate([[True], given[:-1, 1] < 0.5]) & (given[:, 1] > 0.5)
            first |= (steps_of(inputs.lengths) == 0) & (given[:, 1] > 0.5)
            given[first] = [0.1, 0.9]
            return given

    asked = replace(network_of(TRUTH), askable=Late(TRUTH))
    heard = Late(TRUTH).outputs(asked.trace.sequences)
    asked = replace(asked, trace=replace(asked.trace, outputs=heard))
    found = replay(TRUTH, "never answers accept above 0.95", asked)
    assert found.counterexample is not None
    assert len(found.counterexample) == 3


def test_a_network_without_decisions_refines_nothing():
    valued = replace(HASTY, output="values", spread=None)
    asked = network_of(replace(TRUTH, output="values"))
    asked = replace(asked, trace=replace(asked.trace, output="values"), made_of=asked.trace)
    found = replay(valued, "answers accept above 0.5 only after reads a", asked)
    assert found.reason == GRADED


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_learning_words_ends_in_the_network(seed, n_states, n_wrong, n_symbols):
    truth = harden(random_machine(n_states, n_symbols, 2, seed=seed))
    machine = harden(random_machine(n_wrong, n_symbols, 2, seed=seed + 1))
    trace = trace_of(truth, seed=seed)
    teacher = Teacher(Running(truth), 100_000, Wording.of(trace))
    learner = Learner.of(machine, teacher, trace, 64)
    found = learner.machine()
    while (word := equivalent(minimise(found), minimise(truth))) is not None:
        found = learner.learn(word)
        wrong = np.flatnonzero(found.predict([list(word)]).argmax(1)
                               != truth.predict([list(word)]).argmax(1))  # fmt: skip
        assert not len(wrong)
    assert found.n_states <= minimise(truth).n_states + 1


@pytest.mark.parametrize("seed", range(5))
def test_what_was_right_stays_and_costs_no_more_states(seed):
    truth = harden(random_machine(4, 2, 2, seed=seed))
    trace = trace_of(truth)
    learner = Learner.of(truth, Teacher(Running(truth), 10_000, Wording.of(trace)), trace, 64)
    assert equivalent(minimise(learner.machine()), minimise(truth)) is None


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"words": 0}, "words: expected a whole number, 1 or more, got 0"),
        ({"words": "many"}, "words: expected a whole number"),
        ({"most_states": 0}, "most_states: expected a whole number"),
        ({"epsilon": 0}, "epsilon: expected a number between 0 and 1, such as 0.01"),
        ({"epsilon": 2.0}, "epsilon: expected a number between 0 and 1"),
        ({"delta": 1}, "delta: expected a number between 0 and 1"),
    ],
)
def test_a_budget_of_which_nothing_can_come_is_refused(budget, said):
    with pytest.raises(ConfigError, match=said):
        Budget(**budget)
