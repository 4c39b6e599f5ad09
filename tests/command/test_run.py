"""`markovlens run` and `new`: what Snakemake is told, what a project has."""

import os
import re

import pytest
import yaml

from markovlens.command.app import main
from markovlens.command.start import THREADS, snakemake_arguments
from markovlens.errors import ConfigError
from markovlens.running import shipped
from markovlens.running.shipped import rule_names, shipped_configs, workflow_folder


def told(*what, options=()):
    """Return what Snakemake is told beyond where the workflow is."""
    arguments = snakemake_arguments(what, cores="2", options=options)
    assert arguments[:2] == ["--snakefile", str(workflow_folder() / "Snakefile")]
    return arguments[2:]


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["smoke", "smoke.yaml", "config/smoke.yaml"])
def test_a_config_that_comes_with_markovlens_is_known_by_name(name, empty):
    shipped_one = str(workflow_folder() / "config" / "smoke.yaml")
    if name == "smoke.yaml":
        with pytest.raises(ConfigError, match="did you mean smoke"):
            told(name)
    else:
        assert told(name) == ["--configfile", shipped_one, "--cores", "2"]


def test_a_file_of_ones_own_goes_before_one_that_comes_with_markovlens(empty):
    (empty / "config").mkdir()
    for name in ("config/smoke.yaml", "config/config.yaml", "smoke"):
        (empty / name).write_text("seed: 0\n")
    assert told("config/smoke.yaml")[1] == "config/smoke.yaml"
    assert told("smoke")[1] == "smoke"
    assert told()[1] == "config/config.yaml"
    assert told("tables", "--keep-going")[1:] == [
        "config/config.yaml", "--cores", "2", "tables", "--keep-going",
    ]  # fmt: skip


def test_a_target_in_the_place_of_a_config_is_known(empty):
    with pytest.raises(ConfigError, match="got neither; .*; did you mean the target tables?"):
        told("tabels")
    (empty / "mine").mkdir()
    (empty / "mine" / "config").touch()
    assert told("mine/config")[:2] == ["--configfile", "mine/config"]


def test_targets_and_options_follow_the_config(empty):
    rest = ["results/a.csv", "tables", "--config", "seed=1"]
    assert told("smoke", *rest, options=["--dry-run"])[2:] == ["--dry-run", "--cores", "2", *rest]


def test_a_config_among_snakemakes_options_is_the_config(empty):
    assert told("--configfile", "mine.yaml") == ["--cores", "2", "--configfile", "mine.yaml"]


def test_every_rule_can_be_a_target(empty):
    (empty / "config").mkdir()
    (empty / "config" / "config.yaml").touch()
    assert {"all", "tables", "figures", "report_write"} <= set(rule_names())
    assert all(told(name)[-1] == name for name in rule_names())


def test_run_becomes_snakemake_on_one_thread_a_process(empty, monkeypatch):
    became = []
    monkeypatch.setattr("markovlens.command.start.become", became.append)
    for name in THREADS:
        monkeypatch.setenv(name, "")  # so that what the run sets is taken back
        monkeypatch.delenv(name)
    monkeypatch.setenv(THREADS[0], "3")
    with pytest.raises(SystemExit) as ended:
        main(["run", "smoke", "-d", "there", "-n", "--", "--quiet"])
    assert not ended.value.code
    assert [os.environ[name] for name in THREADS] == ["3", "1", "1"]
    expected = ["--dry-run", "--directory", "there", "--cores", "all", "--quiet"]
    assert became[0][4:] == expected


def test_without_snakemake_it_says_how_to_get_it(empty, monkeypatch, capsys):
    monkeypatch.setattr("markovlens.command.start.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        main(["run", "smoke"])
    assert ended.value.code == 1
    assert "pip install 'markovlens[workflow]'" in capsys.readouterr().err


def test_without_its_files_it_says_so(empty, monkeypatch):
    monkeypatch.setattr(shipped, "PLACES", (empty, empty / "other"))
    with pytest.raises(ConfigError, match="install markovlens from its wheel"):
        workflow_folder()


def test_a_project_has_every_file_that_its_config_names(empty):
    with pytest.raises(SystemExit):
        main(["new", "mine"])
    config = yaml.safe_load((empty / "mine" / "config" / "config.yaml").read_text())
    (model,) = config["networks"]["models"].values()
    (task,) = config["tasks"]["custom"].values()
    for name in (task["data"], model["module"].partition(":")[0], model["weights"]):
        assert (empty / "mine" / name).is_file()
    readme = (empty / "mine" / "README.md").read_text()
    files = re.findall(r"\b(?:config|data|network)/\w+\.\w+", readme)
    assert len(set(files)) == 5
    assert [name for name in files if not (empty / "mine" / name).is_file()] == []


def test_the_configs_that_come_with_markovlens_are_those_of_its_folder():
    assert {"config", "smoke", "custom"} <= set(shipped_configs())
