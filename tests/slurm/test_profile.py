"""What the profile for SLURM says of the rules, and that their jobs can go together so."""

from __future__ import annotations

import re

import pytest
import yaml

from helpers.workspace import REPOSITORY, workspace

TEXT = (REPOSITORY / "profiles/slurm/config.yaml").read_text()
GROUPED = re.findall(r"^#?  - (\w+)=(record|study|compile|network)$", TEXT, re.M)


def rules() -> set[str]:
    """Return the names of all rules but that of fits, which has a number where fits are split."""
    files = (REPOSITORY / "workflow/rules").glob("*.smk")
    found = re.findall(r"^rule (\w+):", "\n".join(path.read_text() for path in files), re.M)
    return {*found, "abstractions_fit"}


def test_every_rule_is_in_a_group_or_goes_alone_on_purpose():
    alone = {"tasks_fetch", "tasks_make", "faithfulness_disturb"}
    assert {rule for rule, _ in GROUPED} == rules() - alone


def test_whatever_is_computed_of_one_network_is_in_its_one_submission():
    merged = {rule for rule, group in GROUPED if group == "compile"}
    network = {rule for rule, group in GROUPED if group == "network"}
    assert {rule for rule, group in GROUPED if group in ("record", "study")} < network
    assert not merged & network


@pytest.mark.workflow
def test_no_group_waits_for_itself_where_fits_are_split(tmp_path):
    config = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text())
    config["abstractions"]["parts"] = 4
    (tmp_path / "split.yaml").write_text(yaml.safe_dump(config))
    done = workspace(tmp_path).submit(
        "--workflow-profile", "profiles/slurm", "--executor", "local", "--dry-run",
        "--quiet", "all", config=tmp_path / "split.yaml", seconds=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
