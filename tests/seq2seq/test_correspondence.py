import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, v_measure_score

from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.seq2seq.correspondence import (
    Reference,
    correspond,
    other_windows,
    shifted,
    window_tables,
)

N_WINDOWS, N_STEPS = 40, 12
CLASSES = np.repeat(np.arange(4), 10)[:, None] * np.ones(N_STEPS, dtype=int)
POSITIONS = np.tile(np.arange(N_STEPS) // 3, (N_WINDOWS, 1))


def scores(found, known, control):
    bootstrap = Bootstrap.draw(N_WINDOWS, n_resamples=100, rng=np.random.default_rng(0))
    rows = correspond(
        found, Reference("any", known, control), bootstrap, rng=np.random.default_rng(1)
    )
    return {row["score"]: row for row in rows}


def test_scores_are_scikit_learns():
    found = np.random.default_rng(0).integers(3, size=CLASSES.shape)
    found[:15] = 0
    ours = scores(found, CLASSES, other_windows)
    flat = (CLASSES.ravel(), found.ravel())
    assert ours["ari"]["value"] == pytest.approx(adjusted_rand_score(*flat))
    assert ours["ami"]["value"] == pytest.approx(adjusted_mutual_info_score(*flat))
    assert ours["v_measure"]["value"] == pytest.approx(v_measure_score(*flat))


def test_the_same_partition_under_other_names_scores_one():
    found = np.array([2, 0, 3, 1])[CLASSES]
    for row in scores(found, CLASSES, other_windows).values():
        assert row["value"] == pytest.approx(1)
        # Forty windows that all match do not prove that all others would.
        assert 0.8 < row["low"] < 0.95
        assert row["control_high"] < 0.6


def test_control_shows_how_high_whole_windows_score_by_chance():
    """Labels that are random by window, alike within: single-step chance is far too low."""
    rng = np.random.default_rng(3)
    values, controls = [], []
    for _ in range(30):
        found = rng.integers(4, size=(N_WINDOWS, 1)) * np.ones(N_STEPS, dtype=int)
        row = scores(found, CLASSES, other_windows)["v_measure"]
        values.append(row["value"])
        controls.append(row["control"])
    assert np.mean(values) == pytest.approx(np.mean(controls), abs=0.02)
    assert np.mean(controls) > 0.05  # of independent steps it would be below .02


def test_turned_windows_keep_their_steps_in_order():
    turned = shifted(np.tile(np.arange(N_STEPS), (N_WINDOWS, 1)), np.random.default_rng(0))
    assert set(np.diff(turned, axis=1).ravel()) == {1, 1 - N_STEPS}
    assert len(np.unique(turned[:, 0])) > 6


def test_position_is_told_from_turned_positions():
    row = scores(POSITIONS, POSITIONS, shifted)["ami"]
    assert row["value"] == pytest.approx(1)
    assert row["control_high"] < 0.3


def test_tables_count_every_step_of_every_window():
    tables = window_tables(CLASSES, POSITIONS)
    assert tables.shape == (N_WINDOWS, 4, 4)
    np.testing.assert_array_equal(tables.sum(axis=(1, 2)), N_STEPS)


def test_one_cluster_says_nothing():
    ours = scores(np.zeros_like(CLASSES), CLASSES, other_windows)
    assert ours["ari"]["value"] == pytest.approx(0)
    assert ours["ami"]["value"] == pytest.approx(0)
    assert ours["v_measure"]["value"] == pytest.approx(0)


def test_interval_holds_its_value_although_resamples_repeat_windows():
    """Of many small groups without meaning, every plain resample scores higher than the whole."""
    found = np.random.default_rng(5).integers(12, size=(N_WINDOWS, 1)) * np.ones(N_STEPS, dtype=int)
    for row in scores(found, CLASSES, other_windows).values():
        assert row["low"] < row["value"] < row["high"]


def test_one_window_a_class_has_no_control():
    known = np.repeat([[0], [1]], 6, axis=1)
    bootstrap = Bootstrap.draw(2, n_resamples=10, rng=np.random.default_rng(0))
    rng = np.random.default_rng(0)
    for control, missing in ((other_windows, True), (shifted, False)):
        rows = correspond(known, Reference("class", known, control), bootstrap, rng=rng)
        assert all(row["value"] == 1 for row in rows)
        assert all(np.isnan(row["control"]) == missing for row in rows)
    again = np.repeat([[0], [1], [1]], 6, axis=1)
    bootstrap = Bootstrap.draw(3, n_resamples=10, rng=rng)
    rows = correspond(again, Reference("class", again, other_windows), bootstrap, rng=rng)
    assert all(row["control"] < 1 for row in rows)
