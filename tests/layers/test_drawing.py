"""What the figure says above its panels is what the claim counts: network by network."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from markovlens.layers.drawing import draw_layers, finding


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
    assert finding(moved) == "Layer 2 is read best and used most"


def test_networks_without_enough_swaps_are_not_counted():
    none = network((0.8, 1.0), (np.nan, np.nan), seed=1)
    counted = [network((0.8, 1), (0, 1), seed=seed) for seed in (0, 2)]
    assert "in 2 of 2 networks" in finding(pd.concat([*counted, none]))
    assert finding(none) == "No network learned its task"
    assert "too few sequences" in finding(none.drop(columns=["model", "seed"]))


@pytest.mark.parametrize(
    ("probe", "iia", "said"),
    [
        ((0.8, 1.0), (0.0, 1.0), "Layer 2 is read best and used most"),
        ((0.8, 1.0), (1.0, 0.0), "Layer 2 is read best, layer 1 is used most"),
        (
            (0.9951, 0.9957),
            (0.1, 0.99),
            "Layers 1 and 2 are read best (within 0.01), layer 2 is used most",
        ),
        ((1.0, 1.0), (1.0, 1.0), "Layers 1 and 2 are read best and used most (within 0.01)"),
    ],
)
def test_of_a_single_network_it_is_said_which_layers_they_are(probe, iia, said):
    one = network(probe, iia)
    assert finding(one) == finding(one.drop(columns=["model", "seed"])) == said


@pytest.mark.parametrize(("n_seeds", "over"), [(None, False), (1, False), (3, True)])
def test_intervals_are_over_seeds_only_where_there_are_several(n_seeds, over):
    rows = network((0.8, 1.0), (0.0, 1.0)).assign(low=0.0, high=1.0, n_sequences=40)
    table = rows if n_seeds is None else rows.assign(n_seeds=n_seeds)
    foot = " ".join(text.get_text() for text in draw_layers(table).findobj(Text))
    assert ("seed" in foot) is over
