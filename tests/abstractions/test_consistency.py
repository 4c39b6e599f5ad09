import numpy as np

from helpers.reader import CHANNELS, oracle, threshold, traces
from markovlens.abstractions.consistency import exchange_rows
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_at, quantile_cuts


def exchanged(codebook, seed=0):
    rng = np.random.default_rng(seed)
    return exchange_rows(oracle(), traces()["test"], codebook, traces()["train"], rng=rng)


def test_rows_of_a_right_code_do_the_same():
    found = exchanged(threshold())
    assert found.counted.any()
    assert found.same[found.counted].mean() > 0.99
    shares, counts = found.by_code(traces()["test"].lengths, 2)
    assert counts.sum() == found.counted.sum()
    assert (shares > 0.98).all()


def test_a_code_over_both_sides_of_what_the_network_tells_apart_shows_itself():
    """The upper code of a threshold that is too low holds rows of both kinds."""
    found = exchanged(cut_at(CHANNELS, {"pressure": -0.8}))
    shares, _ = found.by_code(traces()["test"].lengths, 2)
    assert shares[1] < 0.97 < shares[0]


def test_only_what_comes_after_the_row_counts():
    found, lengths = exchanged(threshold()), traces()["test"].lengths
    starts = traces()["test"].sequences.starts
    before = np.add.reduceat(~found.counted, starts)
    assert (before < lengths).all()
    assert before.any()


def test_sequences_whose_later_codes_would_change_do_not_count():
    """With a change as context another row alters the code after it."""
    book = quantile_cuts(traces()["train"].sequences, 16, context=Context("change"))
    assert exchanged(book).counted.sum() < exchanged(threshold()).counted.sum()
