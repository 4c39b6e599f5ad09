"""Grid, mixture and decision clusters."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.gmm import precisions
from markovlens.abstractions.grid import finest
from markovlens.faithfulness.scores.fidelity import fidelity

OPTIONS = Options(restarts=2)


def fit(method, evidence, n_states, options=OPTIONS):
    rng = np.random.default_rng(0)
    return METHODS[method](evidence, n_states=[n_states], rng=rng, options=options)[n_states]


@pytest.mark.parametrize("budget", [1, 2, 3, 5, 9])
def test_the_grid_fills_no_more_cells_than_allowed(budget):
    points = np.random.default_rng(0).normal(size=(500, 4))
    grid = finest(points, budget, most_axes=3)
    assert 1 <= len(grid.cells) <= budget
    assert np.unique(grid.states(points)).tolist() == list(range(len(grid.cells)))


def test_an_outlier_does_not_stretch_the_grid():
    points = np.random.default_rng(0).uniform(size=(500, 1))
    without = finest(points, 4, most_axes=1)
    points[0] = 1e6
    grid = finest(points, 4, most_axes=1)
    np.testing.assert_allclose(grid.width, without.width, rtol=0.1)
    counts = np.bincount(grid.states(points))
    assert counts.min() > 50


def test_an_empty_cell_goes_to_the_nearest_that_is_not():
    corners = np.array([[0.0, 0], [0, 1], [1, 1]]).repeat(100, axis=0)
    grid = finest(corners, 3, most_axes=2)
    assert len(grid.cells) == 3
    missing = grid.states(np.array([[0.95, 0.0]]))
    assert missing in (grid.states(np.array([[0.0, 0]])), grid.states(np.array([[1.0, 1]])))


def test_an_axis_without_extent_is_not_cut():
    points = np.zeros((50, 3))
    assert len(finest(points, 5, most_axes=3).cells) == 1


def test_the_grid_is_exact_where_cells_hold_the_states(traces_of):
    traces = traces_of("parity")
    assert fidelity(fit("grid", Evidence(traces["train"]), 8).machine, traces["test"]).value == 1


@pytest.mark.parametrize("kind", ["spherical", "diag", "tied", "full"])
def test_a_mixture_of_any_covariance_recovers_the_states(kind, traces_of):
    traces = traces_of("contains_000")
    options = replace(OPTIONS, covariance=(kind,))
    fitted = fit("gmm", Evidence(traces["train"]), 4, options)
    assert fidelity(fitted.machine, traces["test"]).value == 1
    assert fitted.rows[0]["status"] == "ok"
    assert fitted.criterion == fitted.rows[0]["bic"]


def test_a_mixture_has_the_criteria_of_the_sweep(traces_of):
    traces = traces_of("contains_000", noise=0.3)
    evidence = Evidence(traces["train"], traces["valid"])
    rng = np.random.default_rng(0)
    fitted = METHODS["gmm"](evidence, n_states=range(1, 7), rng=rng, options=OPTIONS)
    n_features = traces["train"].states.shape[1]
    for size, fit in fitted.items():
        row, each = fit.rows[0], n_features + n_features * (n_features + 1) / 2
        assert row["n_parameters"] == size * each + size - 1
        assert row["bic"] <= row["icl"]  # what is not sure to be one component costs
        assert row["eml"] == -row["bic"] / 2
        assert np.isnan(row["eml_error"])
        assert row["bic_ess"] == pytest.approx(row["bic"])  # noise makes all steps differ
    rows = [fit.rows[0] for fit in fitted.values()]
    best = max(rows, key=lambda row: row["heldout"])["n_states"]
    assert best >= 4
    assert min(rows, key=lambda row: row["slope"])["n_states"] == 4
    points = traces["valid"].states.astype(float)
    assert fitted[1].rows[0]["heldout"] == pytest.approx(_log_density(traces["train"], points))


def _log_density(train, points):
    """Mean log-density (nats a step) of points under one Gaussian fitted to the training states."""
    fitted = train.states.astype(float)
    covariance = np.cov(fitted.T, bias=True) + 1e-6 * np.eye(fitted.shape[1])
    return multivariate_normal(fitted.mean(axis=0), covariance).logpdf(points).mean()


def test_precisions_are_inverse_covariances(traces_of):
    evidence = Evidence(traces_of("parity")["train"])
    clusters = shared_clusters(evidence, 2, OPTIONS)
    points = evidence.train.states.astype(float)
    full = precisions(points, clusters, "full")
    members = points[clusters.labels == 1]
    np.testing.assert_allclose(np.linalg.inv(full[1]), np.cov(members.T, bias=True), atol=1e-5)
    diagonal = precisions(points, clusters, "diag")
    np.testing.assert_allclose(1 / diagonal[1], members.var(axis=0), atol=1e-5)
    spherical = precisions(points, clusters, "spherical")
    np.testing.assert_allclose(1 / spherical[1], members.var(axis=0).mean(), atol=1e-5)


def test_decisions_see_answers_and_no_activation(traces_of):
    traces = traces_of("parity")
    fitted = fit("decisions", Evidence(traces["train"]), 2)
    assert fidelity(fitted.machine, traces["test"]).value == 1
    blind = replace(traces["test"], states=np.zeros_like(traces["test"].states))
    np.testing.assert_array_equal(fitted.decode(blind), fitted.decode(traces["test"]))


def test_decisions_need_an_answer_at_each_step(traces_of):
    trace = traces_of("parity")["train"]
    outputs = trace.outputs.copy()
    outputs[: trace.n_steps // 2] = np.nan
    found = fit("decisions", Evidence(replace(trace, outputs=outputs)), 2)
    assert "answers at 50% of the steps" in found
