import numpy as np
import pytest

from markovlens.seq2seq.segmentation import (
    compare_cuts,
    random_cuts,
    segment,
    segmentation_rows,
    stream_of,
)

LABELS = np.repeat(np.arange(5), 8)
TRUE = np.array([30, 60, 90])


def rows_of(found, **changes):
    options = {"tolerance": 3, "rate": 10.0, "rng": np.random.default_rng(0)} | changes
    return {row["score"]: row for row in segmentation_rows(found, LABELS, **options)}


def test_stream_never_repeats_a_class_in_a_row():
    order = stream_of(LABELS, n_segments=30, windows_each=3, rng=np.random.default_rng(0))
    classes = LABELS[order].reshape(30, 3)
    assert (classes == classes[:, :1]).all()
    assert (np.diff(classes[:, 0]) != 0).all()
    assert len({tuple(segment) for segment in order.reshape(30, 3)}) > 25


def test_cuts_that_are_right_are_perfect():
    cuts = compare_cuts(TRUE + [1, -2, 0], TRUE, tolerance=3)
    assert (cuts.f1, cuts.error) == (1.0, 1.0)


def test_one_cut_cannot_serve_two_boundaries():
    cuts = compare_cuts(np.array([31]), np.array([30, 32]), tolerance=3)
    assert cuts.f1 == pytest.approx(2 / 3)


def test_extra_cuts_cost_precision_and_missed_ones_recall():
    assert compare_cuts(np.array([30, 45, 60, 90]), TRUE, tolerance=3).f1 == pytest.approx(6 / 7)
    missed = compare_cuts(np.array([30, 60]), TRUE, tolerance=3)
    assert missed.f1 == pytest.approx(4 / 5)
    assert missed.error == pytest.approx(10)


def test_no_cut_has_no_error_to_speak_of():
    cuts = compare_cuts(np.array([], dtype=int), TRUE, tolerance=3)
    assert cuts.f1 == 0
    assert np.isnan(cuts.error)


def test_random_cuts_at_edges_are_at_edges():
    drawn = random_cuts(8, 100, every=10, rng=np.random.default_rng(0))
    assert (drawn % 10 == 0).all()
    assert len(np.unique(drawn)) == 8
    assert len(random_cuts(50, 100, every=10, rng=np.random.default_rng(0))) == 9


def test_boundaries_found_are_where_the_cluster_changes():
    found = np.tile(LABELS[:, None], (1, 10))
    order = np.array([0, 1, 8, 9, 39])
    ours, true = segment(found, LABELS, order, tolerance=2, width=5)
    assert ours.tolist() == true.tolist() == [20, 40]


def test_clusters_that_are_classes_segment_perfectly_and_beat_both_controls():
    rows = rows_of(np.tile(LABELS[:, None], (1, 10)))
    f1, error = rows["boundary_f1"], rows["boundary_error_steps"]
    assert (f1["value"], error["value"]) == (1.0, 0.0)
    assert f1["random"] < f1["control"] < f1["control_high"] < 0.6
    assert error["control_high"] > 1
    assert rows["boundary_error_s"]["control"] == pytest.approx(error["control"] / 10)


def test_clusters_that_say_nothing_of_the_class_are_no_better_than_edges():
    """Every window is another cluster, as if only the joints were seen."""
    found = np.tile(np.arange(40)[:, None], (1, 10))
    f1 = rows_of(found)["boundary_f1"]
    assert abs(f1["value"] - f1["control"]) < 0.05


def test_time_without_unit_has_no_seconds():
    assert "boundary_error_s" not in rows_of(np.zeros((40, 10), dtype=int), rate=np.nan)


def test_one_cluster_finds_nothing_and_says_so():
    rows = rows_of(np.zeros((40, 10), dtype=int))
    assert rows["boundary_f1"]["value"] == 0
    assert np.isnan(rows["boundary_error_steps"]["value"])
