import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from markovlens.faithfulness.scores.bayes import belief_r2, filter_trace
from markovlens.faithfulness.scores.recovery import recovery, transition_distance
from markovlens.faithfulness.scores.tally import Bootstrap


@pytest.fixture
def test_trace(traces_of):
    return traces_of("mess3")["test"]


@pytest.fixture
def bootstrap(test_trace):
    return Bootstrap.draw(len(test_trace), n_resamples=100, rng=np.random.default_rng(0))


def test_scores_are_those_of_scikit_learn(test_trace, bootstrap):
    rng = np.random.default_rng(0)
    mixed = np.where(
        rng.random(test_trace.n_steps) < 0.3,
        rng.integers(4, size=test_trace.n_steps),
        test_trace.truth,
    )
    scores = recovery(mixed, test_trace, bootstrap)
    assert scores["ari"].value == pytest.approx(adjusted_rand_score(test_trace.truth, mixed))
    nmi = normalized_mutual_info_score(test_trace.truth, mixed)
    assert scores["nmi"].value == pytest.approx(nmi)
    assert scores["ari"].low < scores["ari"].value < scores["ari"].high


def test_relabelled_truth_is_perfect(test_trace, bootstrap):
    renamed = np.array([2, 0, 1])[test_trace.truth]
    scores = recovery(renamed, test_trace, bootstrap)
    assert {name: score.value for name, score in scores.items()} == pytest.approx(
        {"ari": 1, "nmi": 1, "state_accuracy": 1}
    )


def test_one_state_for_all_recovers_nothing(test_trace, bootstrap):
    scores = recovery(np.zeros(test_trace.n_steps, dtype=int), test_trace, bootstrap)
    assert scores["ari"].value == 0
    assert scores["nmi"].value == pytest.approx(0)
    largest = np.bincount(test_trace.truth).max() / test_trace.n_steps
    assert scores["state_accuracy"].value == pytest.approx(largest)


def test_transition_distance_is_small_for_the_truth_and_blind_to_names(
    test_trace, bootstrap, task_of
):
    true = task_of("mess3").source.transition[None]
    score = transition_distance(test_trace.truth, test_trace, true, bootstrap)
    renamed = np.array([2, 0, 1])[test_trace.truth]
    again = transition_distance(renamed, test_trace, true, bootstrap)
    assert score.value < 0.05
    assert again.value == pytest.approx(score.value)
    wrong = np.roll(true, 1, axis=2)
    assert transition_distance(test_trace.truth, test_trace, wrong, bootstrap).value > 0.5


def test_transition_distance_asks_for_the_right_number_of_states(test_trace, bootstrap, task_of):
    true = task_of("mess3").source.transition[None]
    one = np.zeros(test_trace.n_steps, dtype=int)
    assert transition_distance(one, test_trace, true, bootstrap) is None


def test_automaton_transitions_are_compared_by_symbol(traces_of, task_of):
    test = traces_of("parity")["test"]
    bootstrap = Bootstrap.draw(len(test), n_resamples=20, rng=np.random.default_rng(0))
    score = transition_distance(test.truth, test, task_of("parity").machine.transition, bootstrap)
    assert score.value == 0


def test_belief_is_read_off_states_that_hold_it(traces_of, task_of):
    source, traces = task_of("mess3").source, traces_of("mess3")
    held = {}
    for split in ("train", "test"):
        beliefs, _ = filter_trace(source, traces[split])
        mixing = np.random.default_rng(0).normal(size=(3, 5))
        states = (beliefs @ mixing).astype(np.float32)
        held[split] = type(traces[split])(
            **{
                name: getattr(traces[split], name)
                for name in (
                    "inputs",
                    "outputs",
                    "targets",
                    "truth",
                    "lengths",
                    "symbols",
                    "classes",
                )
            },
            states=states,
        )
    n_sequences = len(held["test"])
    bootstrap = Bootstrap.draw(n_sequences, n_resamples=50, rng=np.random.default_rng(0))
    assert belief_r2(source, held["train"], held["test"], bootstrap).value > 0.999
    assert belief_r2(source, traces["train"], traces["test"], bootstrap).value < 0.9


def test_true_states_that_nobody_visits_do_not_count(traces_of, task_of):
    """The start state of equals_0110 is left for good: five of its six states can be found."""
    test = traces_of("equals_0110")["test"]
    bootstrap = Bootstrap.draw(len(test), n_resamples=20, rng=np.random.default_rng(0))
    true = task_of("equals_0110").machine.transition
    assert len(np.unique(test.truth)) < true.shape[1]
    assert transition_distance(test.truth, test, true, bootstrap).value == 0
