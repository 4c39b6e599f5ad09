import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from markovlens.faithfulness.claims.trust import (
    edits_that_keep_the_answer,
    final_truth,
    seed_agreement,
    trust_scores,
)
from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import automaton
from markovlens.tasks import make_task

SIZES = {"n_train": 20, "n_valid": 10, "n_test": 200, "length_train": 10, "length_test": 12}
SCORING = Scoring(bootstraps=50)


@pytest.fixture(scope="module")
def task():
    return make_task("contains_000", sizes=SIZES, seed=0)


def test_edits_change_the_string_and_not_its_answer(task):
    pairs = edits_that_keep_the_answer(task, 100, np.random.default_rng(0))
    assert len(pairs.before) == len(pairs.after) == 100
    before, after = (final_truth(task.machine, part) for part in (pairs.before, pairs.after))
    np.testing.assert_array_equal(before, after)
    changed = [not np.array_equal(*pair) for pair in zip(pairs.before, pairs.after, strict=True)]
    assert all(changed)


def test_who_is_right_on_long_strings_and_steady_scores_one(task):
    def right(inputs):
        return final_truth(task.machine, inputs)

    def by_length(inputs):
        return inputs.lengths % 2

    found = trust_scores(
        {"network": right, "odd": by_length},
        task,
        scoring=SCORING,
        n_strings=200,
        rng=np.random.default_rng(0),
    )
    assert {name: score.value for name, score in found["network"].items()} == {
        "accuracy_stretched": 1,
        "edit_accuracy": 1,
    }
    assert found["odd"]["accuracy_stretched"].value < 0.8
    assert found["odd"]["edit_accuracy"].value < 0.8


def test_seeds_are_compared_with_each_other_beyond_chance():
    bootstrap = Bootstrap.draw(4, n_resamples=50, rng=np.random.default_rng(0))
    one, other = np.array([0, 1, 0, 1]), np.array([0, 1, 0, 0])
    found = seed_agreement({0: one, 1: one, 2: other}, 2, bootstrap)
    assert found[0].value == pytest.approx((1 + cohen_kappa_score(one, other)) / 2)
    assert seed_agreement({0: one}, 2, bootstrap) == {}


def test_a_machine_that_ignores_its_input_gains_nothing(task):
    def never(inputs):
        return np.zeros(len(inputs), dtype=int)

    rng = np.random.default_rng(0)
    found = trust_scores({"no": never}, task, scoring=SCORING, n_strings=200, rng=rng)["no"]
    assert {score.value for score in found.values()} == {0.5}
    bootstrap = Bootstrap.draw(9, n_resamples=50, rng=rng)
    nothing = np.zeros(9, dtype=int)
    assert seed_agreement({0: nothing, 1: nothing}, 2, bootstrap)[0].value == 0


def test_where_one_answer_is_always_right_nothing_is_scored():
    task = make_task("equals_0110", sizes=SIZES, seed=0)  # a longer string is never 0110
    answers = {"truth": lambda inputs: final_truth(task.machine, inputs)}
    rng = np.random.default_rng(0)
    found = trust_scores(answers, task, scoring=SCORING, n_strings=50, rng=rng)
    assert "accuracy_stretched" not in found["truth"]


def test_the_final_answer_is_that_of_the_last_symbol():
    machine = automaton(
        np.array([[0, 1], [0, 1]]), np.array([False, True]), start=0, symbols=("0", "1")
    )
    task = make_task("parity", sizes=SIZES, seed=0)
    strings = task.splits["test"].inputs
    wanted = strings.values[np.cumsum(strings.lengths) - 1]
    np.testing.assert_array_equal(final_truth(machine, strings), wanted)
