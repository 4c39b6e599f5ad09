from dataclasses import replace

import numpy as np
import pytest

from helpers.planted import (
    counter_network,
    depth_machine,
    observed,
    parity_machine,
    parity_network,
    random_words,
)
from markovlens.abstractions.base import Options
from markovlens.abstractions.study import Kept, study
from markovlens.faithfulness.scores import falsify
from markovlens.faithfulness.verdict.verdict import (
    Probe,
    Standard,
    draw_probe,
    judge_network,
)
from markovlens.machines.deciding import decide
from markovlens.machines.machine import Machine, automaton
from markovlens.machines.minimisation import harden, minimise
from markovlens.sequences import Sequences
from markovlens.status import Judgement


def verdict_on(network, n_states, *, askable=True):
    """Return the verdict after k-means on recorded strings, as the benchmark would do it."""
    train, oracle = observed(network, n_words=300, seed=0)
    valid, test = (observed(network, n_words=150, seed=seed)[0] for seed in (1, 2))
    noise = 0.02 * np.random.default_rng(0).normal(size=train.states.shape)
    train = replace(train, states=(train.states + noise).astype(np.float32))
    seed, options = np.random.SeedSequence(0), Options(restarts=3)
    found = study("kmeans", train, valid, n_states=n_states, seed=seed, options=options)
    machines = {size: fitted.machine for size, fitted in found.fits.items()}
    rng = np.random.default_rng(0)
    asked = oracle if askable else None
    probes = [draw_probe(trace, asked, n_strings=150, rng=rng) for trace in (valid, test)]
    kept = {"kmeans": Kept(machines, {}, found.chosen, {})}
    return judge_network(kept, *probes, standard=Standard(n_resamples=50), rng=rng)


def test_parity_has_two_states():
    verdict = verdict_on(parity_network(), [2, 3, 4, 6, 8])
    assert (verdict.verdict, verdict.n_states) == (Judgement.FINITE, 2)
    assert verdict.fidelity.value == verdict.stretched.value == 1


def test_a_counter_is_refused():
    verdict = verdict_on(counter_network(), [2, 3, 4, 6, 8])
    assert (verdict.verdict, verdict.n_states) == (Judgement.REFUSED, None)
    assert verdict.stretched.value < 0.97
    assert "on strings 2 to 4 times as long" in verdict.evidence


def test_a_counter_is_refused_even_where_the_budget_covers_all_recorded_depths():
    """The recorded strings are at most 6 deep: eight states do for them, but not for longer ones.

    Without being able to ask the network, nothing shows that it counts.
    """
    verdict = verdict_on(counter_network(), [2, 4, 8, 16])
    assert verdict.verdict == Judgement.REFUSED
    assert verdict.fidelity.value > verdict.stretched.value


def test_recorded_strings_alone_cannot_tell_a_counter():
    assert verdict_on(counter_network(), [2, 4, 8, 16], askable=False).stretched is None


def test_without_any_machine_there_is_no_verdict():
    trace, oracle = observed(parity_network())
    rng = np.random.default_rng(0)
    probe = draw_probe(trace, oracle, n_strings=20, rng=rng)
    kept = {"kmeans": Kept({}, {2: "too few steps"}, None, {})}
    verdict = judge_network(kept, probe, probe, standard=Standard(n_resamples=20), rng=rng)
    assert (verdict.verdict, verdict.evidence) == (Judgement.UNKNOWN, "every fit failed")


def test_the_smallest_of_equally_good_machines_is_chosen_and_judged_on_test_strings():
    trace, oracle = observed(parity_network())
    rng = np.random.default_rng(0)
    probe = draw_probe(trace, oracle, n_strings=20, rng=rng)
    kept = {
        "doubled": Kept({4: doubled(parity_machine())}, {}, 4, {}),
        "plain": Kept({2: parity_machine()}, {}, 2, {}),
        "wrong": Kept({3: depth_machine(1)}, {}, 3, {}),
    }
    verdict = judge_network(kept, probe, probe, standard=Standard(n_resamples=20), rng=rng)
    assert (verdict.method, verdict.n_states_judged, verdict.n_states) == ("plain", 2, 2)


def test_a_curve_that_still_rises_at_the_largest_budget_is_no_verdict_for_finite():
    trace, oracle = observed(counter_network(), longest=16)
    rng = np.random.default_rng(0)
    probe = draw_probe(trace, oracle, n_strings=100, rng=rng)
    machines = {limit + 2: depth_machine(limit) for limit in (1, 2, 3, 4)}
    kept = {"depths": Kept(machines, {}, 6, {})}
    verdict = judge_network(kept, probe, probe, standard=Standard(n_resamples=20), rng=rng)
    assert verdict.verdict == Judgement.REFUSED
    assert "still rises at the largest number of states" in verdict.evidence


def told_of(machine, words, decisions, stretched=None):
    """Return the verdict on a network that is asked nothing, and decides so at each step."""
    answered = np.ones(words.n_steps, dtype=bool)
    probe = Probe(falsify.Tests(words, np.asarray(decisions)[:, None], answered), stretched)
    kept = {"given": Kept({machine.n_states: machine}, {}, machine.n_states, {})}
    rng = np.random.default_rng(0)
    return judge_network(kept, probe, probe, standard=Standard(n_resamples=20), rng=rng)


