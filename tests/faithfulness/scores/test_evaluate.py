from dataclasses import replace

import numpy as np
import pandas as pd

from helpers.scored import one, seeds_of
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.lumped import Lumping
from markovlens.abstractions.study import Kept
from markovlens.faithfulness.scores.compile import compare
from markovlens.faithfulness.scores.digest import digest, to_markdown
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.faithfulness.stage import with_nature


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
