"""Every study that the smoke config leaves out, from its config to the report."""

import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from helpers.defined import defined_in
from helpers.html import Page
from helpers.planner import plans
from helpers.workspace import REPOSITORY

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

RULE = re.compile(r'^(?:rule (?=\w+:)| +name:\s+")(\w+)', re.MULTILINE)
TARGETS = {"tables", "figures"}  # they only name what the others make
STUDIES_WITH_CLAIMS = {
    "attention", "attractors", "dynamics", "dynamics_regions", "formation", "hybrids", "lisor",
}  # fmt: skip


def test_every_rule_is_run_by_the_smoke_config_or_this_one(studies, tmp_path):
    """Both run to their end in tests: what one has run and the other plans is all there is."""
    smoke = Path(shutil.copy(REPOSITORY / "config/smoke.yaml", tmp_path))
    (plan,) = plans(tmp_path, {smoke: REPOSITORY / "src"})
    planned = {label.split("\\n")[0] for label in plan.labels.values()}
    benchmarks = studies.folder / "results/benchmarks"
    run = {path.name.partition(".")[0] for path in benchmarks.iterdir()}
    files = [REPOSITORY / "Snakefile", *(REPOSITORY / "workflow/rules").glob("*.smk")]
    known = {name for path in files for name in RULE.findall(path.read_text())}
    assert len(known) > 50
    assert known - planned - run == TARGETS


def test_every_table_is_defined(studies):
    assert len(defined_in(studies.folder / "results")) > 40


def test_the_claims_of_every_study_are_decided_together(studies):
    results = studies.folder / "results"
    together = pd.read_csv(results / "claims.csv").set_index("claim")
    parts = list(results.glob("tables/*_claims.csv"))
    assert {path.stem.removesuffix("_claims") for path in parts} == STUDIES_WITH_CLAIMS
    names = [name for path in parts for name in pd.read_csv(path)["claim"]]
    assert sorted(together.index) == sorted(names)
    # One network of each kind: nothing can be decided, and every claim says so.
    assert set(together["verdict"]) == {"undecided"}
    assert together["reason"].notna().all()
    groups = pd.read_csv(results / "tables/claims_differences.csv").groupby("claim")["difference"]
    effects = together["effect"].dropna()
    assert groups.mean()[effects.index].to_list() == pytest.approx(effects.to_list(), abs=1e-5)
    assert groups.size()[effects.index].to_list() == together["n_clusters"][effects.index].to_list()


def test_moves_are_held_against_looking_without_any_hybrid_being_asked_for(studies):
    """Co-clusters and k-means are both scored; the claim is that of the machines."""
    claims = pd.read_csv(studies.folder / "results/tables/lisor_claims.csv").set_index("claim")
    assert claims.loc["moves_beat_looking", "n"] > 0


def test_every_figure_and_table_is_in_the_report(studies):
    results = studies.folder / "results"
    page = Page((results / "report.html").read_text())
    assert page.problems == []
    linked = {unquote(one) for one in {*page.values("href"), *page.values("src")}}
    made = [path for path in results.glob("figures/**/*.[sp]*g") if path.stat().st_size]
    # Claims of all studies are in one table.
    made += [path for path in results.glob("tables/*.csv") if "_claims" not in path.stem]
    names = {path.relative_to(results).as_posix() for path in made}
    assert len(names) > 60
    assert names - linked == set()
