import numpy as np
import pandas as pd
import pytest

from markovlens.seq2seq.optimality import beyond_time, optimality_table, rank_correlation

STEPS = np.array([10, 100, 300, 1000, 2000, 3000.0])


def progress_of(measure, loss, *, seeds=3):
    return pd.DataFrame(
        [
            {
                "task": "motion", "model": "gru", "seed": seed, "step": step,
                "pointwise": measure(i), "centroid": measure(i), "silhouette": measure(i),
                "fisher": 1.0, "test_loss": loss(i, seed),
            }
            for seed in range(seeds)
            for i, step in enumerate(STEPS)
        ]
    )  # fmt: skip


def test_correlation_takes_ranks_only():
    assert rank_correlation(STEPS, np.log(STEPS)) == pytest.approx(1)
    assert rank_correlation(STEPS, -(STEPS**3)) == pytest.approx(-1)


def test_constants_and_too_few_checkpoints_have_no_correlation():
    assert np.isnan(rank_correlation(np.ones(6), STEPS))
    assert np.isnan(rank_correlation(STEPS[:3], STEPS[:3]))


def test_what_only_goes_with_time_is_told_from_what_goes_with_the_loss():
    rng = np.random.default_rng(0)
    steps = np.arange(400.0)
    wobble = rng.normal(size=400) * 60
    loss = -steps + wobble
    only_time = steps + rng.normal(size=400) * 60
    assert rank_correlation(only_time, loss) < -0.7
    assert abs(beyond_time(only_time, loss, steps)) < 0.15
    assert beyond_time(steps - wobble + rng.normal(size=400), loss, steps) < -0.9


def test_partial_correlation_is_that_of_the_residuals_of_ranks():
    rng = np.random.default_rng(1)
    x, y, t = (rng.permutation(50) for _ in range(3))

    def left(values):
        slope, shift = np.polyfit(t, values, 1)
        return values - slope * t - shift

    expected = np.corrcoef(left(x), left(y))[0, 1]
    assert beyond_time(x, y, t) == pytest.approx(expected)


def test_table_has_each_seed_and_their_mean():
    table = optimality_table(progress_of(lambda i: i, lambda i, seed: -i if seed else i))
    rows = table[table["measure"] == "pointwise"]
    seeds = rows[rows["scope"] == "seed"]
    assert seeds.set_index("seed")["correlation"].to_dict() == pytest.approx({0: 1, 1: -1, 2: -1})
    (merged,) = rows[rows["scope"] == "network"].to_dict("records")
    assert pd.isna(merged["seed"])
    assert merged["correlation"] == pytest.approx(-1 / 3)
    assert merged["correlation_low"] == -1  # never below what a correlation can be
    assert table.loc[table["measure"] == "fisher", "correlation"].isna().all()
