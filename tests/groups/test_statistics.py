"""Contrasts, permutations and intervals against scipy and by enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from markovlens.groups.bootstrap import effect_ends, ends, resampled
from markovlens.groups.contrasts import Pool, contrast
from markovlens.groups.counting import Ratios
from markovlens.groups.permutations import n_relabellings, p_values, relabellings


def pool_of(a, b, *, paired=False, below=None):
    above = np.concatenate([a, b])[:, None]
    below = np.ones_like(above) if below is None else np.concatenate(below)[:, None]
    return Pool(Ratios(above, below), paired)


def labels(pool, n_first):
    first = np.zeros((1, len(pool.rates.above)))
    first[0, :n_first] = 1
    return first


def seen_of(pool, n_first):
    first = labels(pool, n_first)
    return contrast(pool, first, 1 - first)


@pytest.fixture
def two():
    rng = np.random.default_rng(0)
    return rng.normal(1.0, 1.0, 6), rng.normal(0.3, 2.0, 5)


def test_shares_are_compared_as_welch_does(two):
    a, b = two
    found, welch = seen_of(pool_of(a, b), 6), stats.ttest_ind(a, b, equal_var=False)
    assert found.statistic[0, 0] == pytest.approx(welch.statistic)
    assert found.freedom[0, 0] == pytest.approx(welch.df)
    assert (found.first[0, 0], found.second[0, 0]) == pytest.approx((a.mean(), b.mean()))


def test_pairs_are_compared_as_student_does():
    rng = np.random.default_rng(1)
    a = rng.normal(size=7)
    b = a + rng.normal(0.5, 0.3, 7)
    found = seen_of(pool_of(a, b, paired=True), 7)
    assert found.statistic[0, 0] == pytest.approx(stats.ttest_rel(a, b).statistic)
    assert found.deviation[0, 0] == pytest.approx((a - b).std(ddof=1))


@pytest.mark.parametrize("paired", [False, True])
def test_the_error_of_a_ratio_is_that_of_its_linearised_units(paired):
    rng = np.random.default_rng(2)
    above, below = rng.uniform(1, 2, (2, 8)), rng.uniform(1, 3, (2, 8))
    found = seen_of(pool_of(*above, paired=paired, below=below), 8)
    ratio = above.sum(axis=1) / below.sum(axis=1)
    units = (above - ratio[:, None] * below) / below.mean(axis=1, keepdims=True)
    wanted = (
        (units[0] - units[1]).var(ddof=1) / 8 if paired else units.var(axis=1, ddof=1).sum() / 8
    )
    assert found.difference[0, 0] == pytest.approx(ratio[0] - ratio[1])
    assert found.error[0, 0] ** 2 == pytest.approx(wanted)


def test_p_is_the_share_of_all_relabellings(two):
    a, b = two
    pool = pool_of(a, b)
    first, every = relabellings((6, 5), paired=False, most=1000, rng=np.random.default_rng(0))
    assert every
    assert len({tuple(row) for row in first}) == n_relabellings((6, 5), paired=False) == 462

    def welch(x, y):
        return abs(stats.ttest_ind(x, y, equal_var=False).statistic)

    wanted = stats.permutation_test((a, b), welch, n_resamples=10_000, alternative="greater")
    found = p_values(seen_of(pool, 6), pool, first, every=True)
    assert found[0] == pytest.approx(wanted.pvalue)


def test_p_of_pairs_is_the_share_of_all_swaps():
    rng = np.random.default_rng(3)
    a, b = rng.normal(0.6, 1, 6), rng.normal(0, 1, 6)
    pool = pool_of(a, b, paired=True)
    first, every = relabellings((6, 6), paired=True, most=64, rng=rng)
    observed = abs(stats.ttest_rel(a, b).statistic)
    swapped = [
        abs(stats.ttest_1samp(np.array(signs) * (a - b), 0).statistic)
        for signs in product([1, -1], repeat=6)
    ]
    assert every
    assert len(first) == 64
    found = p_values(seen_of(pool, 6), pool, first, every=True)
    assert found[0] == pytest.approx(np.mean(np.array(swapped) >= observed * (1 - 1e-9)))


@pytest.mark.parametrize("paired", [False, True])
def test_a_draw_counts_the_labels_as_they_are_so_that_no_p_is_zero(paired):
    rng = np.random.default_rng(4)
    a, b = rng.normal(50, 1, 12), rng.normal(0, 1, 12)
    pool = pool_of(a, b, paired=paired)
    first, every = relabellings((12, 12), paired=paired, most=99, rng=rng)
    assert not every
    assert p_values(seen_of(pool, 12), pool, first, every=False)[0] == 0.01


def test_a_relabelling_without_a_number_counts_as_far():
    """Only two units ever leave the state: in one group together, the other has no dwell time."""
    pool = pool_of([4.0, 6, 1], [5.0, 1, 1], below=([1.0, 0, 0], [1.0, 0, 0]))
    first, _ = relabellings((3, 3), paired=False, most=1000, rng=np.random.default_rng(0))
    found = p_values(seen_of(pool, 3), pool, first, every=True)
    apart = first[:, 0] != first[:, 3]
    assert found[0] >= 1 - apart.mean()


def test_units_that_are_alike_within_groups_and_not_between_are_as_far_as_can_be():
    pool = pool_of(np.full(4, 0.3), np.full(4, 0.1))
    first, _ = relabellings((4, 4), paired=False, most=100, rng=np.random.default_rng(0))
    assert np.isinf(seen_of(pool, 4).statistic[0, 0])
    assert p_values(seen_of(pool, 4), pool, first, every=True)[0] == pytest.approx(2 / 70)


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("n_units", [6, 20])
def test_intervals_hold_the_difference_and_the_effect_about_as_often_as_they_say(paired, n_units):
    rng = np.random.default_rng(5)
    shared = rng.normal(0, 0.2, (n_units, 400)) if paired else 0
    a, b = (rng.normal(mean, 0.1, (n_units, 400)) + shared for mean in (0.6, 0.5))
    pool = Pool(Ratios(np.vstack([a, b]), np.ones((2 * n_units, 400))), paired)
    seen = seen_of(pool, n_units)
    again = resampled(pool, (n_units, n_units), n_bootstraps=400, rng=rng)
    around = ends(seen.difference[0], again.difference, seen.freedom[0], 0.95)
    doubt = effect_ends(seen, around, 0.95)
    true_effect = 0.1 / (0.1 * np.sqrt(2) if paired else 0.1)
    for interval, truth in ((around, 0.1), (doubt, true_effect)):
        held = (interval[:, 0] <= truth) & (truth <= interval[:, 1])
        assert 0.89 <= held.mean() <= 0.985
    assert (around[:, 0] <= seen.difference[0]).all()
    assert (seen.difference[0] <= around[:, 1]).all()
