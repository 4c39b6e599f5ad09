"""Units and words that belong together are found together, and the states they make do not move."""

from dataclasses import replace

import numpy as np
import pytest

import markovlens as ml
from markovlens.abstractions.base import Evidence
from markovlens.abstractions.choosing import agreements_of
from markovlens.abstractions.coclusters import (
    NOWHERE,
    co_clusters,
    expected_responses,
    without_moves,
)
from markovlens.abstractions.study import study, study_evidence
from markovlens.activations.basis import in_coordinates
from markovlens.embedding.pod import pod
from markovlens.errors import DataError
from markovlens.faithfulness.scores.hardness import WITHOUT_MOVES, note_of
from markovlens.trace import Trace

N_GROUPS, WORDS_EACH, UNITS_EACH = 3, 4, 5


def reading(values, lengths, states, outputs=None):
    """Return a trace of words 0 .. V-1; without outputs the network always says the same."""
    values = np.asarray(values)
    outputs = np.full((len(values), 2), 0.5) if outputs is None else outputs
    symbols = tuple(f"w{number}" for number in range(values.max() + 1))
    unknown = np.full(len(values), -1)
    return Trace(states, values, outputs, unknown, unknown, lengths, symbols, ("a", "b"))


@pytest.fixture(scope="module")
def planted():
    """Words of a group raise the units of that group for one step; the last group's lower them."""
    rng = np.random.default_rng(0)
    words = rng.integers(N_GROUPS * WORDS_EACH, size=1200)
    group = words // WORDS_EACH
    signs = np.array([1, 1, -1])
    states = np.kron(np.eye(N_GROUPS) * signs, np.ones(UNITS_EACH))[group]
    states = states + 0.05 * rng.normal(size=states.shape)
    outputs = np.eye(2)[(group == 2).astype(int)]
    return reading(words, np.full(60, 20), states, outputs), group


def test_responses_are_mean_changes_from_the_step_before():
    states = np.array([[1.0], [3.0], [2.0], [5.0]])
    trace = reading([0, 1, 0, 0], np.array([3, 1]), states)
    # word 0: from nothing to 1, from 3 to 2, from nothing to 5; word 1: from 1 to 3
    np.testing.assert_allclose(expected_responses(trace, states), [[5 / 3, 2.0]])


def test_planted_groups_of_units_and_words_are_found_together(planted):
    trace, group = planted
    found = co_clusters(trace, trace.states, N_GROUPS, seed=0)
    words = found.words.reshape(N_GROUPS, WORDS_EACH)
    assert (words == words[:, :1]).all()
    assert len(set(words[:, 0])) == N_GROUPS
    moved = np.array([0, 5, 10 + N_GROUPS * UNITS_EACH])  # an upper end each, of the last a lower
    np.testing.assert_array_equal(found.ends[moved], words[:, 0])
    np.testing.assert_array_equal(found.decode(trace.states), words[:, 0][group])
    off = found.edges[~np.eye(N_GROUPS, dtype=bool)]
    assert np.diag(found.edges).min() > 3 * off.max()


def test_a_unit_that_never_moves_and_a_word_never_read_are_nowhere(planted):
    trace, _ = planted
    still = np.hstack([trace.states, np.zeros((trace.n_steps, 1))])
    longer = replace(trace, states=still, symbols=(*trace.symbols, "unread"))
    found = co_clusters(longer, longer.states, N_GROUPS, seed=0)
    assert (found.ends[[15, 31]] == NOWHERE).all()
    assert found.words[-1] == NOWHERE
    assert (found.decode(longer.states) >= 0).all()


def test_a_word_read_too_seldom_has_no_cluster(planted):
    trace, _ = planted
    seldom = replace(trace, inputs=np.where(np.arange(trace.n_steps) < 4, 12, trace.inputs),
                     symbols=(*trace.symbols, "seldom"))  # fmt: skip
    found = co_clusters(seldom, seldom.states, N_GROUPS, seed=0)
    assert found.words[-1] == NOWHERE
    assert np.abs(found.responses[:, -1]).max() > 0


