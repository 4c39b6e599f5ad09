"""The fits of one network are one job, or as many as `abstractions.parts` says, and no job more."""

from __future__ import annotations

import re

import pytest
import yaml

from helpers.workspace import REPOSITORY, workspace

pytestmark = pytest.mark.workflow


def planned(tmp_path, parts):
    """Return how many jobs of each rule a dry run of the smoke config announces."""
    config = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text())
    config["abstractions"]["parts"] = parts
    path = tmp_path / f"{parts}.yaml"
    path.write_text(yaml.safe_dump(config))
    (tmp_path / f"space-{parts}").mkdir()
    done = workspace(tmp_path / f"space-{parts}").snakemake(
        "--dry-run", "--quiet", "rules", config=path
    )
    assert done.returncode == 0, done.stderr
    return {rule: int(n) for rule, n in re.findall(r"^([a-z_0-9]+) +(\d+)$", done.stdout, re.M)}


def test_fits_are_split_over_jobs_and_nothing_else_changes(tmp_path):
    whole, split = planned(tmp_path, 1), planned(tmp_path, 4)
    assert whole.pop("abstractions_fit") == 3
    assert [split.pop(f"abstractions_fit_{part}") for part in (1, 2, 3, 4)] == [3, 3, 3, 3]
    assert split.pop("total") - whole.pop("total") == 9
    assert split == whole
