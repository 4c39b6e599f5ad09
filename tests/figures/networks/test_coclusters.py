"""The figure of units and words shows every cluster, its words and its strongest lines."""

import matplotlib
import numpy as np

from markovlens.abstractions.coclusters import NOWHERE, CoClusters, Scale
from markovlens.figures.networks.coclusters import UPPER, draw_coclusters
from markovlens.trace import Trace


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def found_and_trace():
    """Two units: `good` and `great` raise the first, `bad` lowers the second."""
    words = np.array([0, 0, 1, 2, 2, 2, 3])
    unknown = np.full(7, -1)
    trace = Trace(
        np.zeros((7, 2)), words, np.full((7, 2), 0.5), unknown, unknown, np.array([7]),
        ("good", "great", "bad", "rare"), ("a", "b"),
    )  # fmt: skip
    responses = np.array([[1.0, 3.0, 0.0, 0.0], [0.0, 0.0, -2.0, 0.0]])
    ends, labels = np.array([0, NOWHERE, NOWHERE, 1]), np.array([0, 0, 1, NOWHERE])
    return CoClusters(responses, ends, labels, Scale(np.zeros(2), np.ones(2))), trace


def test_words_stand_by_all_that_they_move_and_rare_ones_are_counted():
    figure = draw_coclusters(*found_and_trace(), task="sentiment", model="gru")
    texts = texts_of(figure)
    assert "great  good" in texts  # one reading that moves by 3, two that move by 1
    assert "bad" in texts
    assert "rare" not in texts
    said = " ".join(" ".join(texts).split())
    assert "make 2 clusters; 100 % of the mean response is inside them" in said
    assert "1 word read too seldom" in said


def test_a_line_is_as_wide_as_the_response_and_an_end_has_the_colour_of_its_side():
    found, trace = found_and_trace()
    np.testing.assert_allclose(found.edges, [[2.0, 0.0], [0.0, 2.0]])
    axes = draw_coclusters(found, trace, task="sentiment", model="gru").axes[0]
    assert [line.get_linewidth() for line in axes.lines] == [7.0, 7.0]
    colours = [patch.get_facecolor() for patch in axes.patches if patch.get_linewidth() == 0]
    assert len(colours) == 2
    assert len(set(colours)) == 2
    assert UPPER.startswith("#")
