"""What is no target is named, with what is near."""

from types import SimpleNamespace

import pytest

from markovlens.running.targets import Makes, makes_of, wrong_rules, wrong_targets

MAKES = Makes(
    rules=["all", "attractors_compile", "figures", "report_write", "tables"],
    asked=["all", "figures", "report_write", "tables"],
    patterns={"networks_train": "results/runs/{task}/{model}/card.json"},
    files=["results/report.html", "results/tables/claims.csv"],
    made=lambda file: file in ("results/report.html", "results/runs/parity/gru/card.json"),
)


def rule(name, output=(), input=(), wildcards=False):
    """Return what is read of a rule of Snakemake."""
    return SimpleNamespace(
        name=name, output=list(output), input=list(input),
        has_wildcards=lambda: wildcards, is_producer=lambda file: file in output,
    )  # fmt: skip


TABLES, RUN_CARD = "results/tables/{}.csv", "results/runs/{task,parity|s3}/card.json"
RULES = [
    rule("all", input=["results/report.html", TABLES.format("networks")]),
    rule("tables", input=[TABLES.format("networks"), lambda wildcards: "later"]),
    rule("report_write", ["results/report.html"], ["results/provenance.json"]),
    rule("provenance_write", ["results/provenance.json"]),
    rule("networks_compile", [TABLES.format("networks")], ["results/runs/parity/card.json"]),
    rule("attractors_compile", [TABLES.format("attractors")], ["results/runs/s3/rest.json"]),
    rule("networks_train", [RUN_CARD], ["results/tasks/{task}.json"], wildcards=True),
]


def test_only_what_the_config_asks_for_is_suggested():
    makes = makes_of(SimpleNamespace(rules=RULES))
    assert makes.asked == ["all", "networks_compile", "provenance_write", "report_write", "tables"]
    assert makes.files == [
        "results/report.html", TABLES.format("networks"), "results/provenance.json",
        "results/runs/parity/card.json",
    ]  # fmt: skip
    assert makes.patterns == {"networks_train": "results/runs/{task}/card.json"}
    assert "attractors_compile" in makes.rules
    assert makes.made(TABLES.format("attractors"))
    for wrong in ("results/tables/atractors.csv", "atractors_compile"):
        (line,) = wrong_targets([wrong], makes)
        assert "attractors" not in line.partition(": ")[2]
        (line,) = wrong_rules([wrong], makes)
        assert "attractors" not in line.partition(": ")[2]
    (line,) = wrong_targets(["results/tables/network.csv"], makes)
    assert line.endswith("did you mean results/tables/networks.csv?")


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
