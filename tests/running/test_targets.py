"""What is no target is named, with what is near."""

import pytest

from markovlens.running.targets import Makes, wrong_rules, wrong_targets

MAKES = Makes(
    rules=["all", "figures", "report_write", "tables"],
    patterns={"networks_train": "results/runs/{task}/{model}/card.json"},
    files=["results/report.html", "results/tables/claims.csv"],
    made=lambda file: file in ("results/report.html", "results/runs/parity/gru/card.json"),
)


def said(*targets):
    return [*wrong_targets(targets, MAKES)]


def test_rules_and_files_that_are_made_are_targets():
    assert said("all", "results/report.html", "./results/report.html") == []
    assert said("results/runs/parity/gru/card.json") == []
    assert [*wrong_rules(["networks_train", "tables"], MAKES)] == []


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("tabels", "did you mean tables? the rules are all, figures, report_write, tables; files "),
        ("nosuch", "got neither; the rules are all, figures, report_write, tables; files lie in "),
        ("results/reprot.html", "did you mean results/report.html?"),
        ("results/runs/parity/lstm/x", "the rules are all, figures, report_write, tables"),
    ],
)
def test_of_what_is_none_those_that_are_near_are_named(target, near):
    (line,) = said(target)
    assert line.startswith(f"{target}: expected a rule, or a file that this config makes, got ")
    assert near in line


def test_a_path_from_the_root_is_one_from_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (line,) = said(str(tmp_path / "results" / "report.html"))
    assert line.endswith("did you mean results/report.html?")


def test_a_rule_of_every_network_is_told_by_one_of_its_files():
    (line,) = said("networks_train")
    assert line.endswith("name one of its files, results/runs/{task}/{model}/card.json")


def test_where_to_stop_and_what_to_do_again_may_be_a_rule_of_every_network():
    (line,) = wrong_rules(["netwoks_train"], MAKES)
    assert "did you mean networks_train?" in line
