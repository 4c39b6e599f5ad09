"""Quick machines, by which codebooks are compared, are the machines that counting gives."""

import numpy as np
import pytest

from helpers.outputs import watched
from helpers.rows import COUNT, trace_of
from markovlens.abstractions.closeness import as_good, as_good_in_pairs, closeness
from markovlens.abstractions.coded import coded
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.quick import FEW, Partition, SideBySide
from markovlens.codebooks.cuts import cut_at
from markovlens.outputs import Output


@pytest.mark.parametrize("output", [Output.VALUES, Output.LABELS, Output.RISK])
@pytest.mark.parametrize("n_sequences", [FEW // 4, 4 * FEW])
def test_quick_machines_are_those_that_counting_gives(output, n_sequences):
    levels, noise = np.array([[0.1], [0.9], [0.4]]), 0.0 if output == Output.LABELS else 0.05
    train, valid = (
        watched(output, levels=levels, noise=noise, seed=seed, n_sequences=n_sequences)
        for seed in (0, 1)
    )
    # Some steps are in the wrong state, so that moves have probabilities between 0 and 1.
    labels = np.where(np.arange(train.n_steps) % 7, train.truth, 0)
    machine = build_machine(train, np.eye(3)[labels], deterministic=False)
    quick = SideBySide(valid).closeness(Partition.of(train, labels), train.inputs, valid.inputs)
    np.testing.assert_allclose(quick, closeness(machine, valid))


def test_a_code_that_no_training_row_has_is_read_as_counting_reads_it():
    rows = np.random.default_rng(0).normal(size=(800, 1))
    train, labels = trace_of(rows, (rows[:, 0] > 0.3).astype(int), COUNT)
    valid, _ = trace_of(rows + 9.0 * (rows > 2), (rows[:, 0] > 0.3).astype(int), COUNT)
    book = cut_at(["x1"], {"x1": [0.3, 8.0]})
    read = coded(valid, book)
    assert set(read.inputs) == {0, 1, 2}
    machine = build_machine(coded(train, book), np.eye(4)[labels], deterministic=False)
    codes = book.encode(train.sequences)
    quick = SideBySide(valid).closeness(Partition.of(train, labels), codes, read.inputs)
    np.testing.assert_allclose(quick, closeness(machine, read))


def test_a_perfect_winner_does_not_outdo_what_one_sequence_tells_from_it():
    near = np.ones(100)
    near[0] = 0.5
    far = np.where(np.arange(100) < 10, 0.5, 1.0)
    scores = {"perfect": np.ones(100), "near": near, "far": far}
    assert as_good(scores) == ["perfect"]
    assert as_good_in_pairs(scores) == ["perfect", "near"]


def test_what_the_one_error_rule_keeps_is_kept():
    best = 0.9 + 0.1 * np.random.default_rng(0).random(400)
    scores = {"best": best, "always behind": best - 0.9 * best.std() / 20}
    assert as_good_in_pairs(scores) == as_good(scores) == ["best", "always behind"]
