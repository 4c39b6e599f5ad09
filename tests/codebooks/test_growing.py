"""Trees find where inputs begin to move the state otherwise."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from helpers.rows import COUNT, PARITY, STEPS, trace_of
from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.growing import (
    LEAST_ROWS,
    Moves,
    _between,
    grow_tree,
    grow_trees,
    moves_of,
)
from markovlens.codebooks.storage import codebook_from_dict, codebook_to_dict
from markovlens.files.whole import read_json, write_json


@pytest.mark.parametrize("successor", [PARITY, COUNT])
@pytest.mark.parametrize("unit", [1.0, 1e6, -1.0])
def test_a_threshold_is_found_whatever_state_the_input_meets(successor, unit):
    rows = np.random.default_rng(0).normal(size=(4000, 2)) * [unit, 1.0]
    trace, clusters = trace_of(rows, (rows[:, 0] / unit > 0.3).astype(int), successor)
    tree = grow_tree(moves_of(trace, clusters, Context(), np.random.default_rng(0)), 2)
    assert tree.feature[0] == 0
    assert tree.threshold[0] / unit == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("unit", [1.0, 0.5, 1e6])
@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_whole_numbers_are_cut_halfway_without_rounding(unit, gaps):
    rng = np.random.default_rng(0)
    rows = rng.integers(11, size=(4000, 2)) * unit
    trace, clusters = trace_of(rows, (rows[:, 0] > 5 * unit).astype(int), PARITY)
    rows[rng.random(rows.shape) < gaps] = np.nan
    tree = grow_tree(moves_of(trace, clusters, Context(), rng), 2)
    assert (tree.feature[0], tree.threshold[0]) == (0, 5.5 * unit)


def test_neighbours_among_numbers_are_still_told_apart():
    low = 1.0
    high = np.nextafter(low, 2)
    assert _between(low, high) == low
    assert _between(1 - 2**-53, 1.0) == 1 - 2**-53  # halfway rounds to the second


@pytest.mark.parametrize("successor", [PARITY, COUNT])
def test_an_oblique_boundary_is_found(successor):
    rows = np.random.default_rng(0).normal(size=(4000, 2)) * [1.0, 1e3]
    trace, clusters = trace_of(rows, (rows[:, 0] > rows[:, 1] / 1e3).astype(int), successor)
    moves = moves_of(trace, clusters, Context(), np.random.default_rng(0))
    tree = grow_tree(moves, 2, oblique=True)
    weights = tree.directions[0] * [1.0, 1e3]
    angle = np.degrees(np.arctan2(weights[1], weights[0]))
    assert angle == pytest.approx(-45, abs=1)
    assert weights[0] > 0


def test_an_oblique_tree_keeps_to_a_channel_where_that_is_as_good():
    rows = np.random.default_rng(0).normal(size=(4000, 2))
    trace, clusters = trace_of(rows, (rows[:, 1] > 0.3).astype(int), PARITY)
    moves = moves_of(trace, clusters, Context(), np.random.default_rng(0))
    codes = grow_tree(moves, 2, oblique=True).encode(trace.sequences)
    assert np.mean(codes == (rows[:, 1] > 0.3)) > 0.995


def test_a_change_is_found_in_a_context_that_holds_it():
    rows = np.random.default_rng(0).normal(size=4000)
    before = np.roll(rows, 1)
    before[::STEPS] = rows[::STEPS]
    trace, clusters = trace_of(rows, (rows - before > 0.5).astype(int), PARITY)
    moves = moves_of(trace, clusters, Context("change"), np.random.default_rng(0))
    tree = grow_tree(moves, 2)
    assert tree.names[1].startswith("change of x1 > 0.5")


def test_missing_values_go_where_they_act_alike_and_the_rule_says_so():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=4000)
    rows[rng.random(4000) < 0.2] = np.nan
    bits = (~(rows <= 0.3)).astype(int)  # missing acts as high
    trace, clusters = trace_of(rows, bits, PARITY, channels=(Channel("SpO2", "%"),))
    tree = grow_tree(moves_of(trace, clusters, Context(), rng), 2)
    np.testing.assert_array_equal(tree.encode(trace.sequences), bits)
    assert tree.names[1].endswith("% or missing")


@pytest.mark.parametrize("oblique", [False, True])
def test_what_only_tells_missing_from_known_says_so_and_is_kept(oblique, tmp_path):
    """scikit-learn 1.9 cuts at infinity there."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 2))
    rows[rng.random(4000) < 0.2, 0] = np.nan
    bits = np.isnan(rows[:, 0]).astype(int)
    channels = (Channel("SpO2", "%"), Channel("pulse"))
    trace, clusters = trace_of(rows, bits, PARITY, channels=channels)
    tree = grow_tree(moves_of(trace, clusters, Context(), rng), 2, oblique=oblique)
    assert tree.names == ("SpO2 known", "SpO2 missing")
    write_json(tmp_path / "tree.json", codebook_to_dict(tree))
    again = codebook_from_dict(read_json(tmp_path / "tree.json"))
    np.testing.assert_array_equal(again.encode(trace.sequences), bits)


