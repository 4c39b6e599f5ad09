"""The words on which two automata differ are all found, and no others."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from markovlens.machines.deciding import decide
from markovlens.machines.machine import automaton
from markovlens.machines.minimisation import equivalent
from markovlens.reliance.repairing.differences import difference, differing_words
from markovlens.reliance.repairing.planting import machine_in
from markovlens.sequences import Sequences
from markovlens.tasks.automata import accepts

LONGEST = 6


@st.composite
def automata(draw, n_states=3, n_symbols=2):
    states = st.integers(0, n_states - 1)
    rows = draw(
        st.lists(
            st.lists(states, min_size=n_symbols, max_size=n_symbols),
            min_size=n_states,
            max_size=n_states,
        )
    )
    accepting = draw(st.lists(st.booleans(), min_size=n_states, max_size=n_states))
    return automaton(np.array(rows), np.array(accepting), start=0, symbols=("a", "b"))


ALL = [word for length in range(1, LONGEST + 1) for word in product(range(2), repeat=length)]
WORDS = Sequences.from_list([np.array(word) for word in ALL])


@given(automata(), automata())
def test_the_product_accepts_just_the_words_on_which_they_differ(a, b):
    found = difference(a, b)
    ends = np.cumsum(WORDS.lengths) - 1
    differs = (decide(a, WORDS) != decide(b, WORDS))[ends]
    assert [accepts(found, np.array(word)) for word in ALL] == differs.tolist()


@given(automata(), automata(), st.integers(0, 99))
def test_every_word_drawn_shows_a_difference(a, b, seed):
    words = differing_words(a, b, 20, longest=9, rng=np.random.default_rng(seed))
    if words is None:
        assert equivalent(a, b) is None
        return
    assert len(words) == 20
    ends = np.cumsum(words.lengths) - 1
    assert (decide(a, words) != decide(b, words))[ends].all()


def test_a_difference_that_shows_late_is_found_however_short_words_should_be():
    right = machine_in("contains_0110")
    nothing = automaton(np.zeros((1, 2), int), np.array([False]), start=0, symbols=("0", "1"))
    words = differing_words(right, nothing, 3, longest=2, rng=np.random.default_rng(0))
    assert [word.tolist() for word in words] == [[0, 1, 1, 0]] * 3
