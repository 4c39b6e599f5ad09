from types import SimpleNamespace

import numpy as np
import pytest

from helpers.planted import (
    counter_network,
    depth_machine,
    observed,
    parity_machine,
    parity_network,
)
from markovlens.abstractions.comparing import Comparison
from markovlens.errors import DataError
from markovlens.faithfulness.scores.falsify import (
    DrawnOut,
    ask_all,
    draw_suite,
    falsify,
    first_disagreement,
    shrink,
)
from markovlens.faithfulness.scores.strings import (
    access_words,
    covering_strings,
    long_strings,
    mutated_strings,
    random_strings,
)
from markovlens.machines.alphabet import Alphabet
from markovlens.sequences import Sequences


def hunt(network, machine, n_tests=100, **observation):
    trace, oracle = observed(network, **observation)
    rng = np.random.default_rng(0)
    suite = draw_suite(trace, oracle, n_tests=n_tests, rng=rng)
    return falsify(machine, suite, oracle, confidence=0.95, rng=rng)


def test_a_right_machine_survives_and_gets_the_bound():
    result = hunt(parity_network(), parity_machine())
    assert (result.tests_to_disagreement, result.counterexample, result.rate) == (None, None, 0)
    assert result.n_tests == result.n_queries == 300
    assert result.epsilon == pytest.approx(np.log(20) / 100)


def test_the_shortest_counterexample_to_a_depth_limit_is_found():
    """Depths up to 4 are right: the shortest string that shows more is ((((())))), ten long."""
    result = hunt(counter_network(), depth_machine(4), longest=16)
    assert result.counterexample == (0,) * 5 + (1,) * 5
    assert result.tests_to_disagreement is not None
    assert result.n_queries > result.n_tests


def test_a_counterexample_beyond_the_recorded_lengths_is_found_by_going_round_a_loop():
    result = hunt(counter_network(), depth_machine(7), longest=8, n_tests=600)
    assert result.counterexample == (0,) * 8 + (1,) * 8


def test_no_bound_where_random_tests_disagree():
    result = hunt(parity_network(), depth_machine(1))
    assert result.epsilon is None
    assert result.rate > 0.5
    assert result.tests_to_disagreement <= 3
    assert len(result.counterexample) == 1


def test_turns_count_tests_of_all_strategies():
    result = hunt(counter_network(), depth_machine(3), longest=16)
    firsts = [found.first for found in result.by_strategy.values()]
    wanted = min(3 * (first - 1) + place for place, first in enumerate(firsts, 1) if first)
    assert result.tests_to_disagreement == wanted


def test_a_shrunken_word_still_disagrees_and_no_symbol_of_it_can_go():
    trace, oracle = observed(counter_network())
    machine = depth_machine(2)
    word, _ = shrink(
        machine, oracle, np.array([0, 1, 0, 0, 1, 0, 0, 1, 1, 1]), Comparison.of(trace)
    )
    inputs = Sequences(word, np.array([len(word)]))
    assert machine.predict(inputs)[-1].argmax() != oracle.outputs(inputs)[-1].argmax()
    assert word.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_network_that_is_silent_at_some_steps_is_not_asked():
    trace, oracle = observed(parity_network())
    trace.outputs[3] = np.nan
    with pytest.raises(DataError, match="not every step has an output"):
        draw_suite(trace, oracle, n_tests=5, rng=np.random.default_rng(0))


def test_first_disagreement_is_a_step_of_its_own_string():
    trace, oracle = observed(parity_network())
    rng = np.random.default_rng(0)
    tests = draw_suite(trace, oracle, n_tests=50, rng=rng).random
    steps = first_disagreement(depth_machine(1), tests, Comparison.of(trace))
    answers = depth_machine(1).predict(tests.inputs).argmax(1)
    parts = zip(
        Sequences(answers, tests.inputs.lengths),
        Sequences(tests.decisions, tests.inputs.lengths),
        strict=True,
    )
    slow = [next((i for i, (a, b) in enumerate(zip(*p, strict=True)) if a != b), -1) for p in parts]
    assert steps.tolist() == slow


def test_access_words_are_shortest_and_lead_there():
    words = access_words(depth_machine(3), Alphabet.free(2))
    assert {state: len(word) for state, word in words.items()} == {0: 2, 1: 1, 2: 2, 3: 3, 4: 1}
    for state, word in words.items():
        inputs = Sequences(np.array(word), np.array([len(word)]))
        assert depth_machine(3).run(inputs)[-1].argmax() == state


def test_every_state_and_symbol_is_covered():
    machine = depth_machine(3)
    rng = np.random.default_rng(0)
    tests = covering_strings(machine, 12, alphabet=Alphabet.free(2), longest=10, rng=rng)
    states = machine.run(tests).argmax(axis=1)
    inner = np.setdiff1d(np.arange(tests.n_steps), tests.starts)
    pairs = set(zip(states[inner - 1].tolist(), tests.values[inner].tolist(), strict=True))
    assert len(pairs) == machine.n_states * machine.n_symbols
    assert tests.lengths.max() <= 10


def test_strings_have_the_lengths_they_promise():
    rng = np.random.default_rng(0)
    base = random_strings(200, alphabet=Alphabet.free(3), longest=20, rng=rng)
    assert (base.lengths.min(), base.lengths.max()) == (1, 20)
    edited = mutated_strings(base, 300, alphabet=Alphabet.free(3), longest=20, rng=rng)
    assert edited.lengths.max() == 20
    assert set(np.unique(edited.values)) == {0, 1, 2}
    doubled = long_strings(
        Sequences(base.values[:4], np.array([4])), 60, alphabet=Alphabet.free(3), rng=rng
    )
    assert set(doubled.lengths) == {8, 12, 16}


def test_strings_asked_together_get_the_answers_they_get_alone():
    trace, oracle = observed(counter_network())
    strings = random_strings(
        40, alphabet=Alphabet.free(2), longest=20, rng=np.random.default_rng(0)
    )
    alone = oracle.outputs(strings).argmax(axis=1)
    np.testing.assert_array_equal(ask_all(oracle, strings, Comparison.of(trace)).decisions, alone)


def test_drawn_out_sequences_are_answered_as_they_are_alone():
    """Lengths of 1 to 20 are read in three batches, of 8, 16 and 20 steps."""
    _, oracle = observed(counter_network())
    lengths = np.arange(1, 21)
    words = Sequences(np.random.default_rng(0).integers(2, size=lengths.sum()), lengths)
    found = DrawnOut(oracle).outputs(words)
    np.testing.assert_allclose(found, oracle.outputs(words), atol=1e-6)
    asked = []
    spy = SimpleNamespace(outputs=lambda read: asked.append(read) or oracle.outputs(read))
    DrawnOut(spy).outputs(words)
    assert sorted(set(asked[0].lengths)) == [8, 16, 20]
