from itertools import product

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks.automata import (
    accepts,
    automaton_of,
    completions,
    draw_lengths,
    draw_strings,
    run,
)
from markovlens.tasks.formal import AUTOMATA, nesting

NAMES = ["contains_000", "tomita_2", "tomita_7", "dyck_1_bounded"]


def strings_of(length):
    return [np.array(symbols) for symbols in product((0, 1), repeat=length)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("accepted", [True, False])
def test_completions_are_the_counts_of_all_strings(name, accepted):
    counts = completions(AUTOMATA[name], longest=8, accepted=accepted)
    for length in range(9):
        wanted = sum(accepts(AUTOMATA[name], string) == accepted for string in strings_of(length))
        assert counts[length, 0] == wanted


def test_completions_stay_exact_beyond_any_machine_integer():
    assert completions(AUTOMATA["parity"], longest=200, accepted=True)[200, 0] == 2**199


def test_run_agrees_with_reading_one_symbol_after_the_other():
    rng = np.random.default_rng(0)
    strings = Sequences.from_list([rng.integers(2, size=length) for length in (1, 7, 3, 12)])
    automaton = AUTOMATA["contains_0110"]
    expected = []
    for string in strings:
        state = 0
        for symbol in string:
            state = automaton.successor[state, symbol]
            expected.append(state)
    np.testing.assert_array_equal(run(automaton, strings), expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("accepted", [True, False])
def test_strings_are_drawn_uniformly(name, accepted):
    """Pearson's chi-square over all strings of one length, far inside its range for this seed."""
    automaton, length, n = AUTOMATA[name], 6, 12_000
    drawn = draw_strings(
        automaton, np.full(n, length), accepted=accepted, rng=np.random.default_rng(1)
    )
    wanted = [tuple(s) for s in strings_of(length) if accepts(automaton, s) == accepted]
    counts = dict.fromkeys(wanted, 0)
    for string in drawn:
        counts[tuple(string.tolist())] += 1  # a KeyError here is a string of the wrong verdict
    expected = n / len(wanted)
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    freedom = len(wanted) - 1
    assert chi_square <= freedom + 3 * np.sqrt(2 * freedom)


def test_drawing_works_far_beyond_the_range_of_floats():
    automaton, lengths = nesting(3), np.array([1500, 2, 1200])
    drawn = draw_strings(automaton, lengths, accepted=True, rng=np.random.default_rng(0))
    assert all(accepts(automaton, string) for string in drawn)
    np.testing.assert_array_equal(drawn.lengths, lengths)


def test_lengths_without_a_string_are_never_drawn():
    rng = np.random.default_rng(0)
    lengths = draw_lengths(AUTOMATA["tomita_2"], 600, longest=7, accepted=True, rng=rng)
    values, counts = np.unique(lengths, return_counts=True)
    assert values.tolist() == [2, 4, 6]
    assert counts.min() > 150


def test_a_language_without_the_wanted_strings_is_refused():
    everything = automaton_of([[0, 0]], {0})
    with pytest.raises(DataError, match="no string of 1..5 symbols is rejected"):
        draw_lengths(everything, 3, longest=5, accepted=False, rng=np.random.default_rng(0))
