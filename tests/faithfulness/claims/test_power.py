"""How many groups a claim would take: against the closed form, and by drawing such groups."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from markovlens.faithfulness.claims.claims import LEVEL, UNDECIDED, Claim, claims_table, decide
from markovlens.faithfulness.claims.power import groups_to_decide

OPEN = Claim("a", "S2", "words", "measure", 0.5, -0.2, 1.2, 10, 10, 0.12, UNDECIDED)


def upper(mean, spread, n):
    return mean + stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n)


def test_a_claim_alone_takes_what_the_closed_form_says():
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    found = groups_to_decide(0.5, upper(0.5, 1.0, 12), 12, n_claims=1, level=LEVEL)
    assert found == math.ceil(4 * z**2)


def test_that_many_groups_do_decide_in_four_of_five_tries():
    n = groups_to_decide(0.5, upper(0.5, 1.0, 12), 12, n_claims=5, level=LEVEL)
    draws = np.random.default_rng(0).normal(0.5, 1.0, size=(2_000, n))
    decided = stats.ttest_1samp(draws, 0, axis=1).pvalue < LEVEL / 5
    assert 0.74 < decided.mean() < 0.86  # four standard errors, and the normal approximation


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
    assert table["n_clusters_needed"].isna().to_dict() == {"a": False, "b": True}
