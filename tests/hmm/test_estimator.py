"""Estimators serve scikit-learn's tools without loading scikit-learn."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from markovlens.errors import ConfigError
from markovlens.hmm import CategoricalHMM, GaussianHMM


@pytest.mark.parametrize("estimator", [GaussianHMM, CategoricalHMM])
def test_arguments_are_read_set_and_shown(estimator):
    model = estimator(3, random_state=7)
    assert repr(model) == f"{estimator.__name__}(n_components=3, random_state=7)"
    assert list(model.get_params()) == sorted(model.get_params())
    assert estimator(**model.get_params()).get_params() == model.get_params()
    assert model.set_params(n_iter=4).n_iter == 4


def test_arrays_among_arguments_are_shown_where_they_differ():
    mask = np.ones((2, 2), dtype=bool)
    assert "transmat_mask=array" in repr(GaussianHMM(2, transmat_mask=mask))


def test_an_unknown_argument_is_refused_and_nothing_is_set():
    model = GaussianHMM(3)
    with pytest.raises(ConfigError, match="got 'n_component'; did you mean n_components?"):
        model.set_params(n_iter=4, n_component=5)
    assert model.get_params() == GaussianHMM(3).get_params()


def test_a_search_in_a_pipeline_scores_as_by_hand(rng):
    X = rng.normal(size=(90, 2))
    model = make_pipeline(StandardScaler(), GaussianHMM(random_state=0, n_iter=5))
    search = GridSearchCV(model, {"gaussianhmm__n_components": [1, 2]}, cv=3).fit(X)
    scaled = StandardScaler().fit(X[30:])
    for n_components, score in zip([1, 2], search.cv_results_["split0_test_score"], strict=True):
        by_hand = GaussianHMM(n_components, random_state=0, n_iter=5)
        assert by_hand.fit(scaled.transform(X[30:])).score(scaled.transform(X[:30])) == score
    check_is_fitted(search.best_estimator_[-1])
    with pytest.raises(NotFittedError):
        check_is_fitted(GaussianHMM())
