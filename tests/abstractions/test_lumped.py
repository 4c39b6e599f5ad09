"""Lumping on traces of known origin: several places for one state, and one place for several."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.closeness import agreements, as_good, overlaps
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.kinds import next_classes
from markovlens.abstractions.lumped import LUMPABLE, lump_states, path_labels
from markovlens.abstractions.study import load_study, save_study, study
from markovlens.errors import DataError
from markovlens.faithfulness.scores.exactness import exactness, minimal_states
from markovlens.machines.machine import BELIEF, STATE, Machine
from markovlens.trace import Trace

OPTIONS = Options(restarts=2, max_iterations=40)


def fitted_of(trace, labels_of):
    """Return the machine counted over labels of the steps of a trace."""
    labels = labels_of(trace)
    machine = build_machine(trace, np.eye(labels.max() + 1)[labels], deterministic=False)
    return Fitted(machine, labels_of)


def doubled(trace):
    """Return the true state and, of each, one of two copies by the parity of the step."""
    return 2 * trace.truth + np.arange(trace.n_steps) % 2


def is_exact(machine, task):
    return exactness(machine, task.machine)["exact_language"] == 1


def lumped(traces, labels_of, options=OPTIONS):
    fitted = fitted_of(traces["train"], labels_of)
    return lump_states(Evidence(traces["train"], traces["valid"]), fitted, options), fitted


@pytest.mark.parametrize("name", ["parity", "contains_000", "contains_0110", "tomita_7"])
def test_states_in_two_places_are_one(name, traces_of, task_of):
    found, fitted = lumped(traces_of(name), doubled)
    assert is_exact(found.machine, task_of(name))
    assert found.machine.n_states == minimal_states(task_of(name).machine)
    assert found.machine.n_states < fitted.machine.n_states


def test_members_say_where_each_state_went(traces_of):
    found, _ = lumped(traces_of("parity"), doubled)
    np.testing.assert_array_equal(found.members[0], found.members[1])
    np.testing.assert_array_equal(found.members[2], found.members[3])
    np.testing.assert_array_equal(found.members.sum(axis=1), 1)
    assert (found.members.max(axis=1) == 1).all()


def test_a_state_of_two_decisions_is_parted(traces_of, task_of):
    """No machine over places alone is right where accepting and rejecting steps share one."""
    traces = traces_of("contains_000")
    found, fitted = lumped(traces, lambda read: doubled(read) * (read.truth > 1))
    assert not is_exact(fitted.machine, task_of("contains_000"))
    assert is_exact(found.machine, task_of("contains_000"))
    assert (found.members[0] > 0).sum() > 1
    assert "paths" in found.rule


def test_a_state_of_two_futures_is_parted_by_the_path(traces_of, task_of):
    """0 and 00 share a place and are decided alike; the state before tells them apart."""
    traces = traces_of("contains_000")
    merged = np.array([0, 1, 1, 2])

    def places(read):  # in two copies each: room for as many states as the language has
        return 2 * merged[read.truth] + np.arange(read.n_steps) % 2

    found, fitted = lumped(traces, places)
    assert not is_exact(fitted.machine, task_of("contains_000"))
    assert is_exact(found.machine, task_of("contains_000"))
    assert found.machine.n_states == 4


def test_lumping_leaves_no_more_states_than_there_were(traces_of):
    """Paths would tell the four states of the language apart, but the method had two."""
    traces = traces_of("contains_000")
    found, _ = lumped(traces, lambda read: read.truth // 2)
    assert found.machine.n_states <= 2


def test_large_alphabets_are_only_joined(traces_of):
    found, _ = lumped(traces_of("parity"), doubled, replace(OPTIONS, max_symbols=1))
    assert "tolerance" in found.rule


def predicting(trace):
    """Return the trace of a network that is asked for the symbol that comes next."""
    asked = replace(trace, classes=trace.symbols)
    return replace(asked, targets=next_classes(asked))


def blurred(trace):
    """Return the true state, a fifth of the steps mistaken for the other one."""
    return trace.truth ^ (np.random.default_rng(0).random(trace.n_steps) < 0.2)


def test_a_network_that_predicts_keeps_its_belief(traces_of):
    """The same states and answers make an automaton only where the answers are decisions."""
    traces = traces_of("parity")
    assert lumped(traces, blurred)[0].machine.carries == STATE
    foretold = {split: predicting(trace) for split, trace in traces.items()}
    assert lumped(foretold, blurred)[0].machine.carries == BELIEF


@pytest.mark.parametrize("method", LUMPABLE)
def test_every_method_over_places_is_lumped_to_the_language(method, traces_of, task_of, tmp_path):
    traces = traces_of("contains_000")
    seed = np.random.SeedSequence(0)
    result = study(
        method, traces["train"], traces["valid"], n_states=[8, 10], seed=seed, options=OPTIONS
    )
    assert result.chosen >= 8 > result.lumped.machine.n_states == 4
    assert is_exact(result.lumped.machine, task_of("contains_000"))
    save_study(tmp_path, result, traces)
    kept = load_study(tmp_path).lumped
    np.testing.assert_array_equal(kept.machine.transition, result.lumped.machine.transition)
    np.testing.assert_array_equal(kept.members, result.lumped.members)
    assert kept.rule == result.lumped.rule


def test_methods_that_are_minimal_have_no_second_reading(traces_of):
    traces = traces_of("parity")
    result = study("merging", traces["train"], traces["valid"], n_states=[2, 4], seed=0)
    assert result.lumped is None


def test_nothing_is_chosen_without_validation(traces_of):
    train = traces_of("parity")["train"]
    with pytest.raises(DataError, match="expected validation sequences"):
        lump_states(Evidence(train), fitted_of(train, doubled), OPTIONS)


def test_test_sequences_and_training_targets_play_no_part(traces_of):
    """What is lumped depends on states, inputs and the network's answers alone."""
    traces = traces_of("contains_000")
    blind = {
        split: replace(trace, targets=np.full(trace.n_steps, -1)) for split, trace in traces.items()
    }
    one, other = lumped(traces, doubled)[0], lumped(blind, doubled)[0]
    np.testing.assert_array_equal(one.machine.transition, other.machine.transition)


