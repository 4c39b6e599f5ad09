"""Pictures of networks that answer with values, labels or a risk: nothing in them decides."""

import matplotlib
import numpy as np
import pytest

from helpers.outputs import LEVELS, counter, watched
from markovlens.figures.networks.alike import (
    apart,
    bands_of,
    floor_in_words,
    how_alike,
    outputs_shown,
)
from markovlens.figures.networks.graph import draw_graph
from markovlens.figures.networks.states import draw_states
from markovlens.figures.networks.timeline import draw_timeline
from markovlens.outputs import Output

CASES = {
    Output.VALUES: (LEVELS, "explains 100 % of the variance", "its mean: 0 %"),
    Output.LABELS: (np.where(LEVELS > 0.5, 0.9, 0.1), "labels on and off", "always the same: 50 %"),
    Output.RISK: (LEVELS[:, :1], "orders ", "without an order: 50 %"),
}


def made(output):
    levels, *_ = CASES[output]
    trace = watched(output, levels=levels, noise=0.0)
    readout = levels
    if output == Output.RISK:
        shown = outputs_shown(trace)
        readout = np.array([shown[trace.truth == k].mean(axis=0) for k in range(len(levels))])
    return counter(readout, output, classes=trace.classes), trace


def drawn(output):
    machine, trace = made(output)
    states, rng = trace.truth, np.random.default_rng(0)
    unknown = np.full(trace.n_steps, -1)
    hidden = type(trace)(
        trace.states, trace.inputs, trace.outputs, trace.targets, unknown, trace.lengths,
        trace.symbols, trace.classes, trace.channels, output,
    )  # fmt: skip
    yield draw_graph(machine, hidden)
    yield draw_timeline(machine, hidden, states, rng=rng, n_examples=2)
    yield draw_states(
        hidden, hidden.states[:, :2], np.array([0.6, 0.3]), {"hmm": states, "kmeans": states},
        readouts=dict.fromkeys(("hmm", "kmeans"), machine.readout), rng=rng,
    )  # fmt: skip


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


@pytest.mark.parametrize("output", list(CASES), ids=str)
def test_titles_say_the_measure_of_the_kind_and_its_floor(output):
    _, said, floor = CASES[output]
    for figure in drawn(output):
        text = " ".join(" ".join(texts_of(figure)).split())
        assert said in text
        assert floor in text
        assert "decision" not in text


def test_values_are_named_with_their_ends_and_no_step_is_called_wrong():
    _, timeline, states = drawn(Output.VALUES)
    assert {"y1", "y2", "7", "-1"} <= set(texts_of(timeline))
    assert "they decide differently" not in texts_of(timeline)
    assert {"network's output: y1", "network's output: y2"} <= set(texts_of(states))


@pytest.mark.parametrize("output", list(CASES), ids=str)
def test_curves_lie_between_the_ends_and_a_perfect_machine_on_the_network(output):
    machine, trace = made(output)
    said, shown = machine.predict(trace.sequences), outputs_shown(trace)
    for band in bands_of(trace):
        heights = band.height(shown[:, band.column])
        assert heights.min() >= 0
        assert heights.max() <= 1
    assert how_alike(said, trace) == pytest.approx(1)
    np.testing.assert_allclose(apart(said, trace), 0, atol=1e-12)


def test_the_worst_step_of_values_is_the_one_furthest_off():
    machine, trace = made(Output.VALUES)
    said = machine.predict(trace.sequences)
    said[5] += 10
    assert apart(said, trace).argmax() == 5


def test_the_floor_of_labels_counts_those_that_are_always_the_same():
    levels = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.1]])
    trace = watched(Output.LABELS, levels=levels, noise=0.0)
    assert floor_in_words(trace) == "always the same: 67 %"
