"""The figures of the two studies: noise and few sequences, clusters needed."""

import numpy as np
import pandas as pd
import pytest

from markovlens.figures.comparison.clusters import clusters_finding, draw_clusters
from markovlens.figures.comparison.robustness import draw_robustness, robustness_finding
from markovlens.figures.style import ALARM


@pytest.fixture
def withstood():
    """Return a table in which clusters break at noise 1 and the input-driven HMM never does."""
    rows = []
    for task in ("parity", "tomita_7"):
        for noise in (0.0, 0.5, 1.0):
            for n_train in (20, 300):
                for method in ("hmm_input", "kmeans"):
                    value = 0.6 if method == "kmeans" and noise == 1 else 1.0
                    place = {"task": task, "model": "gru", "noise": noise, "n_train": n_train}
                    numbers = {"value": value, "median": value, "low": value - 0.1, "high": value}
                    counts = {"n_seeds": 3, "n_sequences": 100, "status": "ok"}
                    score = {"method": method, "score": "balanced_fidelity_string"}
                    rows.append(place | score | numbers | counts)
    return pd.DataFrame(rows)


@pytest.fixture
def needed():
    rows = [
        {"task": task, "model": model, "cell": model, "seed": seed, "method": "lisor_k",
         "target": "network", "gate": "passed",
         "accuracy_asked": 0.99, "needed": np.nan if model == "srn" else 4.0 + seed,
         "largest": 12, "best": 1.0}
        for task in ("parity", "contains_000") for model in ("srn", "gru") for seed in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_title_says_how_far_each_method_holds(withstood):
    title = robustness_finding(withstood)
    assert "input-driven HMM up to 1 sd" in title
    assert "k-means up to 0.5 sd" in title


def test_a_gap_ends_the_range(withstood):
    withstood.loc[(withstood["noise"] == 0.5) & (withstood["n_train"] == 300), "value"] = 0.5
    assert "input-driven HMM up to 0 sd" in robustness_finding(withstood)


def test_the_title_speaks_of_the_means_that_are_drawn(withstood):
    """A median of 1 over seeds of 1, 1 and .4 is a line at .8."""
    assert "up to 1 sd" in robustness_finding(withstood.assign(median=0.4))
    told = robustness_finding(withstood.assign(value=0.8, median=1.0))
    assert "input-driven HMM not even without noise" in told


def test_a_seed_without_a_machine_ends_the_range(withstood):
    missing = (withstood["noise"] == 0.5) & (withstood["method"] == "hmm_input")
    withstood.loc[missing, "status"] = "partial"
    assert "input-driven HMM up to 0 sd" in robustness_finding(withstood)


def test_a_panel_for_each_network_and_number_of_sequences(withstood):
    assert len(draw_robustness(withstood).axes) == 4


def test_divergences_have_an_axis_of_their_own(withstood):
    source = withstood["task"] == "parity"
    mixed = withstood.assign(score=withstood["score"].mask(source, "divergence"))
    first, _, third, _ = draw_robustness(mixed).axes
    assert "nats" in first.get_ylabel()
    assert "agreement" in third.get_ylabel()
    assert "k-means up to 0.5 sd" in robustness_finding(mixed)


def test_nothing_fitted_is_said(withstood):
    figure = draw_robustness(withstood.assign(value=np.nan, median=np.nan))
    assert any("every fit failed" in text.get_text() for text in figure.axes[0].texts)


def test_the_median_of_the_clusters_needed_is_in_the_title(needed):
    assert "SRN more than were tried and GRU 5" in clusters_finding(needed)
    newer = needed.assign(cell=needed["cell"].replace("srn", "signed_min_gru"))
    assert "GRU 5 and minGRU, signed more than were tried" in clusters_finding(newer)


def test_who_never_gets_there_stands_above_the_line(needed):
    (axes,) = draw_clusters(needed).axes
    heights = [y for dots in axes.collections for _, y in dots.get_offsets()]
    assert sorted(heights) == [4, 4, 5, 5, 6, 6, *[14] * 6]
    (limit,) = [line.get_ydata()[0] for line in axes.lines if line.get_color() == ALARM]
    assert 12 < limit < 14


def test_the_line_of_a_task_goes_through_the_medians_of_its_seeds(needed):
    (axes,) = draw_clusters(needed).axes
    lines = [list(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert [14, 5] in lines
