import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.machines import random_machine, trace_of
from markovlens.channels import Channel
from markovlens.ordering import auroc
from markovlens.reliance.watching.calibration import calibrate
from markovlens.reliance.watching.changes import CHANGES, plant
from markovlens.reliance.watching.strangers import Clouds, strangeness, told
from markovlens.sequences import Sequences


@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_auroc_is_the_share_of_pairs_in_the_right_order(usual, strange):
    pairs = [(b > a) + 0.5 * (a == b) for a in usual for b in strange]
    assert auroc(np.array(usual), np.array(strange)) == pytest.approx(np.mean(pairs))


def marked(n_sequences=40, seed=0):
    """Return words that begin with 0 and end with 1, of 2 to 5 between."""
    rng = np.random.default_rng(seed)
    inner = [rng.integers(2, 6, rng.integers(1, 9)) for _ in range(n_sequences)]
    return Sequences.from_list([np.r_[0, each, 1] for each in inner])


@pytest.mark.parametrize("change", CHANGES)
def test_marks_of_both_ends_stay_and_symbols_stay_known(change):
    inputs = marked()
    changed = plant(change, inputs, np.random.default_rng(1))
    assert all(each[0] == 0 and each[-1] == 1 for each in changed)
    assert {symbol for each in changed for symbol in each[1:-1].tolist()} == {2, 3, 4, 5}
    assert len(changed) == len(inputs)


def test_what_each_change_does():
    inputs, rng = marked(), np.random.default_rng(1)
    first = next(iter(inputs))[1:-1]
    one = {name: next(iter(plant(name, inputs, rng)))[1:-1] for name in CHANGES}
    assert one["reversed"].tolist() == first[::-1].tolist()
    assert sorted(one["shuffled"]) == sorted(first)
    assert one["longer"].tolist() == [*first, *first]
    assert one["stuck"][0] == first[0]
    assert len(set(one["stuck"].tolist())) <= len(set(first.tolist()))
    after = {2: 3, 3: 4, 4: 5, 5: 2}  # the marks 0 and 1 come nowhere inside
    for old, new in zip(inputs, plant("relabelled", inputs, rng), strict=True):
        assert new[1:-1].tolist() == [after[each] for each in old[1:-1].tolist()]


def test_words_of_marks_alone_stay_as_they_are():
    bare = Sequences.from_list([np.array([0, 1])] * 3)
    for name in CHANGES:
        assert plant(name, bare, np.random.default_rng(0)).values.tolist() == [0, 1] * 3


def test_rows_keep_what_is_no_measurement():
    rng = np.random.default_rng(0)
    rows = np.c_[rng.normal(80, 9, 300), rng.normal(97, 2, 300), np.repeat([0.0, 1.0], 150)]
    rows[5, 0] = np.nan
    channels = (Channel("pulse"), Channel("SpO2"), Channel("ward", levels=("A", "B")))
    inputs = Sequences(rows, np.full(30, 10), channels)
    for name in ("noise", "relabelled"):
        changed = plant(name, inputs, rng)
        assert changed.channels == channels
        np.testing.assert_array_equal(changed.rows[:, 2], rows[:, 2])
    exchanged = plant("relabelled", inputs, rng).rows
    np.testing.assert_allclose(np.nanmean(exchanged[:, :2], axis=0), [80, 97], atol=2)
    assert np.isnan(exchanged[5, 1])
    assert np.corrcoef(exchanged[6:, 0], rows[6:, 1])[0, 1] == pytest.approx(1)


def planted():
    """Return a machine, its trace, and the trace with a stretch of states nobody was in."""
    machine = random_machine(4, 3, 2, seed=2)
    trace = trace_of(machine, n_sequences=80, longest=10, seed=3)
    return machine, trace


def test_states_far_from_all_classes_are_far():
    _, trace = planted()
    clouds = Clouds.of(trace)
    near = clouds.distance(trace.states)
    assert near.mean() == pytest.approx(trace.states.shape[1], rel=0.25)
    assert clouds.distance(trace.states + 9.0).min() > near.max()


def test_scores_are_of_sequences_and_the_softmax_is_the_baseline_of_gains():
    machine, trace = planted()
    calibration = calibrate(machine, trace.sequences, trace.outputs)
    clouds = Clouds.of(trace)
    usual = strangeness(calibration, machine, clouds, trace)
    assert {len(each) for each in usual.values()} == {len(trace)}
    strange = {name: each + (9.0 if name == "mahalanobis" else 0) for name, each in usual.items()}
    drawn = np.random.default_rng(0)
    found = told([usual, usual], [strange, strange], bootstraps=50, level=0.9, rng=drawn)
    by_name = {each.score: each for each in found}
    assert by_name["softmax"].value == pytest.approx(0.5)
    assert by_name["softmax"].gain == 0
    assert by_name["mahalanobis"].value > 0.9
    assert all(each.low <= each.value <= each.high for each in found)
    assert all(each.n_seeds == 2 for each in found)


def test_the_certainty_of_the_network_is_turned_round():
    machine, trace = planted()
    calibration = calibrate(machine, trace.sequences, trace.outputs)
    found = strangeness(calibration, machine, Clouds.of(trace), trace)["softmax"]
    ends = np.cumsum(trace.lengths)
    sure = [each.max(axis=1).mean() for each in np.split(trace.outputs, ends[:-1])]
    np.testing.assert_allclose(found, -np.array(sure))


def drawn_scores(n_sequences=60, seed=0):
    """Return scores of usual and of slightly stranger sequences of one network."""
    rng = np.random.default_rng(seed)
    usual, strange = ({name: rng.normal(at, 1, n_sequences) for name in ("softmax", "surprise")}
                      for at in (0, 0.5))  # fmt: skip
    return usual, strange


def widths(n_seeds):
    """Return how wide intervals of n networks are that all do the same."""
    usual, strange = drawn_scores()
    found = told(
        [usual] * n_seeds, [strange] * n_seeds,
        bootstraps=400, level=0.95, rng=np.random.default_rng(1),
    )  # fmt: skip
    gains = [each.gain_high - each.gain_low for each in found]
    return np.array([each.high - each.low for each in found] + gains[1:])


def test_networks_that_do_the_same_tell_no_more_than_one():
    """All read the same sequences; ten networks do not make ten times as many."""
    np.testing.assert_allclose(widths(10), widths(1), rtol=0.15)


def test_an_interval_is_as_wide_as_auroc_varies():
    """Twice the standard error of Hanley & McNeil (1982) on either side."""
    usual, strange = drawn_scores()
    area = auroc(usual["softmax"], strange["softmax"])
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    n_each = len(usual["softmax"])
    spread = area * (1 - area) + (n_each - 1) * (first + second - 2 * area**2)
    assert widths(1)[0] == pytest.approx(2 * 1.96 * np.sqrt(spread) / n_each, rel=0.15)


def test_every_interval_contains_its_number():
    usual, strange = drawn_scores()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for each in told([usual], [strange], bootstraps=1, level=0.5, rng=rng):
            assert each.low <= each.value <= each.high
            assert each.gain_low <= each.gain <= each.gain_high
