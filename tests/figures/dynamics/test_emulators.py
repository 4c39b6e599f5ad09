"""Figures over emulating networks: titles follow the numbers, nothing fails on one network."""

from dataclasses import asdict

import pandas as pd
import pytest

from helpers.emulators import in_words, placed
from markovlens.dynamics.measures import Place
from markovlens.figures.dynamics.bridge import bridge_finding, draw_bridge
from markovlens.figures.dynamics.match import PANELS, draw_match, match_finding


def networks(numbers):
    """Return the numbers of three networks of two losses each."""
    rows = [
        {"task": "chain_2", "model": loss, "loss": loss, "seed": seed, "measure": measure,
         **asdict(placed(where)), "value": value, "low": value - 0.01, "high": value + 0.01, "n": 8}
        for loss in ("transport", "transport+lags") for seed in range(3)
        for measure, where, value in numbers
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def match():
    numbers = [(measure, in_words(asdict(Place(**key))), 0.5) for measure, key, *_ in PANELS]
    numbers += [(f"{measure}_floor", where, 0.1) for measure, where, _ in list(numbers)]
    return networks([*numbers, ("transition_error_miss", "common symbols", 0.4)])


@pytest.fixture
def bridge():
    return networks(
        [
            ("state_accuracy", "source", 0.9),
            ("state_accuracy_majority", "source", 0.5),
            ("state_accuracy_ceiling", "all", 0.95),
            ("transition_error", "all", 0.1),
            ("transition_error_floor", "all", 0.4),
            ("transition_error_ceiling", "all", 0.0),
            ("n_states", "predictive", 2),
            ("symbol_loss", "size n_states=1", 0.7),
            ("symbol_loss", "size n_states=2", 0.1),
            ("symbol_loss", "size n_states=3", 0.05),
            ("symbol_loss_filter", "all", 0.2),
        ]
    )


def panel(figure, title):
    """Return the panel that bears this title."""
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def test_the_title_of_the_match_gives_each_loss_its_numbers(match):
    lags = (match["loss"] == "transport+lags") & (match["measure"] == "transition_error_miss")
    match.loc[lags, "value"] = 0.01
    title = match_finding(match)
    assert "transport: 0.400 and 0.50 times" in title
    assert "transport+lags: 0.010" in title


def test_the_title_of_the_bridge_speaks_of_the_size_that_was_chosen(bridge):
    assert "90 % of steps (floor 50 %, ceiling 95 %" in bridge_finding(bridge)
    assert "-0.10 nats from" in bridge_finding(bridge)
    bridge.loc[bridge["n_states"] == 2, "value"] = 0.3
    assert "+0.10 nats from" in bridge_finding(bridge)


def test_each_network_is_a_dot_with_an_interval_beside_the_floor(match):
    axes = draw_match(match).axes
    assert [ax.get_title(loc="left") for ax in axes] == [title for _, _, title, _ in PANELS]
    dots = [x for line in axes[0].lines if line.get_marker() == "o" for x in line.get_xdata()]
    assert dots == [0.5] * 6
    spans = [bar for lines in axes[0].collections for bar in lines.get_segments()]
    assert [bar[:, 0] == pytest.approx([0.49, 0.51]) for bar in spans] == [True] * 6
    floors = [line for line in axes[0].lines if list(line.get_xdata()) == pytest.approx([0.1] * 2)]
    assert len(floors) == 2


def test_training_curves_follow_the_checkpoints_and_may_be_missing(bridge):
    training = pd.concat(
        networks([("state_accuracy", f"source step={step}", 0.5 + step / 1000)])
        for step in (0, 100, 400)
    )
    curves = panel(draw_bridge(bridge, training), "chain_2: training").lines
    assert len(curves) == 8  # three seeds and their mean, of two losses
    assert list(curves[0].get_xdata()) == [0, 100, 400]
    none = panel(draw_bridge(bridge, training.iloc[:0]), "chain_2: training")
    assert none.texts[0].get_text() == "no checkpoints"


def test_each_task_has_a_panel_of_what_is_lost_beyond_its_filter(bridge):
    other = bridge.assign(task="full_3")
    other.loc[other["measure"] == "symbol_loss_filter", "value"] = 0.4
    figure = draw_bridge(pd.concat([bridge, other], ignore_index=True), bridge.iloc[:0])
    for task, beyond in (("chain_2", [0.5, -0.1, -0.15]), ("full_3", [0.3, -0.3, -0.35])):
        drawn = panel(figure, f"{task}: next symbol").lines[0].get_ydata()
        assert drawn == pytest.approx(beyond)


def test_models_of_one_loss_are_told_apart(bridge, match):
    wider = {table: pd.concat([rows, rows.assign(model="wider")], ignore_index=True)
             for table, rows in (("bridge", bridge), ("match", match))}  # fmt: skip
    curves = panel(draw_bridge(wider["bridge"], bridge.iloc[:0]), "chain_2: next symbol").lines
    assert len([curve for curve in curves if len(curve.get_xdata()) == 3]) == 14
    dots = [line for line in draw_match(wider["match"]).axes[0].lines if line.get_marker() == "o"]
    heights = sorted(y for line in dots for y in line.get_ydata())
    assert len(set(heights)) == 12
    assert heights[5] < heights[6] - 0.5 + 0.42  # those of one line stay on it
