import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.abstractions.folding import Folding, fold


def snapshot(folding, n_states):
    moves = [dict(row) for row in folding._moves]
    return folding.classes().tolist(), moves, list(folding._labels), list(folding._first)


def test_a_merge_takes_the_continuations_along():
    folding = Folding([{0: 1}, {0: 2}, {}, {0: 4}, {}], [0, 0, 1, 0, 0])
    assert folding.merge(0, 3)
    np.testing.assert_array_equal(folding.classes(), [0, 1, 2, 0, 1])
    assert folding.first(4) == 1


@st.composite
def partial_automata(draw):
    n_states = draw(st.integers(2, 7))
    state = st.integers(-1, n_states - 1)
    rows = st.lists(st.tuples(state, state), min_size=n_states, max_size=n_states)
    labels = st.lists(st.integers(0, 1), min_size=n_states, max_size=n_states)
    return np.array(draw(rows)), np.array(draw(labels))


@given(partial_automata(), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
@settings(max_examples=150)
def test_a_refused_merge_changes_nothing_and_others_stay_deterministic(automaton, pairs):
    successor, labels = automaton
    n_states = len(labels)
    moves = [{s: int(t) for s, t in enumerate(row) if t >= 0} for row in successor]
    folding = Folding(moves, labels.tolist())
    for a, b in pairs:
        before = snapshot(folding, n_states)
        if not folding.merge(a % n_states, b % n_states):
            assert snapshot(folding, n_states) == before
    check(successor, labels, folding.classes())


@given(partial_automata(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_folding_contradicts_nothing_that_was_seen(automaton, random):
    successor, labels = automaton
    n_states = len(labels)
    weights = np.array([random.random() for _ in range(n_states)])
    distance = np.abs(np.subtract.outer(weights, weights))
    check(successor, labels, fold(successor, labels, weights=weights, distance=distance))


def check(successor, labels, classes):
    """One label and at most one next class by symbol in each class."""
    for number in np.unique(classes):
        members = classes == number
        assert len(np.unique(labels[members])) == 1
        for column in successor[members].T:
            assert len(np.unique(classes[column[column >= 0]])) <= 1


def test_an_unseen_move_is_no_obstacle():
    successor = np.array([[1, 0], [0, 1], [1, -1], [-1, -1]])
    labels = np.array([0, 1, 0, 1])
    distance = np.ones((4, 4)) - np.eye(4)
    classes = fold(successor, labels, weights=np.array([5, 4, 2, 1]), distance=distance)
    np.testing.assert_array_equal(classes, [0, 1, 0, 1])
