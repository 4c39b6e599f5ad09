"""The panel of the network's decisions: which classes the legend names."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.figures.networks.states import draw_states


@pytest.fixture
def legend_of(make_machine, make_trace):
    """Return a function of class names: the legend of a network that answers in these."""

    def drawn(classes, n_states=6, **options):
        machine = make_machine(n_states, 3, len(classes))
        trace = make_trace(machine, knows_truth=False, n_sequences=60, **options)
        figure = draw_states(
            replace(trace, classes=classes), trace.states[:, :2], np.array([0.6, 0.3]),
            {"hmm": machine.run(trace.sequences).argmax(1)}, readouts={"hmm": machine.readout},
            rng=np.random.default_rng(0),
        )  # fmt: skip
        legend = figure.axes[1].get_legend()
        found = len(np.unique(trace.decisions[trace.has_output]))
        return [text.get_text() for text in legend.get_texts()], found

    return drawn


def test_each_class_that_is_given_has_an_entry_even_where_short_names_are_alike(legend_of):
    entries, found = legend_of(tuple(f"begins alike {c}" for c in range(4)))
    assert entries == ["begins al…"] * found


def test_steps_without_an_answer_are_grey_and_said(legend_of):
    entries, found = legend_of(("a", "b", "c", "d"), at_end=True)
    assert entries[-1] == "none"
    assert len(entries) == found + 1


def test_rare_classes_are_counted(legend_of):
    entries, found = legend_of(tuple(f"c{c}" for c in range(40)), n_states=20)
    assert found > 8
    assert len(entries) == 9
    assert entries[-1] == f"{found - 8} others, none"
