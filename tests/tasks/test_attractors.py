"""The two tasks with published dynamics: what is right at every step, and that nothing leaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.tasks import make_task
from markovlens.tasks.attractors import COHERENCES, MEMORIES, PULSE, memories, summed

SIZES = {"n_train": 300, "n_valid": 20, "n_test": 40, "length": 25}


def rows_of(task, split="train"):
    inputs = task.splits[split].inputs
    return inputs.rows.reshape(len(inputs), -1, len(task.channels))


@given(st.lists(st.tuples(*[st.sampled_from([-1.0, 0.0, 1.0])] * 3), min_size=1, max_size=12))
def test_a_memory_is_the_last_pulse_of_every_channel(pulses):
    held, names = [0, 0, 0], []
    for row in pulses:
        held = [bit if pulse == 0 else int(pulse > 0) for bit, pulse in zip(held, row, strict=True)]
        names.append("".join("-+"[bit] for bit in held))
    found = memories(np.array([pulses]))[0]
    assert [MEMORIES[memory] for memory in found] == names


def test_flip_flop_sets_all_bits_first_and_then_pulses_as_often_as_it_says():
    task = make_task("flip_flop", sizes=SIZES, seed=0)
    rows = rows_of(task)
    assert (rows[:, 0] != 0).all()
    assert set(np.unique(rows)) == {-1, 0, 1}
    assert (rows[:, 1:] != 0).mean() == pytest.approx(PULSE, abs=0.01)
    part = task.splits["train"]
    assert (part.targets == part.truth).all()
    assert np.bincount(part.truth, minlength=8).min() > 0.1 * len(part.truth)


def test_the_other_evidence_tells_nothing_of_the_decision():
    task = make_task("context_integration", sizes=SIZES, seed=0)
    rows = rows_of(task)
    cue = rows[..., 2:]
    assert (cue == cue[:, :1]).all()
    assert (cue.sum(axis=2) == 1).all()
    right = task.splits["train"].targets.reshape(len(rows), -1)
    assert (right == (summed(rows) > 0)).all()
    other = (rows[..., :2] * cue[..., ::-1]).sum(axis=2).cumsum(axis=1)
    assert abs(((other > 0) == right)[:, -1].mean() - 0.5) < 0.1
    assert np.abs(rows[..., :2].mean()) < 3 * max(COHERENCES) / np.sqrt(len(rows))


def test_no_machine_is_the_truth_of_what_sums_real_numbers():
    task = make_task("context_integration", sizes=SIZES, seed=0)
    assert task.machine is None
    assert (task.splits["test"].truth == -1).all()


@pytest.mark.parametrize("name", ["flip_flop", "context_integration"])
def test_the_same_seed_gives_the_same_rows_and_splits_differ(name):
    one, other = (make_task(name, sizes=SIZES, seed=3) for _ in range(2))
    assert (rows_of(one) == rows_of(other)).all()
    assert not np.array_equal(rows_of(one)[:20], rows_of(one, "valid"))
