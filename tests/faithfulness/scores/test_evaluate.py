from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.slow_compare import slow_compare
from markovlens.abstractions.base import Options
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.lumped import Lumping
from markovlens.abstractions.study import Kept, load_study, save_study, study
from markovlens.faithfulness.scores.compile import CELL_KEYS, SIZES, compare
from markovlens.faithfulness.scores.digest import digest, in_parts, to_markdown
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.faithfulness.stage import with_nature


@pytest.fixture(scope="module")
def kept(traces_of, tmp_path_factory):
    traces = traces_of("contains_000")
    kept = {}
    for method in ("kmeans", "majority"):
        folder = tmp_path_factory.mktemp(method)
        result = study(
            method,
            traces["train"],
            traces["valid"],
            n_states=[2, 4],
            seed=np.random.SeedSequence(0),
            options=Options(restarts=2),
        )
        save_study(folder, result, traces)
        kept[method] = load_study(folder)
    return kept


@pytest.fixture(scope="module")
def scored(task_of, traces_of, kept):
    def score(test):
        train = traces_of("contains_000")["train"]
        scoring = Scoring(bootstraps=50)
        return evaluate(task_of("contains_000"), train, test, kept, scoring=scoring, seed=0)

    return score


@pytest.fixture(scope="module")
def scores(scored, traces_of):
    return scored(traces_of("contains_000")["test"])


