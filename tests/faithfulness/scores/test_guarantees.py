"""Bounds from tests: exact, never better than they are, and held together over many machines."""

import numpy as np
import pytest
from scipy import stats

from markovlens.errors import DataError
from markovlens.faithfulness.scores.guarantees import (
    Guarantee,
    least_failures,
    most_failures,
    risk_of,
)
from markovlens.faithfulness.scores.guarantees import tests_needed as needed


@pytest.mark.parametrize("n_tests", [1, 7, 120, 2000])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_without_a_failure_it_is_the_closed_form(n_tests, confidence):
    assert most_failures(0, n_tests, confidence) == (
        pytest.approx(1 - (1 - confidence) ** (1 / n_tests), rel=1e-9)
    )


@pytest.mark.parametrize(("failed", "tests"), [(1, 10), (9, 10), (3, 400), (10, 10), (0, 5)])
def test_it_is_the_interval_of_scipy(failed, tests):
    found = stats.binomtest(failed, tests).proportion_ci(0.9, method="exact")
    assert most_failures(failed, tests, 0.95) == pytest.approx(found.high, abs=1e-9)
    assert least_failures(failed, tests, 0.95) == pytest.approx(found.low, abs=1e-9)


@pytest.mark.parametrize("share", [0.004, 0.03, 0.3])
def test_it_covers_at_least_as_often_as_it_says(share):
    n_tests, confidence = 100, 0.9
    chances = stats.binom.pmf(np.arange(n_tests + 1), n_tests, share)
    bounds = [most_failures(failed, n_tests, confidence) for failed in range(n_tests + 1)]
    assert chances[np.array(bounds) >= share].sum() >= confidence


def test_without_tests_nothing_is_known():
    assert most_failures(0, 0, 0.95) == 1
    assert least_failures(0, 0, 0.95) == 0


@pytest.mark.parametrize(("failed", "tests", "confidence"), [(2, 1, 0.9), (-1, 3, 0.9), (0, 3, 1)])
def test_what_are_no_counts_is_refused(failed, tests, confidence):
    with pytest.raises(DataError, match="expected"):
        most_failures(failed, tests, confidence)


def test_all_turns_together_take_the_risk_once():
    epsilon, delta = 0.02, 0.05
    risks = [risk_of(turn, delta) for turn in range(50)]
    assert sum(risks) <= delta
    for turn, risk in enumerate(risks[:20]):
        passed = most_failures(0, needed(turn, epsilon=epsilon, delta=delta), 1 - risk)
        assert passed <= epsilon
    assert needed(0, epsilon=0.1, delta=0.05) == 37  # (ln 20 + ln 2) / 0.1


def test_it_is_said_in_words_and_rounded_against_itself():
    good = Guarantee(200, 0, 0.95, "sequences like these")
    assert str(good) == (
        "at least 98.51 % of sequences like these (all 200 tests, confidence 95 %; tested, not "
        "proved)"
    )
    assert good.epsilon == pytest.approx(0.01487, abs=1e-5)
    some = Guarantee(200, 3, 0.95, "words")
    assert "197 of 200 tests" in str(some)
    assert str(Guarantee(3, 3, 0.95, "words")).startswith("at least 0 % of words")
