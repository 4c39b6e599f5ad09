"""Which states of two driven machines are the same: planted machines, and what they write."""

from itertools import product

import numpy as np
import pytest

from markovlens.formation.alignment import Alignment, Events, futures_written
from markovlens.formation.result import Seen, Written
from markovlens.formation.writing import Moment, align_driven, machine_pairs
from markovlens.machines.machine import Machine
from markovlens.tasks.markov import SOURCES, draw, pair_frequencies

NOTHING = Events(births=0, splits=0, merges=0, deaths=0)


def chain_machine(transition, emission):
    """Return a machine that reads nothing."""
    moves, writes = np.array(transition, float), np.array(emission, float)
    size, names = len(moves), tuple(map(str, range(writes.shape[1])))
    start = np.full((1, size), 1 / size)
    return Machine(start, moves[None], writes, (), names, np.ones((1, size), bool))


def machine_of(name):
    return chain_machine(SOURCES[name].transition, SOURCES[name].emission)


def path_of(name, seed=0):
    latent, _ = draw(SOURCES[name], 20, length=200, rng=np.random.default_rng(seed))
    return latent.ravel()


def moment(machine, path, *, together=1.0):
    written = Written(together, 0.0, None, None, None)
    return Moment(Seen(0, machine, None, None, None, None, written), path, None)


def reordered(machine, order):
    """Return the machine whose state k is state `order[k]` of the given one."""
    return chain_machine(machine.transition[0][np.ix_(order, order)], machine.readout[order])


def halved(machine, path, rng):
    """Return the machine with its last state as two that write the same, and its path."""
    moves, size = machine.transition[0], machine.n_states
    rows = [*range(size), size - 1]
    wide = moves[np.ix_(rows, rows)]
    wide[:, -2:] /= 2
    other = np.where((path == size - 1) & (rng.random(len(path)) < 0.5), size, path)
    return chain_machine(wide, machine.readout[rows]), other


@pytest.mark.parametrize("together", [1.0, 0.0], ids=["settled", "unsettled"])
def test_a_machine_and_itself_under_other_numbers_have_no_events(together):
    machine, path, order = machine_of("full_3"), path_of("full_3"), np.array([2, 0, 1])
    other = moment(reordered(machine, order), np.argsort(order)[path], together=together)
    found = align_driven(moment(machine, path), other)
    assert found.settled == bool(together)
    assert found.events == NOTHING
    assert found.links.argmax(axis=1).tolist() == np.argsort(order).tolist()


@pytest.mark.parametrize("together", [1.0, 0.0], ids=["settled", "unsettled"])
def test_a_state_of_which_there_are_two_now_is_one_split_and_the_other_way_one_merge(together):
    machine, path = machine_of("full_3"), path_of("full_3")
    before = moment(machine, path)
    after = moment(*halved(machine, path, np.random.default_rng(1)), together=together)
    assert align_driven(before, after).events == Events(0, splits=1, merges=0, deaths=0)
    assert align_driven(after, before).events == Events(0, splits=0, merges=1, deaths=0)


def test_states_that_write_other_symbols_from_now_on_are_dead_where_the_same_noise_lies():
    machine, path = machine_of("full_3"), path_of("full_3")
    turned = chain_machine(machine.transition[0], machine.readout[[1, 2, 0]])
    found = align_driven(moment(machine, path), moment(turned, path))
    assert found.events == Events(births=3, splits=0, merges=0, deaths=3)


def test_states_in_which_other_noise_lies_are_others_unless_noise_settles_nothing():
    machine = machine_of("full_3")
    first, second = path_of("full_3", seed=0), path_of("full_3", seed=1)
    settled = align_driven(moment(machine, first), moment(machine, second))
    assert settled.events == Events(births=3, splits=0, merges=0, deaths=3)
    unsettled = align_driven(moment(machine, first), moment(machine, second, together=0.4))
    assert unsettled.events == NOTHING


def test_a_state_that_is_not_visited_is_linked_to_nothing_where_noise_settles_nothing():
    shared, alike = np.array([[5, 0], [0, 0]]), np.array([[0.9, 1.0], [1.0, 1.0]])
    found = Alignment(shared, alike, settled=False)
    assert found.links.tolist() == [[True, False], [False, False]]


def test_what_states_write_is_compared_word_by_word():
    first = machine_of("chain_2")
    second = chain_machine([[0.5, 0.5], [0.1, 0.9]], [[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]])
    expected = np.zeros((2, 2))
    for length in range(1, 5):
        for word in product(range(3), repeat=length):
            told = [_probability(machine, word) for machine in (first, second)]
            expected += np.abs(told[0][:, None] - told[1]) / 2
    assert futures_written_to(4, first, second) == pytest.approx(1 - expected / 4)
    assert futures_written(first, first).diagonal() == pytest.approx(1)


def _probability(machine, word):
    """Return P(word | the state that writes its first symbol), (K,)."""
    told = machine.readout[:, word[-1]]
    for symbol in reversed(word[:-1]):
        told = machine.readout[:, symbol] * (machine.transition[0] @ told)
    return told


def futures_written_to(longest, first, second):
    """Return `futures_written` when no longer words than these are few enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("markovlens.formation.alignment.WORDS", 3**longest + 1)
        return futures_written(first, second)


def test_a_machine_writes_the_pairs_of_the_source_that_it_is():
    assert machine_pairs(machine_of("cycle_4")) == pytest.approx(
        pair_frequencies(SOURCES["cycle_4"])
    )
