"""Languages read off real values: strings, boundaries, gates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, norm, truncnorm

from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS
from markovlens.tasks.formal import AUTOMATA
from markovlens.tasks.real_formal import (
    BOUNDARIES,
    MARGIN,
    MISREADING,
    boundary_of,
    gate_of,
    language_of,
)
from markovlens.tasks.store import load_task, save_task

NAMES = ["real_contains_0110", "real_parity_margin", "oblique_parity", "oblique_parity_margin"]


def side(name: str, rows: np.ndarray) -> np.ndarray:
    """Return the signed distance of rows from the boundary, written down a second time."""
    if name.startswith("real"):
        return rows[:, 0] - 0.3
    return (rows[:, 0] - rows[:, 1]) / np.sqrt(2)


@pytest.mark.parametrize("name", NAMES)
def test_half_of_the_strings_are_in_the_language_read_off_the_rows(small, name):
    automaton = AUTOMATA[language_of(name)]
    for split in small(name).splits.values():
        read = (side(name, split.inputs.rows) > 0).astype(int)
        for start, length in zip(split.inputs.starts, split.inputs.lengths, strict=True):
            state = 0
            for step in range(start, start + length):
                state = automaton.successor[state, read[step]]
                assert split.truth[step] == state
                assert split.targets[step] == automaton.accepting[state]
        ends = np.cumsum(split.inputs.lengths) - 1
        assert abs(split.targets[ends].mean() - 0.5) <= 1 / len(ends)


@pytest.mark.parametrize("name", NAMES)
def test_the_true_machine_reads_rows_and_is_right(small, tmp_path, name):
    save_task(tmp_path, small(name))
    task = load_task(tmp_path)
    for split in task.splits.values():
        said = task.machine.predict(split.inputs).argmax(axis=1)
        np.testing.assert_array_equal(said, split.targets)


@pytest.mark.parametrize("name", NAMES)
def test_a_margin_keeps_rows_away_from_the_boundary_and_nothing_else_does(small, name):
    task = small(name, n_train=600)
    distances = np.abs(side(name, task.splits["train"].inputs.rows))
    assert (distances.min() >= MARGIN) == name.endswith("_margin")
    assert distances.min() < 1.5 * MARGIN


def test_rows_are_gaussian_on_each_side():
    bits = np.repeat([0, 1], 4000)
    rng = np.random.default_rng(0)
    low, high = boundary_of("real_parity_margin").rows(bits, rng).reshape(2, -1)
    assert kstest(low, truncnorm(-np.inf, 0.2).cdf).pvalue > 0.01
    assert kstest(high, truncnorm(0.4, np.inf).cdf).pvalue > 0.01
    rows = BOUNDARIES["oblique"].rows(bits, rng)
    assert kstest(rows.sum(axis=1) / np.sqrt(2), norm.cdf).pvalue > 0.01
    # Half of the bits are 1 and half of a Gaussian lies beyond 0: both channels are Gaussian too.
    assert kstest(rows[:, 0], norm.cdf).pvalue > 0.01


@given(st.floats(-3, 3), st.integers(0, 1), st.integers(0, 2**32))
def test_rows_lie_on_the_side_of_their_bit(threshold, bit, seed):
    boundary = BOUNDARIES["oblique"]
    moved = type(boundary)(boundary.channels, boundary.direction, threshold, MARGIN)
    rows = moved.rows(np.full(50, bit), np.random.default_rng(seed))
    beyond = rows @ boundary.direction - threshold
    assert ((beyond > MARGIN - 1e-9) if bit else (beyond < -MARGIN + 1e-9)).all()


def test_the_gate_is_what_a_boundary_a_little_off_allows(small):
    task = small("real_parity", n_valid=400)
    valid = task.splits["valid"]
    accuracies = []
    for threshold in (0.3 - MISREADING, 0.3 + MISREADING):
        ones = (valid.inputs.rows[:, 0] > threshold).astype(int)
        parity = [np.cumsum(part) % 2 for part in np.split(ones, np.cumsum(valid.inputs.lengths))]
        accuracies.append((np.concatenate(parity) == valid.targets).mean())
    assert task.gate == pytest.approx(min(accuracies))
    assert 0.8 < task.gate < 1
    assert small("real_contains_000", n_valid=400).gate > task.gate  # it forgets


def test_the_gate_of_a_margin_asks_for_every_string():
    boundary = boundary_of("real_parity_margin")
    assert gate_of(AUTOMATA["parity"], boundary, None) == 1.0


def test_splits_are_drawn_apart(small):
    rows = [small("real_parity").splits[name].inputs.rows[:5] for name in SPLITS]
    assert len(np.unique(np.concatenate(rows))) == 15


def test_a_row_on_the_boundary_is_a_zero():
    boundary = BOUNDARIES["real"]
    rows = np.array([[0.3], [np.nextafter(0.3, 1)]])
    coded = boundary.codebook.encode(Sequences(rows, np.array([2]), boundary.channels))
    np.testing.assert_array_equal(coded, boundary.bits(rows))
    np.testing.assert_array_equal(coded, [0, 1])
