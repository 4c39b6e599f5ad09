from itertools import combinations

import numpy as np
import pytest

from markovlens.seq2seq.separability import (
    MEASURES,
    centroid_distance,
    fisher_ratio,
    pointwise_distance,
    separability,
    spread_windows,
)


@pytest.fixture
def decoder() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(3, 7, 4))


def test_one_window_a_class_gives_the_authors_formulas(decoder):
    labels = np.arange(3)
    pairs = list(combinations(range(3), 2))
    pointwise = [
        np.mean([np.linalg.norm(decoder[i][k] - decoder[j][k]) for k in range(7)]) for i, j in pairs
    ]
    centroid = [np.linalg.norm(decoder[i].mean(0) - decoder[j].mean(0)) for i, j in pairs]
    assert pointwise_distance(decoder, labels) == pytest.approx(np.mean(pointwise), abs=1e-12)
    assert centroid_distance(decoder, labels) == pytest.approx(np.mean(centroid), abs=1e-12)


def test_windows_of_one_class_are_no_pair(decoder):
    twice = np.concatenate([decoder[:2], decoder[:2]])
    once = pointwise_distance(decoder[:2], np.array([0, 1]))
    assert pointwise_distance(twice, np.array([0, 1, 0, 1])) == pytest.approx(once)
    assert np.isnan(pointwise_distance(decoder, np.zeros(3, dtype=int)))


def test_fisher_ratio_of_shifted_copies_has_a_closed_form(decoder):
    shift = np.full(4, 1.5)
    both = np.concatenate([decoder, decoder + 2 * shift])
    points = decoder.reshape(-1, 4)
    within = np.square(points - points.mean(0)).sum(axis=1).mean()
    expected = np.square(shift).sum() / within
    assert fisher_ratio(both, np.repeat([0, 1], 3)) == pytest.approx(expected)


def test_scale_changes_distances_but_neither_silhouette_nor_fisher(decoder):
    labels = np.array([0, 1, 1])
    one, ten = separability(decoder, labels), separability(10 * decoder, labels)
    for name in ("pointwise", "centroid"):
        assert ten[name] == pytest.approx(10 * one[name])
    for name in ("silhouette", "fisher"):
        assert ten[name] == pytest.approx(one[name])


def test_all_measures_rise_as_classes_part(decoder):
    labels = np.array([0, 1, 2])
    apart = decoder + 5 * np.eye(4)[:3][:, None]
    near, far = separability(decoder, labels), separability(apart, labels)
    assert all(far[name] > near[name] for name in MEASURES)


def test_chosen_windows_cover_all_classes_alike():
    labels = np.repeat([0, 1, 2], [500, 40, 5])
    chosen = spread_windows(labels, 60)
    assert np.bincount(labels[chosen]).tolist() == [20, 20, 5]
    assert len(np.unique(chosen)) == len(chosen)
