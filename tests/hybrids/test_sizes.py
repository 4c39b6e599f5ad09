"""Parameters are counted as torch has them, less what a row of probabilities cannot choose."""

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.hybrids.law import HiddenMarkov
from markovlens.hybrids.models import Network, Widths
from markovlens.hybrids.sizes import (
    WITHIN,
    Alphabet,
    equal_sizes,
    of_alone,
    of_hybrid,
    of_law,
    of_lstm,
)
from markovlens.networks.shared import n_parameters

ALPHABETS = [Alphabet(3, 3, True), Alphabet(2, 2, False), Alphabet(1002, 2, False)]


def law(states, n_symbols):
    even = np.full((states, n_symbols), 1 / n_symbols)
    return HiddenMarkov(np.full(states, 1 / states), np.full((states, states), 1 / states), even)


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("states", [0, 4])
def test_what_is_counted_is_what_torch_has_less_one_a_row(alphabet, states):
    widths = Widths(5, 7)
    inside = law(states, alphabet.n_symbols) if states else None
    model = Network(alphabet.n_symbols, alphabet.n_classes, widths=widths, law=inside)
    rows = 1 + 2 * states if states else 0  # one of the start, one a state of each other table
    counted = of_hybrid(widths, states, alphabet) if states else of_lstm(widths, alphabet)
    assert counted == n_parameters(model) - rows


def test_an_hmm_alone_has_no_output_layer_where_it_foretells():
    assert of_alone(4, Alphabet(3, 3, True)) == of_law(4, 3) == 3 + 12 + 8
    assert of_alone(4, Alphabet(3, 2, False)) == of_law(4, 3) + 8


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_all_have_as_many_within_what_is_said(alphabet):
    sizes = equal_sizes(Widths(8, 10), 6, alphabet)
    wanted = of_lstm(sizes.lstm, alphabet)
    for count in (
        of_hybrid(sizes.hybrid, sizes.states, alphabet), of_alone(sizes.alone, alphabet)
    ):  # fmt: skip
        assert abs(count - wanted) <= WITHIN * wanted
    assert sizes.hybrid.hidden <= 10
    assert sizes.hybrid.embedding <= 8


def test_sizes_that_cannot_be_equal_are_refused():
    with pytest.raises(DataError, match="expected an LSTM beside an HMM with .* none within 5%"):
        equal_sizes(Widths(1, 2), 60, ALPHABETS[0])
    with pytest.raises(DataError, match="take another `hidden` or `embedding`, or other"):
        equal_sizes(Widths(1, 2), 2, ALPHABETS[2])