def test_paths_are_told_apart_by_what_came_before(traces_of):
    trace = traces_of("parity")["train"]
    nothing = np.zeros(trace.n_steps, dtype=int)
    now = path_labels(trace, nothing, before=0)
    then = path_labels(trace, nothing, before=1)
    for label in range(then.max() + 1):  # a longer path says all that a shorter one does
        assert len(set(now[then == label])) == 1
    assert then.max() > now.max()
    starts = np.cumsum(trace.lengths) - trace.lengths
    assert not set(then[starts]) & set(np.delete(then, starts))


def test_the_one_error_rule():
    rng = np.random.default_rng(0)
    best = 0.9 + 0.1 * rng.random(400)
    error = best.std() / 20
    scores = {"best": best, "near": best - 0.9 * error, "far": best - 1.1 * error}
    assert as_good(scores) == ["best", "near"]


def test_closeness_is_of_the_networks_own_answers():
    machine = Machine(
        np.array([[1.0]]), np.array([[[1.0]]]), np.array([[0.7, 0.3]]), (), ("no", "yes"),
        np.ones((1, 1), dtype=bool),
    )  # fmt: skip
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan], [0.7, 0.3]])
    trace = Trace(
        states=np.zeros((4, 1)),
        inputs=np.zeros(4, dtype=int),
        outputs=outputs,
        targets=np.full(4, -1),
        truth=np.full(4, -1),
        lengths=np.array([3, 1]),
        symbols=("a",),
        classes=("no", "yes"),
    )
    np.testing.assert_allclose(agreements(machine, trace), [0.5, 1.0])
    np.testing.assert_allclose(overlaps(machine, trace), [(0.8 + 0.5) / 2, 1.0])
