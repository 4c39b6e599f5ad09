"""What is no target is named, with what is near."""

import re
from types import SimpleNamespace

import pytest

from markovlens.running.targets import Asked, Makes, makes_of, wrong_rules, wrong_targets

MAKES = Makes(
    rules=["all", "attractors_compile", "figures", "report_write", "tables"],
    patterns={"networks_train": "results/runs/{task}/{model}/card.json"},
    made=lambda file: file in ("results/report.html", "results/runs/parity/gru/card.json"),
    asked=lambda: Asked(
        rules=["all", "figures", "report_write", "tables"],
        files=["results/report.html", "results/claims.csv", "results/tables/claims.csv"],
    ),
)


def rule(name, output=(), input=()):
    """Return what is read of a rule of Snakemake; its wildcard, if any, is `{task}`."""
    wildcards = any("{task" in file for file in output)

    def expanded(files):
        return lambda values: (
            [re.sub("{task[^}]*}", values.get("task", ""), f) for f in files],
            {},
        )

    def found(file):
        patterns = (re.sub("{task(,([^}]*))?}", r"(?P<task>\\w+)", each) for each in output)
        return next((match for each in patterns if (match := re.fullmatch(each, file))), None)

    return SimpleNamespace(
        name=name, output=list(output), has_wildcards=lambda: wildcards,
        is_producer=lambda file: found(file) is not None,
        get_wildcards=lambda file: found(file).groupdict(),
        expand_output=expanded(output), expand_input=expanded(input),
    )  # fmt: skip


TABLES, CARD = "results/tables/{}.csv", "results/runs/{}/card.json"
RULES = [
    rule("all", input=["results/report.html", TABLES.format("networks")]),
    rule("tables", input=[TABLES.format("networks")]),
    rule("report_write", ["results/report.html"], ["results/provenance.json"]),
    rule("provenance_write", ["results/provenance.json"]),
    rule("networks_compile", [TABLES.format("networks")], [CARD.format("parity")]),
    rule("attractors_compile", [TABLES.format("attractors")], [CARD.format("s3")]),
    rule("networks_train", [CARD.format("{task,parity|s3}")], ["results/tasks/{task}.json"]),
    rule("tasks_make", ["results/tasks/{task}.json"], ["resources/words.txt"]),
    rule("tasks_fetch", ["resources/words.txt"]),
]


def test_only_what_the_config_asks_for_is_suggested():
    makes = makes_of(SimpleNamespace(rules=RULES))
    assert makes.asked().rules == [
        "all", "networks_compile", "provenance_write", "report_write", "tables", "tasks_fetch",
    ]  # fmt: skip
    assert sorted(makes.asked().files) == [
        "resources/words.txt", "results/provenance.json", "results/report.html",
        CARD.format("parity"), TABLES.format("networks"), "results/tasks/parity.json",
    ]  # fmt: skip
    assert makes.patterns["networks_train"] == CARD.format("{task}")
    assert "attractors_compile" in makes.rules
    assert makes.made(TABLES.format("attractors"))
    for wrong in ("results/tables/atractors.csv", "atractors_compile"):
        (line,) = wrong_targets([wrong], makes)
        assert "attractors" not in line.partition(": ")[2]
        (line,) = wrong_rules([wrong], makes)
        assert "attractors" not in line.partition(": ")[2]
    for wrong, near in (("network", "networks"), ("netwroks", "networks")):
        (line,) = wrong_targets([TABLES.format(wrong)], makes)
        assert line.endswith(f"did you mean {TABLES.format(near)}?")
    (line,) = wrong_targets(["word.txt"], makes)
    assert line.endswith("did you mean resources/words.txt?")


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
        ("claims.csv", "did you mean results/claims.csv or results/tables/claims.csv?"),
        ("reprot.html", "did you mean results/report.html?"),
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
