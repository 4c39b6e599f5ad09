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
    assert (found.n_points, found.settings) == (0, ())


def test_a_value_inside_one_of_the_intervals_is_no_difference(tmp_path):
    wide = write(tmp_path / "wide", [("s", 0.5, 0.1, 0.9)], [], [])
    narrow = write(tmp_path / "narrow", [("s", 0.8, 0.75, 0.85)], [], [])
    assert compare_runs(wide, narrow).numbers.empty


def test_a_run_is_like_itself(runs, capsys):
    assert main([str(runs[0]), str(runs[0])]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "0 of 2 scores lie outside each other's intervals"
    )


def test_a_folder_that_is_no_run(runs, tmp_path):
    with pytest.raises(DataError, match=r"comparison\.csv is missing; `make benchmark`.*RESULTS="):
        compare_runs(runs[0], tmp_path)


def test_counts_are_no_scores_outside_their_intervals(tmp_path):
    ours = write(tmp_path / "ours", [("n_edges", 7, 7, 7), ("same", 2, 2, 2)], [], [])
    theirs = write(tmp_path / "theirs", [("n_edges", 9, 9, 9), ("same", 2, 2, 2)], [], [])
    found = compare_runs(ours, theirs)
    assert found.numbers.empty
    assert found.points["score"].tolist() == ["n_edges"]
    assert "1 of 2 scores without an interval differ" in str(found)


def test_one_sees_why_numbers_are_apart(tmp_path):
    ours = write(tmp_path / "ours", [("s", 0.99991, 0.9999, 0.99992)], [], [])
    theirs = write(tmp_path / "theirs", [("s", 0.99994, 0.99993, 0.99995)], [], [])
    told = str(compare_runs(ours, theirs))
    assert "0.99991" in told
    assert "0.99993" in told


def test_runs_with_nothing_in_common_are_refused(tmp_path, capsys):
    ours = write(tmp_path / "ours", [("one", 1, 0, 2)], [], [])
    theirs = write(tmp_path / "theirs", [("two", 1, 0, 2)], [], [])
    with pytest.raises(SystemExit) as ended:
        main([str(ours), str(theirs)])
    assert ended.value.code == 1
    assert "expected two runs of one config" in capsys.readouterr().err


def test_what_the_configs_differ_in_is_told(runs):
    for run, seeds in zip(runs, (2, 5), strict=True):
        (run / "provenance").mkdir()
        text = f"seed: 0\ntasks:\n  parity:\n    n_train: {seeds}\nlevels: []\n"
        (run / "provenance/config.resolved.yaml").write_text(text)
    assert compare_runs(*runs).settings == ("tasks.parity.n_train",)
    assert str(compare_runs(*runs)).startswith("The configs differ, in tasks.parity.n_train:")
    assert compare_runs(runs[0], runs[0]).settings == ()
