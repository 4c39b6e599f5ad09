"""Machines whose states do not move are scored where they are read off, and alone as a floor."""

from markovlens.abstractions.study import Kept, study
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.faithfulness.scores.hardness import WITHOUT_MOVES


def test_the_closed_loop_says_that_there_are_no_moves(task_of, traces_of):
    task, traces = task_of("contains_000"), traces_of("contains_000")
    found = study("coclusters", traces["train"], traces["valid"], n_states=[3], seed=0).fits[3]
    states = {"test": {3: found.decode(traces["test"])}}
    kept = {"coclusters": Kept({3: found.machine}, {}, 3, states)}
    rows = evaluate(task, traces["train"], traces["test"], kept, scoring=Scoring(20), seed=0)
    mine = rows[rows["method"] == "coclusters"].set_index("mode")
    assert set(mine.loc["closed", "reason"]) == {WITHOUT_MOVES}
    assert set(mine.loc["open", "reason"]) == {""}
    agreement = mine[mine["score"] == "balanced_fidelity_string"]["value"]
    assert agreement["closed"] == 0.5
