"""Intervals of claims end where effects do, and nothing else about a claim depends on that."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.faithfulness.claims.claims import claims_table, decide, measured, t_interval
from markovlens.faithfulness.claims.ranges import FREE, RANGES, range_of, within
from markovlens.faithfulness.claims.recurrences import (
    LENGTH,
    PREDICTIONS,
    recurrence_claims,
)

BOUNDED = sorted(name for name, ends in RANGES.items() if np.isfinite(ends).all())


def claim(name, values):
    found = pd.DataFrame({"task": range(len(values)), "seed": 0, "difference": values})
    return measured(name, "words", "measure", found, np.random.default_rng(0))


@given(st.sampled_from(BOUNDED), st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_an_interval_holds_its_effect_and_nothing_impossible(name, shares):
    low, high = range_of(name)
    values = low + (high - low) * np.array(shares)
    found, free = claim(name, values), claim("of which nothing is known", values)
    assert low <= found.low <= found.effect + 1e-12
    assert found.effect - 1e-12 <= found.high <= high
    assert (found.low, found.high) == within((free.low, free.high), (low, high))
    assert (found.effect, found.p, found.n) == (free.effect, free.p, free.n)
    assert decide([found])[0].verdict == decide([free])[0].verdict


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=12))
def test_what_may_be_any_number_has_students_interval(values):
    found = claim("kick_units_initiate", values)
    assert (found.low, found.high) == t_interval(np.array(values))
    assert range_of("kick_units_initiate") == FREE


def test_without_an_interval_there_is_nothing_to_cut():
    found = claim("one_fixed_point", [1.0])
    assert np.isnan([found.low, found.high]).all()


def test_a_part_of_a_claim_may_have_a_range_of_its_own():
    assert range_of("automaton_more_trustable:edit_accuracy") == (-1, 1)
    assert range_of("automaton_more_trustable:seed_agreement") == (-2, 2)


@pytest.mark.parametrize("said", PREDICTIONS, ids=lambda said: said.name)
def test_never_and_always_right_are_the_ends_of_claims_on_recurrences(said):
    for accuracy in (0.0, 1.0):
        rows = pd.DataFrame(
            {"task": said.task, "cell": said.cells[0], "seed": [0], "length": LENGTH,
             "accuracy": accuracy}
        )  # fmt: skip
        (found,) = [one for one in recurrence_claims(rows, seed=0) if one.claim == said.name]
        assert found.effect == pytest.approx(range_of(said.name)[int(accuracy == said.holds)])


def test_what_it_would_take_is_told_by_the_end_that_is_not_cut():
    values = [1, 1, 1, 1, 1, 0.4, -0.2, 1]
    table = claims_table([claim(name, values) for name in ("one_fixed_point", "other")])
    assert table["high"].tolist() == pytest.approx([1, 1.145], abs=0.2)
    assert table.loc[0, "high"] == 1 < table.loc[1, "high"]
    assert table["n_clusters_needed"].nunique() == 1


def test_an_interval_of_all_that_is_possible_says_nothing_of_what_it_would_take():
    table = claims_table([claim("one_fixed_point", [1.0, 1.0, -1.0])])
    assert table[["low", "high"]].to_numpy().tolist() == [[-1, 1]]
    assert table.loc[0, ["n_clusters_needed", "effect_shown"]].isna().all()
    assert table.loc[0, "power"] == ""
