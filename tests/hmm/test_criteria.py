"""Criteria: closed forms, what they must not depend on, and which fit each of them takes."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.stats import theilslopes

from helpers.hmm import planted
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import sweep
from markovlens.hmm.criteria import (
    CRITERIA,
    choose,
    compared,
    effective_steps,
    information,
    levelled,
    mean_by_step,
    median_slope,
    slope_of,
    standard_error,
)
from markovlens.hmm.packing import pack
from markovlens.status import LEAST_SLOPE_SIZES

SIZES = np.arange(1, 13)
DIMENSIONS = 10.0 * SIZES


def table_of(log_likelihoods, *, sizes=SIZES, n_observed=1000, status="ok", **columns):
    """One fit a row, with the criteria that each has alone."""
    rows = [
        {
            "covariance": "full",
            "n_states": size,
            "n_parameters": 10 * size,
            "log_likelihood": value,
            **information(value, 10 * size, n_observed),
        }
        for size, value in zip(sizes, log_likelihoods, strict=True)
    ]
    return pd.DataFrame(rows).assign(status=status, reason="", **columns)


def rising(*, true, bias=300.0, kappa=0.7):
    """Log-likelihoods that lose `bias` a state too few and gain `kappa` a parameter throughout."""
    return -5000 - bias * np.maximum(true - SIZES, 0) + kappa * DIMENSIONS


def prefix_tree(n_sequences, n_steps, rng):
    """Activations of a machine that forgets nothing: a point for each string read so far."""
    strings = rng.integers(2, size=(n_sequences, n_steps))
    read = [tuple(string[:t]) for string in strings for t in range(1, n_steps + 1)]
    points = {past: rng.normal(size=3) for past in sorted(set(read))}
    return np.array([points[past] for past in read]), np.full(n_sequences, n_steps), len(points)


@settings(max_examples=30)
@given(
    true=st.integers(2, 8),
    kappa=st.floats(0.5, 20),
    bias=st.floats(500, 5000),
    shift=st.floats(-1e5, 1e5),
)
def test_the_slope_is_that_of_the_models_which_are_too_large(true, kappa, bias, shift):
    values = rising(true=true, bias=bias, kappa=kappa) + shift
    assert slope_of(DIMENSIONS, values) == pytest.approx(kappa, rel=1e-4)
    table = compared(table_of(values), n_observed=1000, n_effective=1000)
    assert table["n_states"][choose(table, "slope", n_steps=1000)] == true
    assert table["slope"].to_numpy() == pytest.approx(
        -2 * values + 4 * kappa * DIMENSIONS, rel=1e-4
    )


def test_one_bad_optimum_among_the_large_models_does_not_bend_the_slope():
    values = rising(true=4)
    values[9] -= 150
    assert slope_of(DIMENSIONS, values) == pytest.approx(0.7, rel=0.05)


def test_with_a_slope_of_one_half_the_heuristic_is_akaikes():
    table = compared(table_of(rising(true=3, kappa=0.5)), n_observed=1000, n_effective=1000)
    np.testing.assert_allclose(table["slope"], table["aic"])


def test_of_too_few_sizes_there_is_no_slope(rng):
    few = LEAST_SLOPE_SIZES - 1
    values = rising(true=3)[:few]
    table = compared(table_of(values, sizes=SIZES[:few]), n_observed=1000, n_effective=1000)
    assert table["slope"].isna().all()
    with pytest.raises(ValueError, match="at least 5 numbers of states.*choose by bic"):
        choose(table, "slope", n_steps=1000)
    X, _, lengths = planted(rng, n_states=2, n_features=2, n_sequences=10, n_steps=10)
    with pytest.raises(ValueError, match="at least 5 numbers of states, got 4"):
        sweep(X, lengths, n_states=range(2, 6), restarts=1, rng=rng, criterion="slope")


@settings(max_examples=30)
@given(repeats=st.integers(2, 50), share=st.floats(0.05, 1))
def test_repeated_sequences_change_bic_but_not_with_an_effective_sample_size(repeats, share):
    """All of the data `repeats` times: the best fits are the same, at so many times L."""
    values = rising(true=5, bias=60, kappa=0.4)
    effective = 1000 * share
    once = compared(table_of(values), n_observed=1000, n_effective=effective)
    many = compared(
        table_of(repeats * values, n_observed=1000 * repeats),
        n_observed=1000 * repeats,
        n_effective=effective,
    )
    np.testing.assert_allclose(many["bic_ess"], once["bic_ess"], rtol=1e-9)
    assert not np.allclose(many["bic"], once["bic"])


def test_bic_takes_more_states_of_repeated_data_and_bic_ess_does_not(rng):
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=25, n_steps=20)
    chosen = {}
    for repeats in (1, 20):
        data = np.tile(X, (repeats, 1)), np.tile(lengths, repeats)
        for criterion in ("bic", "bic_ess"):
            options = {"restarts": 2, "rng": np.random.default_rng(0), "n_iter": 40}
            out = sweep(*data, n_states=range(1, 7), criterion=criterion, **options)
            chosen[criterion, repeats] = out.best.n_components
    assert chosen["bic", 20] > chosen["bic", 1]
    assert chosen["bic_ess", 20] == chosen["bic_ess", 1] == 3


def test_with_steps_that_all_differ_the_effective_size_changes_nothing():
    table = compared(table_of(rising(true=4)), n_observed=1000, n_effective=1000)
    np.testing.assert_allclose(table["bic_ess"], table["bic"])


@pytest.mark.parametrize("repeats", [1, 3])
def test_steps_with_the_same_past_are_counted_once(rng, repeats):
    X, lengths, n_points = prefix_tree(30, 9, rng)
    found = effective_steps(pack(np.tile(X, (repeats, 1)), np.tile(lengths, repeats)))
    assert found == n_points < len(X)
    order = rng.permutation(30)
    shuffled = np.concatenate([np.split(X, 30)[i] for i in order])
    assert effective_steps(pack(shuffled, lengths)) == n_points


def test_steps_of_one_place_with_other_pasts_differ(rng):
    """A chain seen without noise has few places, and each way through them is evidence."""
    states = rng.integers(3, size=(50, 30))
    X = np.eye(3)[states.ravel()]
    found = effective_steps(pack(X, np.full(50, 30)))
    assert found == len({tuple(row[:t]) for row in states for t in range(1, 31)}) > 1000


def test_symbols_tell_steps_apart():
    X, lengths = np.zeros((4, 1)), [2, 2]
    X[1::2] = 1
    assert effective_steps(pack(X, lengths)) == 2
    assert effective_steps(pack(X, lengths, [0, 1, 0, 0])) == 3


def test_noise_makes_all_steps_differ_in_any_units(rng):
    X = rng.normal(size=(600, 3))
    assert effective_steps(pack(X, [20] * 30)) == 600
    assert effective_steps(pack(X * [1e-6, 1.0, 1e6], [20] * 30)) == 600
    X[5] = np.nan
    assert effective_steps(pack(X, [20] * 30)) == 599


def test_rounding_does_not_tell_states_apart(rng):
    X, lengths, n_points = prefix_tree(30, 6, rng)
    shaken = X + 1e-9 * rng.normal(size=X.shape)
    assert effective_steps(pack(shaken, lengths)) == n_points


def test_expected_marginal_likelihood_is_the_mean_over_fits_that_finished():
    sizes = [2, 2, 2, 3]
    table = table_of([-100.0, -110.0, -500.0, -90.0], sizes=sizes)
    table["status"] = ["ok", "not_converged", "dropped", "ok"]
    found = compared(table, n_observed=1000, n_effective=1000)
    evidence = -table["bic"] / 2
    assert found["eml"][0] == found["eml"][1] == pytest.approx(evidence[:2].mean())
    assert found["eml_error"][0] == pytest.approx(standard_error(evidence[:2].to_numpy()))
    assert np.isnan(found["eml"][2])
    assert found["eml"][3] == pytest.approx(evidence[3])
    assert np.isnan(found["eml_error"][3])


@pytest.mark.parametrize(("spread", "chosen"), [(1.0, 3), (40.0, 2)])
def test_of_sizes_whose_restarts_overlap_the_smaller_is_taken(spread, chosen):
    middle = np.repeat([-200.0, -150.0], 2)
    table = table_of(middle + spread * np.array([1, -1, 1, -1]), sizes=[2, 2, 3, 3])
    found = compared(table, n_observed=1000, n_effective=1000)
    assert found["n_states"][choose(found, "eml", n_steps=1000)] == chosen
    level = levelled(found, "eml")
    assert (level[0] == level[2]) == (chosen == 2)
    assert level.argmin() == {2: 0, 3: 2}[chosen]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_dropped_and_failed_fits_are_never_chosen(criterion):
    table = table_of([-9000.0, -10.0, -10.0], sizes=[2, 3, 3], heldout=[-2.0, 5.0, 5.0])
    table = table.assign(status=["ok", "dropped", "failed"], icl=table["bic"], heldout_error=0.1)
    found = compared(table, n_observed=1000, n_effective=1000).assign(slope=table["aic"])
    assert choose(found, criterion, n_steps=1000) == 0
    assert np.isinf(levelled(found, criterion)[1:]).all()


@pytest.mark.parametrize("criterion", ["bic_ess", "slope", "eml"])
def test_planted_states_come_back_by_criteria_over_several_fits(rng, criterion):
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=80, n_steps=20)
    out = sweep(X, lengths, n_states=range(1, 8), restarts=2, rng=rng, criterion=criterion)
    assert out.best.n_components == 4
    assert out.criterion == criterion


def test_each_covariance_has_a_slope_of_its_own():
    flat, steep = rising(true=4, kappa=0.5), rising(true=4, kappa=3.0)
    both = pd.concat([table_of(flat), table_of(steep).assign(covariance="diag")], ignore_index=True)
    found = compared(both, n_observed=1000, n_effective=1000)
    np.testing.assert_allclose(found["slope"][:12], -2 * flat + 2.0 * DIMENSIONS, rtol=1e-6)
    np.testing.assert_allclose(found["slope"][12:], -2 * steep + 12.0 * DIMENSIONS, rtol=1e-6)


def test_the_error_of_a_mean_over_steps_is_that_over_sequences_of_any_length():
    rng = np.random.default_rng(0)
    steps = rng.integers(1, 30, size=(20_000, 25))
    sums = rng.normal(2.0 * steps, np.sqrt(steps)) + rng.normal(size=steps.shape) * steps
    found = np.array([mean_by_step(*pair) for pair in zip(sums, steps, strict=True)])
    assert found[:, 0].mean() == pytest.approx(2.0, abs=0.01)
    assert np.sqrt((found[:, 1] ** 2).mean()) == pytest.approx(found[:, 0].std(), rel=0.05)
    assert np.isnan(mean_by_step(sums[0, :1], steps[0, :1])[1])


def test_a_sweep_counts_a_size_alike_wherever_fits_began():
    X = np.tile(np.eye(3)[[0, 1, 2, 1]], (30, 1)) * 5
    X = X + np.random.default_rng(0).normal(size=X.shape) * 1e-2
    options = {"n_states": range(1, 6), "restarts": 2, "rng": np.random.default_rng(0)}
    table = sweep(X, [40, 40, 40], **options).table
    assert (table.groupby("n_states")["n_parameters"].nunique() == 1).all()


def test_slope_needs_five_sizes_and_not_five_fits():
    X = np.random.default_rng(0).normal(size=(120, 2))
    options = {"restarts": 3, "rng": np.random.default_rng(0), "keep_all": True}
    assert sweep(X, [40] * 3, n_states=range(1, 5), **options).table["slope"].isna().all()
    assert sweep(X, [40] * 3, n_states=range(1, 6), **options).table["slope"].notna().all()


def test_sizes_with_as_many_parameters_are_one_model_of_the_slope():
    """Mixtures of few points that are alike have no more of them, whatever size was asked for."""
    alone = table_of(rising(true=4))
    doubled = pd.concat([alone, alone.tail(4).assign(n_states=[50, 51, 52, 53])])
    found = compared(doubled.reset_index(drop=True), n_observed=1000, n_effective=1000)
    expected = compared(alone, n_observed=1000, n_effective=1000)["slope"]
    np.testing.assert_array_equal(found["slope"][: len(alone)], expected)
    same = alone.assign(n_parameters=20)
    assert compared(same, n_observed=1000, n_effective=1000)["slope"].isna().all()


def test_an_interval_is_of_the_criterion_that_chose_and_of_sequences_that_differ():
    X, rng = np.random.default_rng(0).normal(size=(120, 2)), np.random.default_rng(0)
    options = {"n_states": (1, 2), "restarts": 1, "rng": rng}
    with pytest.raises(ConfigError, match="criterion"):
        sweep(X, [40] * 3, criterion="icl", **options).interval(rng=rng)
    with pytest.raises(DataError, match="two sequences"):
        sweep(X, **options).interval(rng=rng, n_bootstraps=2)
    with pytest.raises(DataError, match="rng"):
        sweep(X, [40] * 3, **options).stability(rng=1)


def test_the_median_slope_is_that_of_theil_and_sen(rng):
    for n in (2, 5, 12):
        x, y = rng.integers(0, 6, n).astype(float), rng.normal(size=n)
        x[0] = 7.0
        assert median_slope(x, y) == theilslopes(y, x).slope
