"""Seeds of a network are merged into one row, and the digest has a row a network."""

import numpy as np
import pandas as pd
import pytest

from helpers.scored import one, seeds_of
from helpers.slow_compare import slow_compare
from markovlens.faithfulness.scores.compile import CELL_KEYS, SIZES, compare
from markovlens.faithfulness.scores.digest import digest, in_parts, to_markdown


def test_seeds_are_merged(scores):
    table = compare(seeds_of(scores), level=0.95)
    row = one(
        table,
        method="kmeans",
        selection="chosen",
        mode="closed",
        score="balanced_fidelity_step",
    )
    assert (row["n_seeds"], row["n_states"], row["status"], row["gate"]) == (3, 4, "ok", "passed")
    assert row["low"] <= row["value"] <= row["high"]


def test_seeds_that_differ_widen_the_interval(scores):
    rows = seeds_of(scores)
    worse = (rows["seed"] == 2) & (rows["score"] == "accuracy_string")
    rows.loc[worse, "replicates"] = pd.Series([np.zeros(50)] * worse.sum(), index=rows.index[worse])
    rows = rows.reset_index(drop=True)
    rows.loc[worse.to_numpy(), "value"] = 0.0
    place = {"method": "network", "score": "accuracy_string", "selection": "chosen"}
    row = one(compare(rows, level=0.95), **place)
    assert row["value"] == pytest.approx(2 / 3)
    # Student's t on three seeds, 1, 1 and 0, reaches nearly as far as a share can.
    assert row["low"] < 0.1
    assert 0.95 < row["high"] < 1


def test_three_identical_seeds_are_no_surer_than_one(scores):
    """The sequences are the same for all seeds: reading them thrice tells nothing new."""
    place = {"method": "majority", "selection": "chosen", "score": "accuracy_step"}
    one_seed = one(compare(seeds_of(scores, 1), level=0.95), **place)
    three = one(compare(seeds_of(scores, 3), level=0.95), **place)
    assert three["high"] - three["low"] == pytest.approx(one_seed["high"] - one_seed["low"])
    assert three["n_sequences"] == one_seed["n_sequences"]


@pytest.mark.parametrize("selection", ["chosen", "fixed"])
def test_a_failed_seed_is_named_and_left_out_of_the_mean(with_a_failure, selection):
    place = {"method": "kmeans", "mode": "closed", "score": "divergence", "n_states": 4}
    row = one(compare(with_a_failure, level=0.95), selection=selection, **place)
    assert row["n_seeds"] == 2
    assert (row["n_missing"], row["status"]) == (1, "partial")
    assert row["reason"] == "1 of 3 seeds failed: too few steps"


def nowhere(with_a_failure):
    """Return the same scores with k-means failed in all three seeds."""
    kmeans = with_a_failure["method"] == "kmeans"
    failed = with_a_failure[kmeans & (with_a_failure["seed"] == 1)]
    return pd.concat([with_a_failure[~kmeans], *(failed.assign(seed=seed) for seed in range(3))])


@pytest.mark.parametrize("where", ["nowhere", "in one seed", "everywhere"])
def test_a_method_stands_once_on_a_network_whatever_failed(scores, with_a_failure, where):
    """A count over rows is a count of networks: no row of a failed fit beside rows with values."""
    rows = {"nowhere": seeds_of(scores), "in one seed": with_a_failure}.get(where)
    table = compare(nowhere(with_a_failure) if rows is None else rows, level=0.95)
    chosen = table[table["selection"] == "chosen"]
    assert not table.duplicated([*CELL_KEYS, "selection", "n_states"]).any()
    assert not chosen.duplicated(CELL_KEYS).any()
    fits = set(chosen.loc[chosen["score"] == "fit", "method"])
    assert fits == ({"kmeans"} if where == "everywhere" else set())
    assert fits.isdisjoint(chosen.loc[chosen["score"] != "fit", "method"])


def test_a_size_that_few_seeds_have_says_how_many_have_none(scores):
    rows = seeds_of(scores)
    rows = rows[(rows["seed"] == 0) | (rows["method"] != "kmeans") | (rows["n_states"] != 2)]
    place = {"method": "kmeans", "mode": "closed", "score": "divergence", "n_states": 2}
    row = one(compare(rows, level=0.95), selection="fixed", **place)
    assert (row["n_seeds"], row["n_missing"], row["status"]) == (1, 2, "partial")
    assert row["reason"].startswith("2 of 3 seeds skipped: there is no machine of this size")


def test_scores_of_the_chosen_machine_are_of_no_fixed_size(scores):
    """Else a size would have the mean of those seeds that happened to choose it."""
    rows = seeds_of(scores)
    closed = rows[(rows["score"] == "divergence") & rows["chosen"] & (rows["method"] == "kmeans")]
    table = compare(pd.concat([rows, closed.assign(score="iia")]), level=0.95)
    assert set(table.loc[table["score"] == "iia", "selection"]) == {"chosen"}


def test_where_every_seed_failed_the_row_says_so(with_a_failure):
    table = compare(nowhere(with_a_failure), level=0.95)
    row = one(table, method="kmeans", selection="chosen")
    assert row[["value", "n_states", "n_states_low", "n_states_high"]].isna().all()
    assert row["status"] == "failed"
    assert row["reason"] == "3 of 3 seeds failed: too few steps"
    tried = table[(table["method"] == "kmeans") & (table["selection"] == "fixed")]
    assert tried["n_states"].tolist() == [2, 4]
    assert "failed" in to_markdown(digest(table))


