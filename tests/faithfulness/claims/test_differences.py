import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.claims.differences import NOT_SHOWN, find_differences, holm
from markovlens.tables.scores import DIFFERENCES


def rows_of(values, *, score="balanced_fidelity_step", mode="closed", n_sequences=200, noise=0.01):
    """Return rows of scores; `values` maps a method to its value in each seed.

    Resample b disturbs all methods alike, and each a little by itself.
    """
    rng = np.random.default_rng(0)
    common = 0.05 * rng.normal(size=300)
    rows = []
    for method, by_seed in values.items():
        for seed, value in enumerate(by_seed):
            replicates = value + common + noise * rng.normal(size=300)
            rows.append(
                {
                    "task": "parity", "model": "gru", "seed": seed, "method": method, "mode": mode,
                    "score": score, "chosen": True, "value": value, "n_sequences": n_sequences,
                    "replicates": replicates.astype(np.float32),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_pairing_shows_what_unpaired_intervals_would_hide():
    table = find_differences(rows_of({"a": [0.9, 0.9, 0.9], "b": [0.85, 0.86, 0.85]}), level=0.95)
    row = table.iloc[0]
    assert list(table) == DIFFERENCES.names
    assert (row["method_a"], row["method_b"], row["verdict"]) == ("a", "b", "a better")
    assert row["difference"] == pytest.approx(0.14 / 3)
    assert 0 < row["low"] < row["difference"] < row["high"] < 0.1
    assert (row["n_seeds"], row["n_sequences"]) == (3, 200)


def test_a_difference_that_one_seed_denies_is_not_shown():
    table = find_differences(rows_of({"a": [0.9, 0.9, 0.8], "b": [0.5, 0.5, 0.81]}, noise=1e-3),
                             level=0.5)  # fmt: skip
    assert table["p"].iloc[0] < 0.5
    assert table["verdict"].tolist() == [NOT_SHOWN]


def p_of_nothing(n_tasks, *, n_seeds, seed_sd, noise):
    """Return p of two methods that are alike on average over seeds, one for each task."""
    rng = np.random.default_rng(0)
    parts = []
    for task in range(n_tasks):
        # What is measured in a seed: its own difference, and the sequences that were drawn.
        own = rng.normal(0, seed_sd, size=n_seeds) + rng.normal(0, noise)
        rows = rows_of({"a": own, "b": np.zeros(n_seeds)}, noise=0)
        shift = rng.normal(0, noise, size=300)
        shifts = [shift * (method == "a") for method in rows["method"]]
        rows["replicates"] = [
            one + more for one, more in zip(rows["replicates"], shifts, strict=True)
        ]
        parts.append(rows.assign(task=str(task)))
    return find_differences(pd.concat(parts), level=0.95)["p"]


@pytest.mark.parametrize("noise", [0.001, 0.03, 0.1])
def test_three_seeds_that_differ_by_chance_are_seldom_significant(noise):
    p = p_of_nothing(400, n_seeds=3, seed_sd=0.1, noise=noise)
    assert (p < 0.05).mean() <= 0.07
    if noise < 0.01:  # the t distribution is exact then
        assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
        assert (p < 0.01).mean() <= 0.02


def test_one_seed_is_judged_by_its_sequences_alone():
    p = p_of_nothing(400, n_seeds=1, seed_sd=0.0, noise=0.03)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    sure = find_differences(rows_of({"a": [0.9], "b": [0.8]}), level=0.95).iloc[0]
    assert (sure["n_seeds"], sure["verdict"]) == (1, "a better")


def test_what_one_of_several_seeds_has_alone_is_no_difference_between_methods():
    """A method that gave up on two seeds of three has not beaten what has a machine on all."""
    rows = rows_of({"a": [0.9, 0.9, 0.9], "b": [0.5, 0.5, 0.5], "c": [0.8, 0.2, 0.4]})
    rows = rows[(rows["method"] != "b") | (rows["seed"] == 1)]
    table = find_differences(rows, level=0.95).set_index(["method_a", "method_b"])
    for pair, n_seeds in {("a", "b"): 1, ("a", "c"): 3, ("b", "c"): 1}.items():
        row = table.loc[pair]
        assert row["n_seeds"] == n_seeds
        assert np.isnan(row[["low", "high"]].astype(float)).all() == (n_seeds == 1)
        assert (row["p"] == 1) == (n_seeds == 1)
    assert table.loc[("a", "b"), "difference"] == pytest.approx(0.4)
    assert table.loc[("a", "b"), "verdict"] == NOT_SHOWN


def test_a_score_that_one_of_several_seeds_has_alone_shows_no_difference_either():
    """Seeds count that have other scores: of this one no method has more than one."""
    swapped = rows_of({"a": [0.9], "b": [0.5]}, score="iia", mode="swap")
    others = rows_of({"a": [0.9, 0.9, 0.9], "b": [0.9, 0.9, 0.9]})
    (sure,) = find_differences(swapped, level=0.95).itertuples()
    assert sure.verdict == "a better"
    table = find_differences(pd.concat([swapped, others]), level=0.95).set_index("score")
    assert (table.loc["iia", "p"], table.loc["iia", "verdict"]) == (1, NOT_SHOWN)
    assert np.isnan(table.loc["iia", "low"])


def test_each_score_is_a_family_of_its_own():
    values = {"a": [0.9], "b": [0.88], "c": [0.86]}
    alone = find_differences(rows_of(values), level=0.95)
    both = pd.concat([rows_of(values), rows_of(values, score="iia", mode="swap")])
    together = find_differences(both, level=0.95)
    mine = together[together["score"] == "balanced_fidelity_step"]
    assert mine["p_holm"].tolist() == alone["p_holm"].tolist()


def test_of_divergences_the_lower_is_better():
    values = {"a": [0.1, 0.1, 0.1], "b": [0.9, 0.9, 0.9]}
    table = find_differences(rows_of(values, score="divergence"), level=0.95)
    assert table["verdict"].tolist() == ["a better"]
    assert table["difference"].iloc[0] < 0


def test_what_never_varies_is_certain_or_nothing():
    rows = rows_of({"a": [1.0, 1.0], "b": [1.0, 1.0], "c": [0.5, 0.5]})
    rows["replicates"] = [np.full(300, value, dtype=np.float32) for value in rows["value"]]
    table = find_differences(rows, level=0.95).set_index(["method_a", "method_b"])
    assert table.loc[("a", "b"), ["p", "verdict"]].tolist() == [1.0, NOT_SHOWN]
    assert table.loc[("a", "c"), ["p", "verdict"]].tolist() == [0.0, "a better"]
    assert table["effect"].isna().all()


def test_the_effect_is_that_of_pairs_over_sequences():
    """A mean of n pairs with standard deviation s has a standard error of s / sqrt(n)."""
    rng = np.random.default_rng(0)
    pairs = rng.normal(0.2, 0.5, size=400)
    counts = rng.multinomial(400, np.full(400, 1 / 400), size=2000) / 400
    rows = rows_of({"a": [pairs.mean()], "b": [0.0]}, n_sequences=400)
    rows["replicates"] = [(counts @ pairs).astype(np.float32), np.zeros(2000, np.float32)]
    effect = find_differences(rows, level=0.95)["effect"].iloc[0]
    assert effect == pytest.approx(pairs.mean() / pairs.std(), rel=0.05)


def test_holm_steps_down():
    p = pd.Series([0.01, 0.04, 0.03, 0.5])
    assert holm(p).tolist() == pytest.approx([0.04, 0.09, 0.09, 0.5])


def test_null_differences_are_seldom_shown():
    """Fifteen pairs of equal methods, twenty times: at most a few families hold a false alarm."""
    alarms = 0
    for trial in range(20):
        rng = np.random.default_rng(trial)
        noise = rng.normal(0, 0.02, size=(6, 1, 100)) + np.zeros((6, 3, 1))
        counts = rng.multinomial(100, np.full(100, 0.01), size=300) / 100
        rows = rows_of({f"m{i}": noise[i].mean(axis=1) for i in range(6)}, n_sequences=100)
        rows["replicates"] = [counts @ one for method in noise for one in method]
        verdicts = find_differences(rows, level=0.95)["verdict"]
        alarms += bool((verdicts != NOT_SHOWN).any())
    assert alarms <= 4


def test_each_task_is_compared_in_its_own_unit_and_mode():
    parts = [
        rows_of({"a": [0.9], "b": [0.8]}, score=f"balanced_fidelity_{unit}", mode=mode)
        for unit in ("step", "string")
        for mode in ("open", "closed")
    ]
    table = find_differences(pd.concat(parts), level=0.95)
    assert table["score"].tolist() == ["balanced_fidelity_string"]


def test_networks_that_predict_are_compared_by_what_is_explained():
    values = {"a": [0.9, 0.9, 0.9], "b": [0.5, 0.5, 0.5]}
    (row,) = find_differences(rows_of(values, score="explained_divergence"), level=0.95).to_dict(
        "records"
    )
    assert (row["score"], row["verdict"]) == ("explained_divergence", "a better")


def test_without_rows_the_table_has_its_columns():
    assert list(find_differences(rows_of({"a": [0.9]}), level=0.95)) == DIFFERENCES.names


def test_floors_are_counted_apart_from_methods():
    """To beat a floor is no result, and takes no room in the family of methods."""
    values = {"ngram": [0.899], "a": [0.9], "majority": [0.881], "b": [0.88]}
    table = find_differences(rows_of(values), level=0.95)
    pairs = {(row.method_a, row.method_b): row.against for row in table.itertuples()}
    assert ("ngram", "majority") not in pairs
    assert {pair for pair, against in pairs.items() if against == "method"} == {("a", "b")}
    assert len(pairs) == 5
    (row,) = table[table["against"] == "method"].to_dict("records")
    assert row["p_holm"] == row["p"] > 0
    assert row["p"] < table.loc[table["against"] == "floor", "p"].max()


@pytest.mark.parametrize("spread", [1e-6, 1e-4, 1e-2, 1.0])
def test_an_effect_is_measured_or_left_empty(spread):
    """Where all sequences say the same a ratio to their spread is of rounding, not of methods."""
    rows = rows_of({"a": [0.7], "b": [0.5]}, n_sequences=100)
    drawn = np.random.default_rng(0).normal(0, spread / 10, size=300)
    rows["replicates"] = [
        (value + drawn * (value > 0.6)).astype(np.float32) for value in (0.7, 0.5)
    ]
    (effect,) = find_differences(rows, level=0.95)["effect"].astype(float)
    if spread < 0.2 / 10:
        assert np.isnan(effect)
    else:
        assert effect == pytest.approx(0.2 / spread, rel=0.15)