def test_too_many_clusters_and_too_few_words_are_said(planted):
    trace, _ = planted
    with pytest.raises(DataError, match="100 co-clusters need two words"):
        co_clusters(trace, trace.states, 100, seed=0)
    one_word = reading([0] * 5, np.array([5]), np.arange(1.0, 6)[:, None] ** 2)
    with pytest.raises(DataError, match="got 1 words and 1 ends"):
        co_clusters(one_word, one_word.states, 2, seed=0)


@pytest.fixture(scope="module")
def found(planted):
    trace, _ = planted
    return study(
        "coclusters", trace.select(range(40)), trace.select(range(40, 60)),
        n_states=[1, 2, 3, 5], seed=0,
    )  # fmt: skip


def test_its_number_of_states_is_chosen_in_open_loop(found, planted):
    valid = planted[0].select(range(40, 60))
    by_size = {size: agreements_of(fit, valid).mean() for size, fit in found.fits.items()}
    assert found.chosen == min(size for size, value in by_size.items() if value == 1)
    assert found.chosen > 1
    # in closed loop all sizes are alike, and the smallest would have been taken
    closed = {ml.fidelity(fit.machine, valid).agreement.value for fit in found.fits.values()}
    assert len(closed) == 1


def test_in_closed_loop_it_answers_as_the_floor_that_knows_no_state(found, planted):
    train, valid = (planted[0].select(range(*each)) for each in ((0, 40), (40, 60)))
    floor = study("majority", train, valid, n_states=[1], seed=0).best
    said = found.best.predict(valid.sequences)
    np.testing.assert_allclose(said, floor.predict(valid.sequences), atol=1e-12)
    assert note_of(found.best) == WITHOUT_MOVES
    assert note_of(floor) == ""  # one state has nowhere to go
    assert note_of(study("kmeans", train, valid, n_states=[2], seed=0).best) == ""


def test_shares_of_states_are_those_of_training_steps():
    trace = reading([0, 1, 1, 0], np.array([2, 2]), np.zeros((4, 1)))
    machine = without_moves(trace, np.eye(2)[[0, 1, 1, 1]])
    np.testing.assert_allclose(machine.initial, [[0.25, 0.75]] * 2)
    np.testing.assert_allclose(machine.transition, np.full((2, 2, 2), [0.25, 0.75]))


def test_a_cluster_that_training_never_visited_is_not_named_later(planted, monkeypatch):
    """What lies furthest out in it is in the one that it is furthest out in among the others."""
    trace, _ = planted
    clusters = co_clusters(trace, trace.states, N_GROUPS, seed=0)
    named = clusters.decode(trace.states)
    first, second, third = (np.flatnonzero(named == name) for name in range(N_GROUPS))
    states = trace.states.copy()
    states[second] = states[third[0]]  # training is in the first and in the third only
    monkeypatch.setattr("markovlens.abstractions.coclusters.co_clusters", lambda *_, **__: clusters)
    train = replace(trace, states=states)
    fit = study_evidence("coclusters", Evidence(train, train), n_states=[3], seed=0).fits[2]
    assert fit.machine.n_states == 2
    later = 2 * trace.states[second[0]] + trace.states[first[0]] - 2 * clusters.scale.mean
    states = np.array([trace.states[first[0]], trace.states[third[0]], later])
    read = reading([0, 0, 0], np.array([3]), states)
    assert clusters.decode(states).tolist() == [0, 2, 1]
    one, other, again = fit.decode(read)
    assert one == again != other


def test_units_come_back_from_coordinates_where_the_network_is_at_hand(planted):
    """A rotation mixes all units; with its basis the same clusters are found as without it."""
    trace, _ = planted
    basis = pod(trace.states)
    turned = in_coordinates(trace, basis)
    parts = [turned.select(range(40)), turned.select(range(40, 60))]
    network = type("Asked", (), {"basis": basis})()
    again = study_evidence(
        "coclusters", Evidence(*parts, network), n_states=[3], seed=0
    ).fits[3].decode(turned)  # fmt: skip
    plain = study("coclusters", trace.select(range(40)), trace.select(range(40, 60)),
                  n_states=[3], seed=0).fits[3].decode(trace)  # fmt: skip
    np.testing.assert_array_equal(again, plain)
