"""Thresholds are moved to where the network's answers turn."""

import numpy as np
import pytest

from markovlens.abstractions.coding import choose_codebook
from markovlens.abstractions.sharpening import sharpened
from markovlens.codebooks.cuts import cut_along, cut_at
from markovlens.sequences import Sequences
from markovlens.trace import Trace


def uniform(n: int, width: int, seed: int = 0) -> Sequences:
    """Return one sequence of uniform rows in -1..1."""
    rows = np.random.default_rng(seed).uniform(-1, 1, (n, width))
    return Sequences(rows, np.array([n]), tuple(f"x{column + 1}" for column in range(width)))


def agreement_with(bits, inputs):
    """Return how often a tree's code is the bit, as a closeness."""
    return lambda tree: float((tree.encode(inputs) == bits).mean())


@pytest.mark.parametrize("start", [-0.1, 0.32, 0.45])
def test_a_threshold_moves_to_where_answers_turn(start):
    inputs = uniform(2000, 1)
    close = agreement_with(inputs.rows[:, 0] > 0.3, inputs)
    tree = sharpened(cut_at(["x1"], {"x1": start}), inputs, close)
    assert close(tree) == 1.0
    assert tree.threshold[0] == pytest.approx(0.3, abs=0.005)


def test_a_threshold_ends_in_the_middle_of_a_gap():
    rows = uniform(2000, 1).rows
    rows = rows[np.abs(rows[:, 0] - 0.3) > 0.1, :]
    inputs = Sequences(rows, np.array([len(rows)]), ("x1",))
    # Nothing is known of the rows just above the gap, as of steps whose answers do not tell.
    blind = (rows[:, 0] > 0.4) & (rows[:, 0] < 0.43)
    right = rows[:, 0] > 0.3

    def close(tree):
        return float((tree.encode(inputs) == right)[~blind].mean())

    tree = sharpened(cut_at(["x1"], {"x1": 0.42}), inputs, close)
    assert tree.threshold[0] == pytest.approx(0.3, abs=0.01)


def test_an_oblique_cut_moves_along_its_direction():
    inputs = uniform(2000, 2)
    close = agreement_with(inputs.rows @ [1, -1] > 0.2, inputs)
    tree = sharpened(cut_along(["x1", "x2"], [1, -1], 0.3), inputs, close)
    assert tree.threshold[0] == pytest.approx(0.2, abs=0.01)
    np.testing.assert_array_equal(tree.directions, [[1, -1]])


def test_all_cuts_of_a_tree_are_moved():
    inputs = uniform(3000, 1)
    bands = np.digitize(inputs.rows[:, 0], [-0.4, 0.4])
    close = agreement_with(bands, inputs)
    tree = sharpened(cut_at(["x1"], {"x1": [-0.3, 0.5]}), inputs, close)
    assert close(tree) > 0.999


def test_a_tree_that_is_right_stays():
    inputs = Sequences(np.array([[0.0], [1.0]]), np.array([2]), ("x1",))
    tree = cut_at(["x1"], {"x1": 0.5})
    assert sharpened(tree, inputs, lambda _: 1.0) is tree


def latched(seed: int, n: int = 150) -> Trace:
    """Return a network whose state says how far above a boundary at 0 the last row was.

    It answers whether any row was above it; its state moves most at 1, not at 0.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 12, n)
    rows = rng.normal(size=(lengths.sum(), 1)) - 1
    owner = np.repeat(np.arange(n), lengths)
    above = np.concatenate([np.logical_or.accumulate(rows[owner == i, 0] > 0) for i in range(n)])
    states = np.column_stack([above, 3.0 * above * (rows[:, 0] > 1)])
    return Trace(
        states=states + 0.01 * rng.normal(size=states.shape),
        inputs=rows,
        outputs=np.eye(2)[above.astype(int)],
        targets=above.astype(int),
        truth=np.full(len(rows), -1),
        lengths=lengths,
        symbols=(),
        classes=("no", "yes"),
    )


def test_the_chosen_codebook_is_cut_where_the_network_answers_otherwise():
    coding = choose_codebook(latched(0), latched(1))
    assert coding.table.set_index("chosen").loc[True, "n_codes"] == 2
    assert abs(coding.codebook.threshold[0]) < 0.05
