import os
import shutil
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml

from markovlens.config.loading import load_config
from markovlens.files.whole import read_json
from markovlens.running import provenance
from markovlens.running.provenance import describe, write_provenance

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


def declared():
    """Return what pyproject.toml says the library and its workflow need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["workflow"]]
    return {line.split(">=")[0] for line in asked}


def test_every_package_that_a_run_uses_is_there_with_its_version():
    packages = describe()["packages"]
    assert set(packages) == declared() | {"markovlens"}
    assert packages["numpy"] == version("numpy")
    assert None not in packages.values()


def test_code_and_machine_are_there():
    known = describe()
    assert len(known["commit"]) == 40
    assert known["uncommitted_changes"] in (True, False)
    assert all(known[key] for key in ("python", "platform", "processor"))


def test_a_repository_in_which_it_is_only_installed_is_not_its_own(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    installed = tmp_path / ".venv" / "markovlens" / "running" / "provenance.py"
    installed.parent.mkdir(parents=True)
    installed.touch()
    named = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org"}
    named |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
    command = ["git", "-C", str(tmp_path), "commit", "--quiet", "--allow-empty", "-m", "theirs"]
    subprocess.run(command, check=True, env=os.environ | named)
    monkeypatch.setattr(provenance, "__file__", str(installed))
    assert describe()["commit"] is None
    assert describe()["uncommitted_changes"] is False


def test_graphviz_has_its_version_or_none(monkeypatch, tmp_path):
    if shutil.which("dot"):
        assert describe()["graphviz"][0].isdigit()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe()["graphviz"] is None


def test_the_config_can_be_run_again(tmp_path):
    raw = yaml.safe_load((ROOT / "config/smoke.yaml").read_text())
    config = load_config(raw, schema_path=SCHEMA)
    write_provenance(tmp_path / "config.yaml", tmp_path / "versions.json", config)
    again = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert load_config(again, schema_path=SCHEMA) == config
    assert read_json(tmp_path / "versions.json") == describe()


def test_nothing_in_it_changes_from_one_writing_to_the_next(tmp_path):
    for name in ("a", "b"):
        write_provenance(tmp_path / f"{name}.yaml", tmp_path / f"{name}.json", {"seed": 0})
    for suffix in ("yaml", "json"):
        first, second = (tmp_path / f"{name}.{suffix}" for name in "ab")
        assert first.read_bytes() == second.read_bytes()
