import numpy as np
import pytest

from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.seq2seq.swaps import (
    Ready,
    donors,
    return_ratio,
    return_row,
    swap_rows,
)

LABELS = np.repeat(np.arange(3), 10)
TARGETS = 5 * np.eye(4)[:3]


@pytest.fixture
def ready() -> Ready:
    rng = np.random.default_rng(0)
    starts = TARGETS[LABELS] + 0.1 * rng.normal(size=(30, 4))
    return Ready(starts, TARGETS[LABELS][:, :2] + 0.1 * rng.normal(size=(30, 2)), LABELS)


def by_start(starts, firsts, pull=0.5):
    """Return a decoder that is drawn to the target nearest to where it starts."""
    nearest = TARGETS[((starts[:, None] - TARGETS) ** 2).sum(-1).argmin(1)]
    shrink = pull ** np.arange(1, 9)[:, None]
    states = nearest[:, None] + (starts - nearest)[:, None] * shrink
    return states[..., :3], states


def by_input(starts, firsts):
    """Return a decoder that repeats its first input and takes no notice of the start."""
    outputs = np.repeat(firsts[:, None], 8, axis=1)
    return outputs, np.concatenate([outputs, outputs], axis=-1)


def scores(decode, ready, of="outputs"):
    bootstrap = Bootstrap.draw(len(ready.labels), n_resamples=50, rng=np.random.default_rng(0))
    rows = swap_rows(decode, ready, bootstrap, rng=np.random.default_rng(1))
    return {(row["condition"], row["score"]): row for row in rows if row["of"] == of}


def test_donors_are_of_the_wanted_class_and_never_the_window():
    for same in (True, False):
        pairs = donors(LABELS, same=same, rng=np.random.default_rng(0))
        assert len(pairs) == 90
        assert ((LABELS[pairs[:, 0]] == LABELS[pairs[:, 1]]) == same).all()
        assert (pairs[:, 0] != pairs[:, 1]).all()


def test_decoder_that_goes_by_its_start_becomes_the_donor(ready):
    found = scores(by_start, ready)
    assert found["other_class", "class_of_donor"]["value"] == 1
    assert found["other_class", "nearer_donor"]["value"] == 1
    assert found["input_only", "class_of_donor"]["value"] == 0
    assert found["same_class", "leaves_class"]["value"] == 0
    assert found["none", "leaves_class"]["value"] == 0


def test_states_are_judged_like_outputs(ready):
    found = scores(by_start, ready, of="states")
    assert found["other_class", "class_of_donor"]["value"] == 1


def test_decoder_that_goes_by_its_input_does_not(ready):
    found = scores(by_input, ready)
    assert found["other_class", "class_of_donor"]["value"] == 0
    assert found["input_only", "class_of_donor"]["value"] == 1


def test_two_windows_of_two_classes_are_enough(ready):
    two = Ready(ready.starts[[0, 10]], ready.firsts[[0, 10]], LABELS[[0, 10]])
    found = scores(by_start, two)
    assert found["other_class", "class_of_donor"]["value"] == 1
    assert ("same_class", "leaves_class") not in found  # there is no such donor


@pytest.mark.parametrize(("pull", "expected"), [(0.5, 0.5**7), (1.0, 1.0), (1.1, 1.1**7)])
def test_return_ratio_is_the_decoders_own_contraction(ready, pull, expected):
    def decode(starts, firsts):
        """Hold every window where it starts, and draw to, or push from, that place."""
        shrink = pull ** np.arange(1, 9)[:, None]
        states = ready.starts[:, None] + (starts - ready.starts)[:, None] * shrink
        return states, states

    ratios = return_ratio(decode, ready, rng=np.random.default_rng(0))
    np.testing.assert_allclose(ratios, expected)


def test_interval_of_the_ratio_holds_its_median():
    ratios = np.r_[np.nan, np.linspace(0.1, 0.9, 29)]
    bootstrap = Bootstrap.draw(30, n_resamples=100, rng=np.random.default_rng(0))
    row = return_row(ratios, bootstrap)
    assert row["value"] == pytest.approx(0.5)
    assert 0.1 < row["low"] < 0.5 < row["high"] < 0.9
    assert row["n_swaps"] == 29