@pytest.mark.parametrize("rows", [np.zeros(400), np.full(400, np.nan)])
@pytest.mark.parametrize("oblique", [False, True])
def test_inputs_that_never_change_make_one_code(rows, oblique):
    rows = np.column_stack([rows, rows])
    trace, clusters = trace_of(rows, np.zeros(400, dtype=int), PARITY)
    tree = grow_tree(
        moves_of(trace, clusters, Context(), np.random.default_rng(0)), 4, oblique=oblique
    )
    assert tree.names == ("any row",)
    assert not tree.encode(trace.sequences).any()


def test_the_most_rows_are_drawn_by_the_generator(monkeypatch):
    monkeypatch.setattr("markovlens.codebooks.growing.MOST_ROWS", 100)
    rows = np.random.default_rng(0).normal(size=400)
    trace, clusters = trace_of(rows, (rows > 0.3).astype(int), PARITY)
    once, again = (moves_of(trace, clusters, Context(), np.random.default_rng(5)) for _ in range(2))
    assert len(once.features) == 100
    np.testing.assert_array_equal(once.features, again.features)


@pytest.mark.parametrize("value", [0.1, 36.6, 1e6, -0.3])
def test_a_constant_that_rounding_moves_is_never_cut(value):
    rows = np.random.default_rng(0).normal(size=(4000, 2))
    trace, clusters = trace_of(
        np.column_stack([rows, np.full(4000, value)]), (rows[:, 0] > rows[:, 1]).astype(int), PARITY
    )
    moves = moves_of(trace, clusters, Context(), np.random.default_rng(0))
    tree = grow_tree(moves, 2, oblique=True)
    assert np.abs(tree.directions[:, 2]).max() < 1e-6
    assert set(tree.feature[tree.feature >= 0]) == {3}


def test_trees_of_all_sizes_grow_at_once_as_they_do_alone():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2000, 3))
    targets = np.column_stack([np.abs(features[:, 0]), features[:, 1] > 0.5, features.prod(axis=1)])
    moves = Moves((Channel("a"), Channel("b"), Channel("c")), Context(), features, targets)
    for n_codes, tree in zip(range(1, 9), grow_trees(moves, range(1, 9)), strict=True):
        assert tree.n_codes == n_codes
        if n_codes > 1:
            alone = DecisionTreeRegressor(
                max_leaf_nodes=n_codes, min_samples_leaf=LEAST_ROWS, random_state=0
            ).fit(features, targets)
            pairs = np.unique(
                np.column_stack([tree.leaves(features), alone.apply(features)]), axis=0
            )
            assert len(pairs) == n_codes  # the same leaves, whatever their numbers


def many_channels():
    """Return moves of rows of six channels, one a thousand times larger, of which two matter."""
    rows = np.random.default_rng(0).normal(size=(4000, 6)) * [1.0, 1e3, 1.0, 1.0, 1.0, 1.0]
    trace, clusters = trace_of(rows, (rows[:, 0] > rows[:, 1] / 1e3).astype(int), COUNT)
    return moves_of(trace, clusters, Context(), np.random.default_rng(0))


@pytest.mark.parametrize("most_terms", [2, 3, None])
def test_sums_have_few_terms_in_units_of_their_spread(most_terms):
    tree = grow_trees(many_channels(), (2,), oblique=True, most_terms=most_terms)[0]
    weights = tree.directions[0]
    assert np.flatnonzero(np.abs(weights)).tolist()[:2] == [0, 1]
    assert tree.n_terms == np.count_nonzero(weights) <= (most_terms or 6)
    assert weights[1] / weights[0] == pytest.approx(-1e-3, rel=0.05)


def test_the_words_of_a_sum_are_all_that_is_computed():
    tree = grow_trees(many_channels(), (2,), oblique=True)[0]
    assert [f"x{place + 1}" in tree.names[0] for place in range(6)] == [
        weight != 0 for weight in tree.directions[0]
    ]
