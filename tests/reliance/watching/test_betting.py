import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom, kstest

from markovlens.reliance.watching import streams
from markovlens.reliance.watching.betting import POWERS, Ranks, Wager, reserve
from markovlens.reliance.watching.calibration import Calibration
from markovlens.reliance.watching.scores import Surprise, Usual
from markovlens.reliance.watching.streams import Plan, trial


def test_the_mean_of_every_bet_is_its_stake():
    wager = Wager([0.3, 0.0, 2.0, 0.1], 7)
    before = wager.worth(settled=True)
    mean = sum(quad(wager.worth, *ends)[0] for ends in [(0, 1e-6), (1e-6, 1e-2), (1e-2, 1)])
    # Near 0 the smallest power's bet is an integral of p ** -0.9, which quad takes to 1e-5.
    assert mean == pytest.approx(before, rel=1e-4)


def test_one_bet_in_closed_form():
    wager = Wager()
    wager.settle(0.25)
    stake = (1 - reserve(1)) / len(POWERS)
    expected = [stake * power * 0.25 ** (power - 1) for power in POWERS]
    assert wager.capital == pytest.approx(expected)
    assert wager.worth(settled=True) == pytest.approx(sum(expected) + reserve(1))


def test_one_sequence_alone_hardly_raises_an_alarm():
    """At alpha 0.05, with four tests; the page on watching says so."""
    threshold = 4 / 0.05
    assert Wager().worth(5.8e-6) > threshold > Wager().worth(5.9e-6)


def test_what_is_not_yet_bet_falls_to_nothing_and_never_runs_out():
    left = [reserve(n) for n in (0, 1, 10, 10**6, 10**100)]
    assert left[0] == 1
    assert left == sorted(left, reverse=True)
    assert 0 < left[-1] < 0.01


@given(
    st.lists(st.integers(0, 9), min_size=0, max_size=30),
    st.integers(0, 4),
    st.floats(1e-9, 1),
)
def test_more_is_never_less_evidence(counts_of, place, tie):
    """So that a look in the middle of a sequence gives no more than one at its end."""
    ranks = Ranks([0.0, 1.0, 2.0, 3.0, 4.0])
    for each in counts_of:
        ranks.add(ranks.bin_of(each))
    first, second = (ranks.p_value(at, tie) for at in (place, place + 1))
    assert 0 < second <= first <= 1
    wager = Wager([0.5] * len(POWERS), 3)
    assert wager.worth(second) >= wager.worth(first)


@pytest.mark.parametrize("n_values", [2, 7, 1000])
def test_p_values_are_uniform_and_independent_however_many_tie(n_values):
    rng = np.random.default_rng(0)
    ranks, found = Ranks([1.0, 3.0, 30.0, 300.0]), []
    for score in rng.integers(n_values, size=4000):
        place = ranks.bin_of(score)
        found.append(ranks.p_value(place, 1 - rng.random()))
        ranks.add(place)
    assert kstest(found, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 3 / np.sqrt(len(found))


def first_two(n_ranked, *, counted, n_streams=20_000):
    """Return the first two p-values (n, 2) of streams, each with a calibration of its own."""
    rng, found = np.random.default_rng(0), []
    for _ in range(n_streams):
        ranks = Ranks([1.0, 2.0, 4.0], np.bincount(rng.integers(4, size=n_ranked), minlength=4))
        places, ties = rng.integers(4, size=2).tolist(), 1 - rng.random(2)
        found.append([ranks.p_value(places[0], ties[0])])
        if counted:
            ranks.add(places[0])
        found[-1].append(ranks.p_value(places[1], ties[1]))
    return np.array(found)


def test_ranks_among_all_before_are_independent_and_those_among_the_calibration_are_not():
    """Of scores without ties the latter have the correlation 1 / (n + 2); of ties somewhat less."""
    error = 4 / np.sqrt(20_000)
    for counted in (True, False):
        found = first_two(3, counted=counted)
        assert all(kstest(each, "uniform").pvalue > 0.001 for each in found.T)
        correlation = np.corrcoef(found.T)[0, 1]
        assert (abs(correlation) < error) == counted
        assert correlation < 1 / 5 + error


def of_one_test(edges):
    usual = Usual((0.0, 0.0), (1.0, 1.0), 1.0)
    ends = {"length": tuple(edges)}
    return Calibration(
        Surprise(((0.0,), (0.0,))), usual, None, None, {0: 1.0}, ends, {}, 0.0, 0, 40
    )


def lengths(values):
    return [{"length": float(each)} for each in values]


NULL = Plan(n_streams=1000, n_ranked=30, before=0, after=100, alpha=0.1)


def test_of_a_thousand_streams_without_a_change_no_more_than_alpha_ever_raise_an_alarm():
    pool = lengths(np.random.default_rng(1).geometric(0.05, 500))
    edges = np.unique(np.random.default_rng(2).geometric(0.05, 50))
    found = trial(of_one_test(edges), pool, pool, NULL, np.random.SeedSequence(3))
    assert 0 < found.ever.mean() <= NULL.alpha


def test_ranks_among_the_calibration_alone_would_raise_more(monkeypatch):
    """They are uniform in the mean over calibrations, and not along one stream."""
    monkeypatch.setattr(Ranks, "add", lambda *_: None)
    pool = lengths(np.random.default_rng(1).geometric(0.05, 500))
    edges = np.unique(np.random.default_rng(2).geometric(0.05, 50))
    plan = Plan(n_streams=300, n_ranked=10, before=0, after=250, alpha=0.1)
    found = trial(of_one_test(edges), pool, pool, plan, np.random.SeedSequence(3))
    assert binom.sf(found.ever.sum() - 1, plan.n_streams, plan.alpha) < 1e-6


def test_a_change_is_found_soon_also_after_long_quiet():
    rng = np.random.default_rng(4)
    usual, longer = lengths(rng.geometric(0.05, 300)), lengths(100 + rng.geometric(0.05, 300))
    edges = np.unique(rng.geometric(0.05, 200))
    for before in (0, 1000):
        plan = Plan(n_streams=20, n_ranked=200, before=before, after=30, alpha=0.05)
        found = trial(of_one_test(edges), usual, longer, plan, np.random.SeedSequence(5))
        assert (found.ever & ~found.early).mean() >= 0.9
        assert np.median(found.first[found.first > 0]) <= 10
        walked = streams.path(of_one_test(edges), usual, longer, plan, np.random.SeedSequence(6))[
            "length"
        ]
        assert walked.shape == (before + 30,)
        assert walked[-1] > 1 / plan.alpha
