"""What did not come out again on another kind of processor is counted from the tables of both."""

import json

import pandas as pd
import pytest


def kept(folder, *, verdict="finite-state", states=4.0, value=0.9, half=0.05, claim="undecided"):
    """Keep tables of a run of two networks; the arguments are of the first."""
    from kept_elsewhere import SHOWN
    from kept_runs import Run

    folder.mkdir()
    head = ["task", "network", "measure", *SHOWN]
    first = f"{value:.3f} [{value - half:.3f}, {value + half:.3f}] K=2"
    rows = [
        ["parity", "gru", "agreement", first, *["1.000 K=2"] * 6],
        ["tomita_7", "gru", "agreement", *["0.5 K=2"] * 7],
    ]
    lines = ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)]
    (folder / "comparison.md").write_text("\n".join(lines) + "\n")
    score = {"model": "gru", "method": "hmm", "mode": "closed", "score": "iia"}
    ends = {"low": value - half, "high": value + half}
    scores = [
        score | {"task": "parity", "value": value} | ends,
        score | {"task": "tomita_7", "value": 0.5, "low": 0.4, "high": 0.6},
        score | {"task": "dyck_1"},
    ]
    pd.DataFrame(scores).to_csv(folder / "comparison.csv", index=False)
    judged = {"model": "gru", "scope": "network"}
    verdicts = [
        judged | {"task": "parity", "verdict": verdict, "n_states": states},
        judged | {"task": "tomita_7", "verdict": "not finite-state"},
        judged | {"task": "parity", "scope": "seed", "verdict": verdict, "n_states": 7},
    ]
    pd.DataFrame(verdicts).to_csv(folder / "verdicts.csv", index=False)
    claims = {"claim": ["gates_matter", "states_are_semantic"], "verdict": [claim, "supported"]}
    ends = {"effect": value, "low": 0.1, "high": 1.0, "n_clusters": 9, "n_clusters_needed": None}
    pd.DataFrame(claims | ends).to_csv(folder / "claims.csv", index=False)
    (folder / "run.json").write_text(json.dumps({"processor": folder.name}))
    return Run(folder)


@pytest.fixture
def beside(ext, tmp_path):
    """Hold a run against one that is the same but for what is named."""

    def make(**other):
        module = ext("kept_elsewhere")
        return module.Elsewhere(kept(tmp_path / "here"), kept(tmp_path / "there", **other))

    return make


def test_the_same_numbers_came_out_again(beside):
    both = beside()
    assert both.cells() == (0, 14)
    assert both.scores() == (0, 2, 0)  # what has no value is no score
    for rows, n in (both.verdicts(), both.claims()):
        assert rows.empty
        assert n == 2


@pytest.mark.parametrize(("value", "differ"), [(0.9, 0), (0.91, 1)])
def test_a_cell_differs_by_its_value_and_not_by_its_interval(beside, value, differ):
    assert beside(half=0.04, value=value).cells() == (differ, 14)


@pytest.mark.parametrize(("value", "apart"), [(0.93, 0), (0.99, 1)])
def test_scores_differ_where_each_lies_outside_the_others_interval(beside, value, apart):
    assert beside(value=value).scores() == (apart, 2, 0)


@pytest.mark.parametrize("other", [{"verdict": "not finite-state"}, {"states": 5.0}])
def test_a_verdict_differs_by_its_word_or_its_states(beside, other):
    rows, n = beside(**other).verdicts()
    assert (rows["task"].tolist(), n) == (["parity"], 2)


def test_a_claim_differs_by_its_verdict(beside):
    both = beside(claim="supported", value=0.6)
    rows, n = both.claims()
    assert (rows["claim"].tolist(), n) == (["gates_matter"], 2)
    head, _, only = both.other_claims().splitlines()
    assert head == "| id | here | there |"
    ends = ("0.90 [0.10, 1.00], undecided", "0.60 [0.10, 1.00], supported")
    assert only == "| `gates_matter` | " + " | ".join(ends) + " |"
