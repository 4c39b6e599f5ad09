"""The main result as a table in colour: what stands in its cells, and whether it can be read."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from markovlens.figures.colours import ink_on, luminance
from markovlens.figures.comparison import comparison as main
from markovlens.figures.comparison import gap
from markovlens.figures.comparison.comparison import cells_of, draw_comparison
from markovlens.figures.comparison.gap import draw_gap, open_and_closed, signed
from markovlens.figures.comparison.grid import networks_of, wide
from markovlens.figures.comparison.task import draw_task
from markovlens.figures.style import ALARM
from markovlens.figures.tables import scores_of
from markovlens.figures.text import decimal

READABLE = 4.5  # WCAG 2.2, level AA


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def texts_of(figure):
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("value", "said"),
    [(1.0, "1"), (0.9999, ".999"), (0.5, ".500"), (-0.757, "-.757"), (-1.5, "-1.500"),
     (0.0, ".000"), (np.nan, "–")],
)  # fmt: skip
def test_only_what_is_one_is_called_one(value, said):
    assert decimal(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.004, "0"), (-0.004, "0"), (0.3, ".30"), (-0.12, "-.12"), (1.2, "1.20")]
)
def test_gaps_have_two_decimals_and_no_negative_zero(value, said):
    assert signed(value) == said


@pytest.mark.parametrize("scale", [*main.SCALES.values(), *gap.SCALES.values()])
def test_every_number_can_be_read_on_every_colour(scale):
    colours = [scale.colour_of(value) for value in np.linspace(scale.worst, scale.best, 101)]
    assert min(contrast(ink_on(colour), colour) for colour in colours) >= READABLE
    assert contrast(ALARM, "white") >= READABLE


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_black_or_white_can_be_read_on_any_colour(colour):
    assert contrast(ink_on(colour), colour) >= READABLE


def test_luminance_is_that_of_the_standard():
    assert luminance("white") == pytest.approx(1)
    assert luminance("black") == 0
    assert contrast("white", "#767676") == pytest.approx(4.54, abs=0.005)  # its best-known example
    assert luminance(to_rgb("#00FF00")) == pytest.approx(0.7152)


def test_each_value_stands_in_the_cell_of_its_network_and_method(comparison):
    cells = cells_of(scores_of(comparison), scores_of(comparison, mode="lumped"))
    places = networks_of(cells, main.SCALES)
    assert list(places) == [
        ("parity", "srn"),
        ("parity", "gru"),
        ("parity", "lstm"),
        ("mess3", "gru"),
    ]
    table = wide(cells, "text", places, ["hmm", "kmeans"])
    assert table.loc[("parity", "lstm"), "hmm"] == "failed"
    assert pd.isna(table.loc[("parity", "lstm"), "kmeans"])  # never tried
    figure = draw_comparison(comparison)
    columns = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    (failed,) = [text for text in figure.axes[0].texts if text.get_text() == "failed"]
    x, y = failed.get_position()
    assert (rows[int(y)], columns[int(x)]) == ("LSTM", "HMM")


def test_networks_that_predict_stand_below_in_other_colours(comparison, make_score):
    explained = [
        make_score("mess3", "gru", method, value, score="explained_divergence")
        for method, value in [("hmm", 0.97), ("ngram", 0.1)]
    ]
    rows = pd.concat([pd.DataFrame(explained), comparison])
    cells = cells_of(scores_of(rows), scores_of(rows, mode="lumped"))
    assert networks_of(cells, main.SCALES)[-1] == ("mess3", "gru")
    assert set(cells.loc[cells["task"] == "mess3", "scale"]) == {"explained_divergence"}
    assert ".970" in texts_of(draw_comparison(rows))


def test_a_corner_marks_intervals_that_reach_one(make_score):
    rows = [make_score("t", "gru", "hmm", 0.94), make_score("t", "gru", "kmeans", 0.95)]
    (axes,) = draw_comparison(pd.DataFrame(rows)).axes
    assert len(axes.patches) == 1


def test_sizes_are_those_of_the_table_before_and_after_lumping(make_score):
    rows = [
        make_score("t", "gru", "hmm", 0.9, n_states_low=10, n_states_high=12, carries="belief"),
        make_score("t", "gru", "hmm", 0.95, mode="lumped", n_lumped=5),
        make_score("t", "gru", "lstar", 0.9),
        make_score("t", "gru", "kmeans", None, score="fit", mode="-"),
    ]
    table = pd.DataFrame(rows)
    cells = cells_of(scores_of(table), scores_of(table, mode="lumped"))
    assert cells["small"].tolist() == ["10-12*→5", "4", ""]
    assert "10-12*→5" in texts_of(draw_comparison(table))


def test_accuracy_and_verdict_stand_beside(comparison, make_verdicts):
    said = texts_of(draw_comparison(comparison, make_verdicts(comparison)))
    assert "0.980 (under-trained)" in said
    assert "4 states, not at length 20" in said
    assert said.count("refused") == 3


def test_what_is_lost_is_coloured_and_large_losses_have_a_corner(comparison):
    pairs = open_and_closed(comparison)
    (axes,) = draw_gap(comparison).axes
    assert sum(text.get_text() == ".05" for text in axes.texts) == (pairs["gap"] > 0.045).sum()
    assert not axes.patches  # none above .05
    worse = comparison.assign(value=comparison["value"].where(comparison["mode"] != "open", 1.0))
    assert len(draw_gap(worse).axes[0].patches) == len(pairs)


def test_the_main_result_of_28_networks_fits_one_screen(make_network):
    rows = [
        row
        for task in "abcdefg"
        for model in ("srn", "mgu", "gru", "lstm")
        for row in make_network(task, model)
    ]
    figure = draw_comparison(pd.DataFrame(rows))
    width, height = figure.get_size_inches() * 96
    assert width <= 1280
    assert height <= 800


def test_a_lumped_machine_is_a_diamond_beside_its_method(make_score):
    rows = [
        make_score("t", "gru", "hmm", 0.7),
        make_score("t", "gru", "hmm", 0.9, mode="lumped", n_lumped=5),
        make_score("t", "gru", "lstar", 0.8),
    ]
    (axes,) = draw_task(pd.DataFrame(rows)).axes
    (diamonds,) = [line for line in axes.lines if line.get_marker() == "D"]
    places = [label.get_text() for label in axes.get_yticklabels()]
    x, y = np.array(diamonds.get_data(), dtype=float)
    assert x[y == places.index("HMM")].tolist() == [0.9]
    assert np.isnan(x[y == places.index("L*")]).all()
