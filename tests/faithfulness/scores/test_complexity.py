from dataclasses import replace

import numpy as np
import pytest

from helpers.planted import depth_machine, observed, parity_machine, parity_network
from markovlens.faithfulness.scores.complexity import (
    PRECISION,
    description_bits,
    determinism,
    move_scores,
    n_edges,
)
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences
from markovlens.trace import Trace


def test_parity_by_hand():
    """K = 2: 3 bits. A certain row over 2: which one, log2 2 + log2 2 = 2 bits.

    Two readouts, and for the start and each state a default row, how many differ (1 bit), which
    one (1 bit) and its row: 4 + 3 * (2 + 1 + 1 + 2).
    """
    assert description_bits(parity_machine()) == pytest.approx(3 + 4 + 3 * 6)


def test_more_states_and_blurred_moves_cost_more():
    bits = [description_bits(depth_machine(limit)) for limit in (1, 2, 4, 8)]
    assert bits == sorted(bits)
    exact = parity_machine()
    blurred = replace(exact, transition=0.8 * exact.transition + 0.1)
    # Every row then keeps both entries: a value more, and no choice of one.
    extra = description_bits(blurred) - description_bits(exact)
    assert extra == pytest.approx(4 * (PRECISION - 1))


def test_unseen_symbols_are_not_paid_for_again():
    def with_vocabulary(n_symbols):
        transition = np.tile(np.eye(3), (n_symbols, 1, 1))
        transition[0] = np.eye(3)[[1, 2, 0]]
        initial = np.tile(np.eye(3)[0], (n_symbols, 1))
        names = tuple(str(v) for v in range(n_symbols))
        seen = np.zeros((n_symbols, 3), dtype=bool)
        return Machine(initial, transition, np.eye(3)[:, :3], names, ("a", "b", "c"), seen)

    small, large = description_bits(with_vocabulary(10)), description_bits(with_vocabulary(1000))
    # How many differ, and for three states which one: log2(100) each.
    assert large - small == pytest.approx(7 * np.log2(100))


def test_edges_are_those_seen():
    machine = parity_machine()
    assert n_edges(machine) == 4
    seen = machine.seen.copy()
    seen[0, 0] = False
    assert n_edges(replace(machine, seen=seen)) == 3


def test_moves_that_are_settled_and_moves_that_were_seen():
    trace, _ = observed(parity_network())
    rng = np.random.default_rng(0)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=rng)
    machine = parity_machine()
    decoded = machine.run(trace.sequences).argmax(axis=1)
    assert determinism(decoded, trace, bootstrap)["determinism"].value == 1
    random = rng.integers(2, size=trace.n_steps)
    assert determinism(random, trace, bootstrap)["determinism"].value == pytest.approx(
        0.5, abs=0.06
    )
    assert move_scores(machine, decoded, trace, bootstrap)["unseen_share"].value == 0
    never = replace(machine, seen=np.zeros_like(machine.seen))
    assert move_scores(never, decoded, trace, bootstrap)["unseen_share"].value == 1


def test_unseen_moves_are_counted_by_hand_and_a_first_step_is_no_move():
    machine = parity_machine()
    words = [np.array([1, 0, 1])] * 20 + [np.array([1, 1, 0, 1])] * 20
    sequences = Sequences.from_list(words)
    trace = words_trace(sequences.values, sequences.lengths, 2)
    state = machine.run(sequences).argmax(axis=1)
    seen = machine.seen.copy()
    seen[0, state[0]] = False  # a 0 after an odd number of ones: once in 101, never in 1101
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=np.random.default_rng(0))
    found = move_scores(replace(machine, seen=seen), state, trace, bootstrap)
    assert found["unseen_share"].value == pytest.approx(20 / (40 + 60))
    single = words_trace(np.zeros(40, int), np.ones(40, int), 2)
    bootstrap = Bootstrap.draw(40, n_resamples=50, rng=np.random.default_rng(0))
    assert move_scores(machine, np.zeros(40, int), single, bootstrap) == {}


def words_trace(symbols, lengths, n_symbols):
    none = np.full(len(symbols), -1)
    names, outputs = tuple(map(str, range(n_symbols))), np.full((len(symbols), 2), 0.5)
    states = np.zeros((len(symbols), 1))
    return Trace(states, symbols, outputs, none, none, lengths, names, ("no", "yes"))


@pytest.mark.parametrize("n_states", [2, 8])
def test_states_at_random_are_not_settled_even_where_most_pairs_are_rare(n_states):
    """Thousands of words are read once or twice, so that each would be its own rule."""
    rng = np.random.default_rng(0)
    lengths = np.full(300, 20)
    trace = words_trace(rng.integers(2000, size=lengths.sum()), lengths, 2000)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=rng)
    decoded = rng.integers(n_states, size=trace.n_steps)
    value = determinism(decoded, trace, bootstrap)["determinism"].value
    assert value == pytest.approx(1 / n_states, abs=0.03)


def test_usual_states_are_those_of_other_sequences():
    """Each sequence has moves of its own, which it repeats: settled within, not between."""
    rng = np.random.default_rng(0)
    lengths = np.full(60, 30)
    trace = words_trace(np.zeros(lengths.sum(), dtype=int), lengths, 1)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=rng)
    decoded = np.repeat(np.arange(60) % 3, lengths)
    assert determinism(decoded, trace, bootstrap)["determinism"].value == 1
    alone = np.repeat(np.arange(60), lengths)
    assert determinism(alone, trace, bootstrap) == {}
    stubborn = np.concatenate([np.arange(30) % 2 * (1 + own % 2) for own in range(60)])
    # From 0 on half go to 1 and half to 2, and without its own kind each is in the minority.
    expected = 14 / 29  # the way back to 0 is always right, 14 of 29 moves
    assert determinism(stubborn, trace, bootstrap)["determinism"].value == pytest.approx(expected)
