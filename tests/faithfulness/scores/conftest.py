"""Scores of two methods on planted traces, and of seeds of which one failed."""

import numpy as np
import pandas as pd
import pytest

from helpers.scored import seeds_of
from markovlens.abstractions.base import Options
from markovlens.abstractions.study import Kept, load_study, save_study, study
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate


@pytest.fixture(scope="session")
def kept(traces_of, tmp_path_factory):
    traces = traces_of("contains_000")
    kept = {}
    for method in ("kmeans", "majority"):
        folder = tmp_path_factory.mktemp(method)
        result = study(
            method,
            traces["train"],
            traces["valid"],
            n_states=[2, 4],
            seed=np.random.SeedSequence(0),
            options=Options(restarts=2),
        )
        save_study(folder, result, traces)
        kept[method] = load_study(folder)
    return kept


@pytest.fixture(scope="session")
def scored(task_of, traces_of, kept):
    def score(test):
        train = traces_of("contains_000")["train"]
        scoring = Scoring(bootstraps=50)
        return evaluate(task_of("contains_000"), train, test, kept, scoring=scoring, seed=0)

    return score


@pytest.fixture(scope="session")
def scores(scored, traces_of):
    return scored(traces_of("contains_000")["test"])


@pytest.fixture
def with_a_failure(scores, task_of, traces_of):
    """Return the scores of three seeds, in one of which no k-means could be fitted."""
    traces = traces_of("contains_000")
    failed = Kept({}, {2: "too few steps", 4: "too few steps"}, None, {})
    broken = evaluate(
        task_of("contains_000"),
        traces["train"],
        traces["test"],
        {"kmeans": failed},
        scoring=Scoring(bootstraps=50),
        seed=0,
    )
    rows = seeds_of(scores)
    kept = rows[(rows["seed"] != 1) | (rows["method"] != "kmeans")]
    place = {"task": "contains_000", "model": "gru", "layer": "rnn.l0", "gate": "passed", "seed": 1}
    return pd.concat([kept, broken[broken["method"] == "kmeans"].assign(**place)])
