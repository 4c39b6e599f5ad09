"""What the profile for SLURM says of the rules, and that their jobs can go together so."""

from __future__ import annotations

import re

import pytest
import yaml

from helpers.workspace import REPOSITORY, workspace
from markovlens.config.loading import pairs

TEXT = (REPOSITORY / "profiles/slurm/config.yaml").read_text()
GROUPS = dict(re.findall(r"^  - (\w+)=(\w+)$", TEXT, re.M))
# Those that the comments name for fits that are split.
OTHERS = dict(re.findall(r"^#  - (\w+)=(record|study|judge_{task}_{model})$", TEXT, re.M))
TOGETHER = re.findall(r"^#  - (judge_{task}_{model}=\d+)$", TEXT, re.M)


def rules() -> set[str]:
    """Return the names of all rules but that of fits, which has a number where fits are split."""
    files = (REPOSITORY / "workflow/rules").glob("*.smk")
    found = re.findall(r"^rule (\w+):", "\n".join(path.read_text() for path in files), re.M)
    return {*found, "abstractions_fit"}


def test_every_rule_is_in_a_group_or_goes_alone_on_purpose():
    alone = {"tasks_fetch", "faithfulness_disturb"}
    assert set(GROUPS) - {"tasks"} == rules() - alone


def test_lines_for_split_fits_are_for_all_that_else_goes_with_its_network():
    network = {rule for rule, group in GROUPS.items() if group == "network"}
    assert set(OTHERS) == network - {"abstractions_fit"}


def test_what_the_profile_gives_a_rule_doubles_with_each_attempt():
    """Those in force and the commented one alike; Snakemake evaluates them, `attempt` given."""
    given = yaml.safe_load(TEXT)["default-resources"]
    commented = re.findall(r"^# +(mem_mb|runtime): (\d.*)$", TEXT, re.M)
    amounts = [*(each.split("=", 1) for each in given), *commented]
    assert [name for name, _ in amounts] == ["mem_mb", "runtime"] * 2
    for name, amount in amounts:
        first, second, third = (_evaluated(amount, attempt) for attempt in (1, 2, 3))
        assert (second, third) == (2 * first, 4 * first), name


def _evaluated(amount: str, attempt: int) -> int:
    return eval(amount, {"__builtins__": {}}, {"attempt": attempt})


@pytest.mark.workflow
def test_no_group_waits_for_itself_where_fits_are_split_and_one_judges_a_network(tmp_path):
    config = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text())
    config["abstractions"]["parts"] = 4
    (tmp_path / "split.yaml").write_text(yaml.safe_dump(config))
    kept = {rule: group for rule, group in GROUPS.items() if group != "network"}
    profile = yaml.safe_load(TEXT)
    profile["groups"] = [f"{rule}={group}" for rule, group in (kept | OTHERS).items()]
    profile["group-components"] += TOGETHER
    del profile["quiet"]
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile/config.yaml").write_text(yaml.safe_dump(profile))
    done = workspace(tmp_path).submit(
        "--workflow-profile", str(tmp_path / "profile"), "--executor", "local", "--dry-run",
        config=tmp_path / "split.yaml", seconds=300,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    judges = re.findall(r"Group job (judge_\w+)", said)
    assert sorted(judges) == sorted(f"judge_{task}_{model}" for task, model in pairs(config))
