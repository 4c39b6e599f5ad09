"""Trees with cuts moved, leaves split and sides taken away say what they then do."""

import numpy as np

from markovlens.codebooks.cuts import cut_along, cut_at
from markovlens.codebooks.editing import (
    grafted,
    hoisted,
    weights_of,
    with_plane,
    with_threshold,
)
from markovlens.sequences import Sequences

CHANNELS = ("pulse", "SpO2")
ROWS = Sequences(
    np.array([[50.0, 80.0], [50.0, 95.0], [90.0, 80.0], [90.0, 95.0]]), np.array([4]), CHANNELS
)


def pulse(threshold=60):
    return cut_at(CHANNELS, {"pulse": threshold})


def test_a_cut_is_moved_and_the_given_tree_is_not():
    tree = pulse()
    moved = with_threshold(tree, 0, 100)
    assert moved.names == ("pulse <= 100", "pulse > 100")
    assert tree.names[0] == "pulse <= 60"


def test_a_plane_takes_the_place_of_a_cut_in_the_units_of_the_channels():
    tree = with_plane(pulse(), 0, np.array([2.0, -4.0]), -240.0)
    assert tree.names == ("0.5 pulse - SpO2 <= -60", "0.5 pulse - SpO2 > -60")
    np.testing.assert_allclose(weights_of(tree, 0), [0.5, -1])
    np.testing.assert_array_equal(tree.encode(ROWS), [1, 0, 1, 1])


def test_a_leaf_is_split_by_another_tree_with_directions_of_its_own():
    first = cut_along(CHANNELS, [1, 1], 150)
    tree = grafted(first, 2, cut_along(CHANNELS, [1, -1], 0))
    assert tree.names == (
        "pulse + SpO2 <= 150", "pulse + SpO2 > 150 and pulse - SpO2 <= 0",
        "pulse + SpO2 > 150 and pulse - SpO2 > 0",
    )  # fmt: skip
    np.testing.assert_array_equal(tree.encode(ROWS), [0, 0, 2, 1])
    assert len(with_plane(tree, 2, np.array([1.0, -2.0]), 0.0).directions) == 2


def test_either_side_of_a_cut_is_taken_away():
    tree = grafted(pulse(), 2, cut_at(CHANNELS, {"SpO2": 88}))
    assert hoisted(tree, 0, 2).names == ("SpO2 <= 88", "SpO2 > 88")
    assert hoisted(tree, 0, 1).names == ("any row",)
    assert hoisted(tree, 2, 3).names == pulse().names
    np.testing.assert_array_equal(hoisted(tree, 0, 2).encode(ROWS), [0, 1, 0, 1])
