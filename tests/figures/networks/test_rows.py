"""Pictures of networks that read rows: what is read stands there as rules and as curves."""

import matplotlib
import numpy as np

from helpers.reader import CHANNELS, threshold, traces
from markovlens.abstractions.study import study
from markovlens.codebooks.cuts import cut_at
from markovlens.figures.networks.graph import draw_graph
from markovlens.figures.networks.timeline import draw_timeline


def fitted(codebook):
    recorded = traces()
    return study(
        "kmeans", recorded["train"], recorded["valid"], n_states=[3], seed=0, codebook=codebook
    ).fits[3]


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def timeline(codebook):
    found, test = fitted(codebook), traces()["test"]
    return draw_timeline(
        found.machine, test, found.decode(test), rng=np.random.default_rng(0), n_examples=2
    )


def test_a_timeline_shows_codes_and_channels():
    figure = timeline(cut_at(CHANNELS, {"pressure": [0.3], "noise": [0.0]}))
    texts = texts_of(figure)
    assert "a: pressure <= 0.3 mmHg and noise <= 0" in texts
    assert {"a", "b", "c", "d"} & set(texts)
    assert any(text.startswith("pressure [mmHg], ") for text in texts)
    curves = figure.findobj(matplotlib.patches.StepPatch)
    assert len(curves) % len(CHANNELS) == 0
    assert len(curves) >= 2 * len(CHANNELS)


def test_a_graph_has_the_key_of_its_rules():
    machine = fitted(threshold()).machine
    assert "a: pressure <= 0.3 mmHg" in texts_of(draw_graph(machine, traces()["test"]))
