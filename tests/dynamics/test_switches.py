"""Switches: by a plain loop, with runs that grow without bound, and their directions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.switches import (
    UNBOUNDED,
    direction_name,
    directions_of,
    grown_of,
    likeliest_of,
    switches_of,
)

SYMBOLS = arrays(int, (4, 9), elements=st.integers(0, 2))


def by_hand(symbols):
    found = []
    for run, row in enumerate(symbols):
        begun = 0
        for step in range(1, len(row)):
            if row[step] != row[step - 1]:
                if UNBOUNDED not in (row[step], row[step - 1]):
                    found.append((run, step, row[step - 1], row[step], step - begun))
                begun = step
    return found


@given(SYMBOLS)
def test_switches_are_those_of_a_plain_loop(symbols):
    found = switches_of(symbols)
    columns = zip(found.run, found.step, found.before, found.after, found.dwell, strict=True)
    assert list(columns) == by_hand(symbols)


def test_growth_is_no_switch():
    symbols = np.array([[0, 0, 1, 1, UNBOUNDED, UNBOUNDED], [2, 2, 2, 0, 0, 0]])
    found = switches_of(symbols)
    assert found.step.tolist() == [2, 3]
    assert found.dwell.tolist() == [2, 3]


def test_rare_directions_are_left_out():
    symbols = np.array([[0, 1, 0, 1, 0, 1, 2]])
    switches = switches_of(symbols)
    assert directions_of(switches, least=2, share=0.0) == [(0, 1), (1, 0)]
    assert directions_of(switches, least=1, share=0.4) == [(0, 1)]
    assert directions_of(switches, least=1, share=0.0) == [(0, 1), (1, 0), (1, 2)]
    assert direction_name((0, 1)) == "0>1"


def test_growth_lasts_from_its_first_step():
    states = np.ones((2, 4, 3))
    states[1, 1] = 1e9
    grown = grown_of(states, np.ones((5, 3)))
    assert grown.tolist() == [[False] * 4, [False, True, True, True]]


def test_a_network_that_explodes_has_symbols_until_then():
    rng = np.random.default_rng(0)
    weights = 3 * np.eye(3, dtype=np.float32)
    network = NoisyNetwork(weights, np.zeros((3, 1), np.float32), np.eye(3, dtype=np.float32))
    symbols = likeliest_of(network, network.noise(2, 100, rng), np.eye(3, dtype=np.float32)[:2])
    assert symbols[0, 0] == 0
    assert (symbols[:, -1] == UNBOUNDED).all()


def test_symbols_are_those_of_the_runs(rivals):
    rng = np.random.default_rng(0)
    noise = rivals.noise(3, 50, rng)
    start = rivals.run(3, 1, rng, warmup=20).states[:, -1]
    states = rivals.follow(noise, start=start)
    expected = (states[..., 1] > states[..., 0]).astype(int)
    np.testing.assert_array_equal(likeliest_of(rivals, noise, start), expected)
