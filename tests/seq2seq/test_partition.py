import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from markovlens.seq2seq.partition import changes, k_means, single_linkage, smoothed


def test_single_linkage_is_scikit_learns_with_cosine_distance():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(80, 5)) + np.repeat(6 * np.eye(5)[:4], 20, axis=0)
    ours = single_linkage(points, 4, seed=0)
    theirs = AgglomerativeClustering(4, metric="cosine", linkage="single").fit(points).labels_
    assert adjusted_rand_score(ours, theirs) == 1.0
    assert len(np.unique(ours)) == 4


@pytest.mark.parametrize("partition", [k_means, single_linkage])
def test_planted_clusters_are_found(partition):
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(3), 30)
    points = 10 * np.eye(4)[labels] + rng.normal(size=(90, 4)) * 0.3
    assert adjusted_rand_score(partition(points, 3, seed=0), labels) == 1.0


def test_points_that_coincide_are_no_error():
    assert set(k_means(np.ones((10, 2)), 3, seed=0)) == {0}


def test_smoothing_removes_flicker_and_keeps_borders():
    labels = np.repeat([0, 1, 0], 20)
    noisy = labels.copy()
    noisy[[5, 28, 45]] = 1 - noisy[[5, 28, 45]]
    np.testing.assert_array_equal(smoothed(noisy, 7), labels)
    np.testing.assert_array_equal(smoothed(noisy, 1), noisy)


def test_changes_are_the_first_steps_of_new_labels():
    assert changes(np.array([2, 2, 0, 0, 1])).tolist() == [2, 4]
    assert changes(np.zeros(4, dtype=int)).tolist() == []
