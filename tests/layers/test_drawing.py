"""What the figure says above its panels is what the claim counts: network by network."""

import numpy as np
import pandas as pd

from markovlens.layers.drawing import finding


def network(probe, iia, *, iia_random=(0.0, 0.0), seed=0, task="parity"):
    scores = {"probe": probe, "iia": iia, "iia_random": iia_random}
    return pd.DataFrame(
        [
            {
                "task": task, "model": "gru_2", "cell": "gru", "n_layers": 2, "seed": seed,
                "depth": depth + 1, "score": score, "value": values[depth],
            }
            for score, values in scores.items()
            for depth in range(2)
        ]
    )  # fmt: skip


def test_networks_are_counted_and_not_their_averages():
    """On average the layer that is read best is used most (.4 against .33), in one of three."""
    every = [
        network((0.8, 1.0), (0.5, 0.0), seed=0),
        network((0.8, 1.0), (0.5, 0.2), seed=1),
        network((0.8, 1.0), (0.0, 1.0), seed=2),
    ]
    assert "in 1 of 3 networks" in finding(pd.concat(every))


def test_used_is_what_is_beyond_a_random_move():
    moved = network((0.8, 1.0), (0.9, 0.8), iia_random=(0.89, 0.0))
    assert "in 1 of 1 networks" in finding(moved)


def test_networks_without_enough_swaps_are_not_counted():
    none = network((0.8, 1.0), (np.nan, np.nan), seed=1)
    assert "in 1 of 1 networks" in finding(pd.concat([network((0.8, 1), (0, 1)), none]))
    assert finding(none) == "No network learned its task"


def test_a_single_network_without_a_seed_is_one():
    one = network((0.8, 1.0), (0.0, 1.0)).drop(columns=["model", "seed"])
    assert "in 1 of 1 networks" in finding(one)
