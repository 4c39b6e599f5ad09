"""The area under the ROC curve of one sequence, and orders of its steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from markovlens.attention.ranking import area_of, orders
from markovlens.sequences import Sequences

CASES = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=12)


@given(CASES)
def test_the_area_is_that_of_scikit_learn(case):
    scores, truth = (np.array(column) for column in zip(*case, strict=True))
    if truth.all() or not truth.any():
        assert np.isnan(area_of(scores, truth))
    else:
        assert area_of(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


def test_orders_begin_with_the_highest_and_break_ties_by_chance():
    inputs = Sequences(np.zeros(8, dtype=np.int32), np.array([3, 5]))
    scores = np.array([0, 2, 1, 5, 7, 7, 7, 7])
    drawn = [orders(inputs, scores, np.random.default_rng(seed)) for seed in range(30)]
    assert all(first.tolist() == [1, 2, 0] for first, _ in drawn)
    assert {int(second[-1]) for _, second in drawn} == {0}
    assert {int(second[0]) for _, second in drawn} == {1, 2, 3, 4}
