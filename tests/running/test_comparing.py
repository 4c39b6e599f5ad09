"""Two runs side by side: only what lies outside each other's intervals is told."""

import pandas as pd
import pytest

from markovlens.errors import DataError
from markovlens.running.comparing import compare_runs, main

SCORES = ["task", "model", "layer", "method", "mode", "score", "selection", "value", "low", "high"]
VERDICTS = ["task", "model", "scope", "seed", "verdict", "n_states"]


def write(folder, scores, verdicts, claims):
    (folder / "tables").mkdir(parents=True)
    rows = [("t", "gru", "l0", "hmm", "closed", name, "chosen", *ends) for name, *ends in scores]
    pd.DataFrame(rows, columns=SCORES).to_csv(folder / "tables/comparison.csv", index=False)
    rows = [("t", "gru", "seed", seed, *rest) for seed, rest in enumerate(verdicts)]
    pd.DataFrame(rows, columns=VERDICTS).to_csv(folder / "tables/verdicts.csv", index=False)
    table = pd.DataFrame(claims, columns=["claim", "verdict"])
    table.to_csv(folder / "claims.csv", index=False)
    return folder


@pytest.fixture
def runs(tmp_path):
    ours = write(
        tmp_path / "ours",
        [("apart", 0.9, 0.8, 0.95), ("near", 0.9, 0.8, 0.95), ("gone", 1, 1, 1)],
        [("finite-state", 5), ("refused", None), ("finite-state", 5)],
        [("a", "supported"), ("b", "undecided")],
    )
    theirs = write(
        tmp_path / "theirs",
        [("apart", 0.5, 0.4, 0.6), ("near", 0.85, 0.7, 0.9)],
        [("finite-state", 6), ("refused", None), ("refused", None)],
        [("a", "supported"), ("b", "contradicted")],
    )
    return ours, theirs


def test_what_differs_beyond_its_intervals(runs):
    found = compare_runs(*runs)
    assert found.numbers["score"].tolist() == ["apart"]
    assert found.verdicts["seed"].tolist() == [0, 2]
    assert found.claims["claim"].tolist() == ["b"]
    assert (found.n_numbers, found.n_verdicts, found.n_claims, found.alone) == (2, 3, 2, 1)


def test_a_value_inside_one_of_the_intervals_is_no_difference(tmp_path):
    wide = write(tmp_path / "wide", [("s", 0.5, 0.1, 0.9)], [], [])
    narrow = write(tmp_path / "narrow", [("s", 0.8, 0.75, 0.85)], [], [])
    assert compare_runs(wide, narrow).numbers.empty


def test_a_run_is_like_itself(runs, capsys):
    assert main([str(runs[0]), str(runs[0])]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "0 of 3 scores lie outside each other's intervals"
    )


def test_a_folder_that_is_no_run(runs, tmp_path):
    with pytest.raises(DataError, match=r"comparison\.csv"):
        compare_runs(runs[0], tmp_path)