def test_one_answer_throughout_tells_nothing():
    words = random_words(20, longest=8, seed=0)
    verdict = told_of(constant_machine(), words, np.zeros(words.n_steps, dtype=int))
    assert (verdict.verdict, verdict.n_states) == (Judgement.UNTOLD, None)
    assert verdict.fidelity.value == 1
    assert "the network answers 'reject' at every step that counts" in verdict.evidence
    assert "give sequences on which it answers otherwise" in verdict.evidence


def test_one_answer_on_what_was_recorded_is_no_matter_where_longer_strings_have_others():
    network = depth_machine(8)
    words = Sequences.from_list([np.ones(3, dtype=int)] * 3 + [np.ones(5, dtype=int)])
    longer = random_words(50, longest=12, seed=1)
    answers = decide(network, longer)
    assert len(set(answers.tolist())) == 2
    stretched = falsify.Tests(longer, answers[:, None], np.ones(longer.n_steps, dtype=bool))
    said = decide(network, words)
    assert len(set(said.tolist())) == 1
    verdict = told_of(network, words, said, stretched)
    assert verdict.verdict == Judgement.FINITE
    assert verdict.evidence.endswith("; the network gave one answer throughout")


def test_sequences_that_are_all_the_same_tell_nothing():
    words = Sequences.from_list([np.array([0, 1, 1, 0])] * 7)
    machine = parity_machine()
    verdict = told_of(machine, words, decide(machine, words))
    assert (verdict.verdict, verdict.n_states) == (Judgement.UNTOLD, None)
    assert "the 7 test sequences are all the same" in verdict.evidence
    others = Sequences.from_list([*words, np.array([1, 1, 1, 0])])
    assert told_of(machine, others, decide(machine, others)).verdict == Judgement.FINITE


def answered(machine, words):
    return falsify.Tests(words, decide(machine, words)[:, None], np.ones(words.n_steps, dtype=bool))


def test_sequences_that_are_all_the_same_are_no_matter_where_longer_strings_differ():
    machine, words = parity_machine(), Sequences.from_list([np.array([0, 1, 1, 0])] * 7)
    said = decide(machine, words)
    differ = answered(machine, random_words(50, longest=12, seed=1))
    assert told_of(machine, words, said, differ).verdict == Judgement.FINITE
    for number in (1, 5):
        alike = answered(machine, Sequences.from_list([np.array([0, 1, 1, 0, 1])] * number))
        verdict = told_of(machine, words, said, alike)
        assert verdict.verdict == Judgement.UNTOLD
        assert "the 7 test sequences are all the same" in verdict.evidence


def test_a_single_test_sequence_is_judged_and_is_worth_one():
    word = Sequences.from_list([np.array([0, 1, 1, 0])])
    machine = parity_machine()
    verdict = told_of(machine, word, decide(machine, word))
    assert verdict.verdict == Judgement.FINITE
    assert verdict.fidelity.low == pytest.approx(0.312, abs=5e-4)  # as docs/verdict.md says


def test_a_machine_that_disagrees_is_refused_whatever_the_sequences_are():
    words = Sequences.from_list([np.array([0, 1, 1, 0])] * 7)
    wrong = told_of(parity_machine(), words, 1 - decide(parity_machine(), words))
    assert wrong.verdict == Judgement.REFUSED


def constant_machine() -> Machine:
    """Return a machine that never says anything but its first class."""
    successor = np.zeros((1, 2), dtype=int)
    return automaton(successor, np.array([False]), start=0, symbols=("0", "1"))


def doubled(machine: Machine) -> Machine:
    """Return a machine with every state twice; it leaves each copy for the other."""
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    transition = np.array([np.kron(swap, matrix) for matrix in machine.transition])
    initial = np.hstack([machine.initial, np.zeros_like(machine.initial)])
    return Machine(
        initial,
        transition,
        np.vstack([machine.readout, machine.readout]),
        machine.symbols,
        machine.classes,
        np.hstack([machine.seen, machine.seen]),
    )


@pytest.mark.parametrize(
    ("machine", "n_states"),
    [(parity_machine(), 2), (doubled(parity_machine()), 2), (depth_machine(3), 5)],
)
def test_states_that_answer_alike_count_once(machine, n_states):
    assert minimise(machine).n_states == n_states


def test_unreached_states_do_not_count():
    successor = np.array([[0, 0], [0, 0], [2, 1]])
    machine = automaton(successor, np.array([True, False, True]), start=0, symbols=("0", "1"))
    assert minimise(machine).n_states == 1


def test_deciding_is_predicting():
    words = random_words(50, longest=15, seed=3)
    machine = depth_machine(4)
    np.testing.assert_array_equal(decide(machine, words), machine.predict(words).argmax(axis=1))


def test_hardening_keeps_the_most_likely_moves():
    exact = depth_machine(2)
    blurred = replace(exact, transition=0.7 * exact.transition + 0.3 / exact.n_states)
    np.testing.assert_array_equal(harden(blurred).transition, exact.transition)
    assert harden(blurred).is_deterministic
