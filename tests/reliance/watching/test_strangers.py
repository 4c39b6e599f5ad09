import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.machines import random_machine, trace_of
from markovlens.channels import Channel
from markovlens.reliance.watching.calibration import calibrate
from markovlens.reliance.watching.changes import CHANGES, plant
from markovlens.reliance.watching.strangers import Clouds, auroc, strangeness, told
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
    assert set(np.unique(changed.values)) <= set(np.unique(inputs.values))
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
    after = dict(zip([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 0], strict=True))
    assert one["relabelled"].tolist() == [after[each] for each in first.tolist()]


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