def test_under_trained_networks_are_marked(scores):
    rows = seeds_of(scores)
    rows.loc[rows["seed"] == 0, "gate"] = "under-trained"
    table = compare(rows, level=0.95)
    assert set(table["gate"]) == {"under-trained"}
    assert "gru (under-trained)" in to_markdown(digest(table))


def test_digest_is_a_row_a_network(scores):
    text = to_markdown(digest(compare(seeds_of(scores), level=0.95)))
    assert text.startswith("| task | network | accuracy | measure | truth | kmeans | majority |")
    # Of 100 strings all agree: .025^(1 / 100) = .964 is the exact end for one class.
    assert "1.000 [0.962, 1.000] K=4" in text


def test_the_digest_has_both_readings_of_a_machine(scores):
    table = compare(seeds_of(scores), level=0.95)
    joined = (table["mode"] == "lumped") & (table["score"] == "balanced_fidelity_string")
    table.loc[joined, ["value", "low", "n_lumped", "carries"]] = [0.9, -0.0001, 3, "belief"]
    assert " K=4 → 0.900 [0.000, 1.000] K=3* |" in to_markdown(digest(table))


def test_the_digest_says_where_not_every_seed_has_a_machine(scores):
    table = compare(seeds_of(scores), level=0.95)
    mine = (table["method"] == "kmeans") & (table["n_seeds"] > 0)
    table.loc[mine, ["n_seeds", "n_missing"]] = [1, 2]
    text = to_markdown(digest(table))
    assert " K=4, 1 of 3 seeds " in text
    assert text.count(" seeds") == text.count("1 of 3 seeds")


def test_the_digest_says_the_verdict_and_fits_on_pages(scores):
    table = compare(seeds_of(scores), level=0.95)
    verdicts = pd.DataFrame(
        [
            {
                "task": task,
                "model": model,
                "scope": scope,
                "verdict": "finite-state",
                "n_states": 4,
                "method": method,
                "counterexample_length": pd.NA,
            }
            for task, model in table[["task", "model"]].drop_duplicates().to_numpy()
            for scope, method in (("seed", "lstar"), ("seed", "kmeans"), ("network", None))
        ]
    )
    whole = digest(table, verdicts)
    assert set(whole["verdict"]) == {"4 states (lstar, kmeans)"}
    wrong = digest(table, verdicts.assign(counterexample_length=32))
    assert set(wrong["verdict"]) == {"4 states (lstar, kmeans), but not on a string of 32"}
    many = whole.assign(**{f"method {index}": "1.0" for index in range(9)})
    parts = in_parts(many)
    assert all(list(part.columns[:5]) == list(whole.columns[:5]) for part in parts)
    assert sum(len(part.columns) - 5 for part in parts) == len(many.columns) - 5
    assert max(len(part.columns) for part in parts) == 11


@pytest.mark.parametrize("which", ["whole", "failed", "nowhere"])
def test_merging_all_cells_at_once_is_merging_each(scores, with_a_failure, which):
    rows = seeds_of(scores) if which == "whole" else with_a_failure
    rows = nowhere(rows) if which == "nowhere" else rows
    rng = np.random.default_rng(0)
    noisy = [np.asarray(row) + 0.1 * rng.normal(size=len(row)) for row in rows["replicates"]]
    rows = rows.assign(replicates=noisy).reset_index(drop=True)
    fast, slow = (make(rows, level=0.9) for make in (compare, slow_compare))
    numbers = ["value", "low", "high", "error"]
    slow = slow.astype(dict.fromkeys(numbers, float) | dict.fromkeys(SIZES, "Int64"))
    pd.testing.assert_frame_equal(fast, slow, check_dtype=False, rtol=1e-12)


def test_what_was_skipped_is_counted_and_says_why(scores):
    rows = seeds_of(scores).reset_index(drop=True)
    skipped = (rows["seed"] == 1) & (rows["score"] == "ari") & (rows["mode"] == "open")
    rows.loc[skipped, "value"] = np.nan
    rows.loc[skipped, ["status", "reason"]] = ["skipped", "it rained"]
    row = one(
        compare(rows, level=0.95), score="ari", mode="open", selection="chosen",
        method="kmeans",
    )  # fmt: skip
    assert (row["n_seeds"], row["reason"]) == (2, "1 of 3 seeds skipped: it rained")


def test_seeds_without_a_number_for_several_reasons_have_all_of_them_told(scores):
    rows = seeds_of(scores).reset_index(drop=True)
    mine = (rows["score"] == "ari") & (rows["mode"] == "open")
    for seed, why in ((1, "it rained"), (2, "it snowed")):
        rows.loc[mine & (rows["seed"] == seed), "value"] = np.nan
        rows.loc[mine & (rows["seed"] == seed), ["status", "reason"]] = ["skipped", why]
    row = one(
        compare(rows, level=0.95), score="ari", mode="open", selection="chosen",
        method="kmeans",
    )  # fmt: skip
    told = "1 of 3 seeds skipped: it rained; 1 of 3 seeds skipped: it snowed"
    assert (row["n_seeds"], row["reason"]) == (1, told)
