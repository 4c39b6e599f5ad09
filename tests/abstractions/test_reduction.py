"""Over-clustering and state merging: the exact minimal automaton, or a reason."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.merging import directions_of, prefix_tree
from markovlens.embedding.pod import embed, pod
from markovlens.machines.minimisation import equivalent, minimise

OPTIONS = Options(restarts=2, max_iterations=60)
TOMITA = [f"tomita_{number}" for number in range(1, 8)]
LANGUAGES = [*TOMITA, "contains_000", "contains_0110", "parity", "dyck_1_bounded"]


class Network:
    """Only the basis of a network."""

    def __init__(self, basis):
        self.basis = basis


def fit(method, evidence, budgets, options=OPTIONS):
    rng = np.random.default_rng(0)
    return METHODS[method](evidence, n_states=budgets, rng=rng, options=options)


@pytest.mark.parametrize("method", ["overcluster", "merging"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_minimal_automaton_comes_back(method, language, task_of, traces_of):
    smallest = minimise(task_of(language).machine)
    train = traces_of(language)["train"]
    found = fit(method, Evidence(train), [8])[8].machine
    assert equivalent(found, smallest) is None
    assert found.n_states == smallest.n_states


@pytest.mark.parametrize("method", ["overcluster", "merging"])
def test_states_are_decoded_as_the_machine_runs(method, traces_of):
    traces = traces_of("contains_0110")
    fitted = fit(method, Evidence(traces["train"]), [6])[6]
    test = traces["test"]
    expected = fitted.machine.run(test.sequences).argmax(axis=1)
    np.testing.assert_array_equal(fitted.decode(test), expected)


def test_below_the_true_size_overclustering_still_gives_a_machine(traces_of):
    found = fit("overcluster", Evidence(traces_of("contains_0110")["train"]), [2, 3, 4])
    assert [found[size].machine.n_states <= size for size in (2, 3, 4)] == [True] * 3


def test_a_budget_below_the_classes_is_a_reason(traces_of):
    found = fit("overcluster", Evidence(traces_of("mess3")["train"]), [1])[1]
    assert found.endswith("the budget is 1")


def test_merging_says_when_it_exceeds_the_budget(traces_of):
    found = fit("merging", Evidence(traces_of("contains_0110")["train"]), [4, 5])
    assert "leaves 5 states" in found[4]
    assert found[5].machine.n_states == 5


def test_merging_says_when_nothing_gathers(traces_of):
    trace = traces_of("mess3", noise=3.0)["train"]
    found = fit("merging", Evidence(trace), [5], replace(OPTIONS, kappa=1e-6))[5]
    assert "the states do not gather" in found


def test_cosines_are_those_of_the_states_before_centring(traces_of):
    plain = traces_of("parity")["train"]
    basis = pod(plain.states)
    centred = embed(plain, basis)
    directions = directions_of(Evidence(centred, network=Network(basis)), centred)
    states = plain.states.astype(float)
    expected = states / np.linalg.norm(states, axis=1)[:, None]
    np.testing.assert_allclose(directions[:, :-1], expected, atol=1e-6)
    without = directions_of(Evidence(centred), centred)
    assert np.abs(without[:, :-1] @ without[:, :-1].T - expected @ expected.T).max() > 0.5


def test_states_of_zeros_are_like_each_other_only(traces_of):
    trace = traces_of("parity")["train"]
    states = trace.states.copy()
    states[:2] = 0
    directions = directions_of(Evidence(trace), replace(trace, states=states))
    likeness = directions @ directions[0]
    np.testing.assert_array_equal(likeness[:2], 1)
    np.testing.assert_array_equal(likeness[2:], 0)


def test_the_prefix_tree_has_every_prefix_once(traces_of):
    trace = traces_of("tomita_5")["train"]
    tree = prefix_tree(trace)
    words = [tuple(word[: n + 1]) for word in trace.sequences for n in range(len(word))]
    assert len(tree.moves) == len(set(words))
    named = {}
    for word, node in zip(words, tree.node_of, strict=True):
        assert named.setdefault(node, word) == word
        if len(word) > 1:
            parent = words[words.index(word[:-1])]
            assert tree.moves[tree.node_of[words.index(parent)]][word[-1]] == node
    lengths = [len(named[node]) for node in range(len(named))]
    assert lengths == sorted(lengths)
    assert [words[row] for row in tree.rows] == [named[node] for node in range(len(named))]
