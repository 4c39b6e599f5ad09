"""How many groups a claim would take: against the closed form, and by drawing such groups."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from markovlens.faithfulness.claims.claims import (
    LEVEL,
    UNDECIDED,
    Claim,
    claims_table,
    decide,
    sign_flip,
)
from markovlens.faithfulness.claims.power import effect_shown, groups_to_decide

OPEN = Claim("a", "S2", "words", "measure", 0.5, -0.2, 1.2, 10, 10, 0.12, UNDECIDED)


def upper(mean, spread, n):
    return mean + stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n)


def test_a_claim_alone_takes_what_the_closed_form_says():
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    found = groups_to_decide(0.5, upper(0.5, 1.0, 12), 12, n_claims=1, level=LEVEL)
    assert found == math.ceil(4 * z**2 + stats.norm.ppf(0.975) ** 2 / 2)


def power(n, effect, n_claims):
    """Return in how many of many draws of groups Student's test decides."""
    draws = np.random.default_rng(0).normal(effect, 1.0, size=(4_000, n))
    return np.mean(stats.ttest_1samp(draws, 0, axis=1).pvalue < LEVEL / n_claims)


@pytest.mark.parametrize(("effect", "n_claims"), [(0.5, 5), (0.8, 9), (1.0, 33)])
def test_that_many_groups_do_decide_in_four_of_five_tries(effect, n_claims):
    given = upper(effect, 1.0, 12), 12
    n = groups_to_decide(effect, *given, n_claims=n_claims, level=LEVEL)
    assert 0.77 < power(n, effect, n_claims) < 0.85  # of a normal approximation


def test_random_signs_decide_as_often():
    rng = np.random.default_rng(0)
    n = groups_to_decide(0.8, upper(0.8, 1.0, 12), 12, n_claims=9, level=LEVEL)
    p = [sign_flip(rng.normal(0.8, 1.0, n), rng) for _ in range(100)]
    assert 0.68 < np.mean(np.array(p) < LEVEL / 9) < 0.92  # three standard errors


@pytest.mark.parametrize("n", [12, 15, 40])
def test_the_effect_shown_is_decided_in_four_of_five_tries(n):
    shown = effect_shown(0.0, upper(0.0, 1.0, n), n, n_claims=9, level=LEVEL)
    assert 0.75 < power(n, shown, 9) < 0.88  # for 12 the approximation is on the safe side


@pytest.mark.parametrize("n", [15, 40])
def test_groups_and_the_effect_they_show_are_two_sides_of_one_thing(n):
    high = upper(0.3, 1.0, n)
    shown = effect_shown(0.3, high, n, n_claims=9, level=LEVEL)
    # As measured on another scale: the same spread around the effect that is shown.
    assert groups_to_decide(shown + 1e-9, high - 0.3 + shown, n, n_claims=9, level=LEVEL) == n


@pytest.mark.parametrize("n", [0, 1, 5, 8])
def test_too_few_groups_show_nothing(n):
    assert effect_shown(0.3, 0.9, n, n_claims=9, level=LEVEL) is None


def test_no_fewer_than_let_signs_be_significant():
    assert groups_to_decide(1.0, 1.0, 4, n_claims=1, level=LEVEL) == 6
    assert groups_to_decide(1.0, 1.0, 4, n_claims=40, level=LEVEL) == 11


@pytest.mark.parametrize(("effect", "n"), [(0.0, 9), (math.nan, 9), (0.5, 1)])
def test_where_nothing_says(effect, n):
    assert groups_to_decide(effect, 1.0, n, n_claims=3, level=LEVEL) is None


def test_only_open_claims_have_it():
    sure = replace(OPEN, claim="b", effect=3.0, low=2.5, high=3.5, p=1e-6)
    table = claims_table(decide([OPEN, sure])).set_index("claim")
    assert table.loc["a", "n_clusters_needed"] > OPEN.n_clusters
    assert table.loc["a", "effect_shown"] > OPEN.effect
    for column in ("n_clusters_needed", "effect_shown"):
        assert table[column].isna().to_dict() == {"a": False, "b": True}
    assert table.loc["b", "power"] == ""


def test_it_is_said_in_words():
    table = claims_table([OPEN]).set_index("claim").loc["a"]
    assert table["power"] == (
        f"10 groups would show an effect of {table['effect_shown']:.2g}; one of 0.5, as measured, "
        f"takes {table['n_clusters_needed']:.0f} groups, 3.2 times the networks"
    )


def test_without_an_effect_only_what_would_be_shown_is_said():
    flat = replace(OPEN, effect=0.0, low=-0.7, high=0.7)
    said = claims_table([flat])["power"][0]
    assert said.startswith("10 groups would show an effect of ")
    assert "takes" not in said


def test_claims_of_which_the_runs_hold_nothing_do_not_make_it_harder():
    empty = replace(OPEN, claim="c", effect=math.nan, low=math.nan, high=math.nan, n_clusters=0)
    alone, beside = claims_table([OPEN]), claims_table([OPEN, empty, empty])
    assert alone["n_clusters_needed"][0] == beside["n_clusters_needed"][0]
    assert list(beside["power"][1:]) == ["", ""]