def one(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_the_lumped_machine_is_a_second_reading_of_the_chosen_one(scores, kept):
    """It stands beside the method's own rows, with the same number of states and its own scores."""
    lumped = kept["kmeans"].lumped.machine
    mine = scores[(scores["method"] == "kmeans") & scores["chosen"]]
    assert set(mine["n_lumped"]) == {lumped.n_states}
    assert one(mine, mode="lumped", score="minimal_states")["value"] == lumped.n_states
    others = scores.drop(mine.index)
    assert others["n_lumped"].isna().all()
    assert "lumped" not in set(others["mode"])
    closed = set(mine.loc[mine["mode"] == "closed", "score"]) - {"hard_agreement"}
    assert closed == set(mine.loc[mine["mode"] == "lumped", "score"]) - {"hard_agreement"}


def test_the_lumped_machine_has_its_own_scores(task_of, traces_of, kept):
    """Here lumped to one state: it answers as the machine of one state that is a floor."""
    task, traces = task_of("contains_000"), traces_of("contains_000")
    floor = kept["majority"].machines[1]
    reading = Lumping(floor, np.ones((4, 1)), "all are one")
    studies = {"kmeans": replace(kept["kmeans"], lumped=reading), "majority": kept["majority"]}
    rows = evaluate(
        task, traces["train"], traces["test"], studies, scoring=Scoring(bootstraps=20), seed=0
    )
    for name in ("fidelity_step", "exact_language", "minimal_states"):
        mine = one(rows, method="kmeans", chosen=True, mode="lumped", score=name)
        theirs = one(rows, method="majority", mode="closed", score=name)
        assert (mine["value"], mine["low"]) == (theirs["value"], theirs["low"])
        assert (mine["n_states"], mine["n_lumped"], mine["n_states_hard"]) == (4, 1, 1)


def test_lumped_machines_are_compared_where_they_were_chosen(scores):
    named = scores.assign(task="t", model="m", layer="l", seed=0, gate="passed")
    table = compare(with_nature(named), level=0.95)
    lumped = table[table["mode"] == "lumped"]
    assert set(lumped["selection"]) == {"chosen"}
    fixed = table[table["selection"] == "fixed"]
    assert fixed["n_lumped"].isna().all()
    assert table.loc[table["method"] == "kmeans", "n_lumped"].notna().any()


def test_ceiling_floor_and_exact_machine(scores):
    unit = {"score": "balanced_fidelity_string"}
    assert one(scores, method="network", **unit)["value"] == 1
    assert one(scores, method="truth", **unit)["value"] == 1
    assert one(scores, method="kmeans", mode="closed", n_states=4, **unit)["value"] == 1
    assert one(scores, method="majority", mode="closed", **unit)["value"] == 0.5


def test_no_closed_loop_score_reads_an_activation(scored, scores, traces_of):
    test = traces_of("contains_000")["test"]
    blind = scored(replace(test, states=np.full_like(test.states, 1e6)))
    closed = [table[table["mode"] == "closed"].reset_index(drop=True) for table in (scores, blind)]
    pd.testing.assert_frame_equal(*closed)


def test_recovery_stands_beside_agreement(scores):
    assert one(scores, method="kmeans", mode="open", n_states=4, score="ari")["value"] == 1
    distance = one(scores, method="kmeans", mode="open", n_states=4, score="transition_distance")
    assert distance["value"] == 0


def test_floors_have_no_open_loop(scores):
    assert set(scores.loc[scores["method"] == "majority", "mode"]) == {"closed"}


def seeds_of(scores, n_seeds=3):
    place = {"task": "contains_000", "model": "gru", "layer": "rnn.l0", "gate": "passed"}
    return pd.concat([scores.assign(seed=seed, **place) for seed in range(n_seeds)])


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


@pytest.fixture
def with_a_failure(scores, task_of, traces_of):
    """Return the scores of three seeds, in one of which no k-means could be fitted."""
    traces = traces_of("contains_000")
    failed = Kept({}, {2: "too few steps", 4: "too few steps"}, None, {})
    broken = evaluate(
        task_of("contains_000"),
        traces["train"],
        traces["test"],
        {"kmeans": failed},
        scoring=Scoring(bootstraps=50),
        seed=0,
    )
    rows = seeds_of(scores)
    kept = rows[(rows["seed"] != 1) | (rows["method"] != "kmeans")]
    place = {"task": "contains_000", "model": "gru", "layer": "rnn.l0", "gate": "passed", "seed": 1}
    return pd.concat([kept, broken[broken["method"] == "kmeans"].assign(**place)])


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
    table.loc[joined, ["value", "low", "n_lumped", "carries"]] = [0.9, 0.8, 3, "belief"]
    assert " K=4 → 0.900 [0.800, 1.000] K=3* |" in to_markdown(digest(table))


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


def test_classes_that_few_sequences_have_are_named_in_the_row(scores):
    rows = seeds_of(scores).reset_index(drop=True)
    balanced = rows["score"] == "balanced_fidelity_string"
    rows["rare_classes"] = np.where(
        balanced & (rows["seed"] > 0), np.where(rows["seed"] == 1, "b; a <pad>", "a <pad>"), None
    )
    table = compare(rows, level=0.95).set_index("score")["rare_classes"]
    assert set(table["balanced_fidelity_string"]) == {"b; a <pad>"}
    assert table.drop("balanced_fidelity_string").isna().all()


def test_a_class_of_three_strings_is_rare(task_of, traces_of):
    task, train = task_of("contains_000"), traces_of("contains_000")["train"]
    test = traces_of("contains_000")["test"]
    last = np.cumsum(test.lengths) - 1
    accepting = np.flatnonzero(test.decisions[last] == 1)
    kept = np.r_[np.flatnonzero(test.decisions[last] == 0), accepting[:3]]
    rows = evaluate(task, train, test.select(kept), {}, scoring=Scoring(bootstraps=9), seed=0)
    rare = rows.loc[rows["score"] == "balanced_fidelity_string", "rare_classes"]
    assert set(rare) == {test.classes[1]}


def test_what_a_machine_carries_stands_beside_its_size(scores):
    closed = (
        scores[scores["mode"] == "closed"].set_index(["method", "n_states", "score"]).sort_index()
    )
    assert closed.loc[("kmeans", 4, "divergence"), "carries"] == "state"
    assert closed.loc[("kmeans", 4, "divergence"), "n_states_hard"] == 4
    assert closed.loc[("truth", 4, "divergence"), "carries"] == "state"
    assert (closed.loc[("majority", 1), "n_states_hard"] == 1).all()
    # Two clusters of four states: no automaton of two, and its likeliest moves are one of fewer.
    mixed = closed.loc[("kmeans", 2, "divergence")]
    assert (mixed["carries"], mixed["n_states_hard"]) == ("belief", 1)
    assert closed.loc[("kmeans", 2, "hard_agreement"), "value"] == 1  # both always say one class
    assert ("kmeans", 4, "hard_agreement") not in closed.index
    assert scores.loc[scores["method"] == "network", "carries"].isna().all()


def test_seeds_of_which_one_carries_a_belief_are_marked(scores):
    rows = seeds_of(scores).reset_index(drop=True)
    mine = (rows["method"] == "kmeans") & rows["chosen"]
    rows.loc[mine & (rows["seed"] == 1), ["carries", "n_states_hard"]] = ["belief", 3]
    table = compare(rows, level=0.95)
    row = one(table, method="kmeans", selection="chosen", mode="closed", score="divergence")
    assert (row["carries"], row["n_states_hard"]) == ("belief", 4)
    text = to_markdown(digest(table))
    assert "] K=4* |" in text
    assert "] K=1 |" in text  # the majority is an automaton of one state


def test_probes_of_a_machine_say_what_it_carries(scores):
    rows = seeds_of(scores, 1).reset_index(drop=True)
    asked = rows[(rows["method"] == "kmeans") & (rows["n_states"] == 4)].iloc[:1]
    asked = asked.assign(score="iia", mode="swap", carries=None, n_states_hard=np.nan)
    both = with_nature(pd.concat([rows, asked], ignore_index=True))
    assert (both["carries"].iloc[-1], both["n_states_hard"].iloc[-1]) == ("state", 4)
    assert both.loc[both["method"] == "network", "carries"].isna().all()


def test_a_network_that_predicts_is_judged_by_what_is_explained(task_of, traces_of):
    task, traces = task_of("mess3"), traces_of("mess3")
    constant = build_machine(
        traces["test"], np.ones((traces["test"].n_steps, 1)), deterministic=False
    )
    rows = evaluate(
        task, traces["train"], traces["test"], {"majority": Kept({1: constant}, {}, 1, {})},
        scoring=Scoring(bootstraps=20), seed=0,
    )  # fmt: skip
    place = {"task": "mess3", "model": "gru", "layer": "l", "gate": "passed", "seed": 0}
    (row,) = digest(compare(rows.assign(**place), level=0.95)).to_dict("records")
    assert row["measure"] == "explained divergence"
    exact = one(rows, method="bayes", score="explained_divergence")
    assert row["bayes"].startswith(f"{exact['value']:.3f} [")
    assert row["bayes"].endswith("K=3*")
    assert abs(one(rows, method="majority", score="explained_divergence")["value"]) < 1e-3
    network = one(rows, method="network", score="explained_divergence")
    assert exact["value"] < network["value"] < 1
