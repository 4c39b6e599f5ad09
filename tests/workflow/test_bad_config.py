"""A bad config ends Snakemake in one clear line, before any job and without a traceback."""

from __future__ import annotations

import re

import pytest
import yaml

from helpers.planner import dry_runs
from helpers.workspace import REPOSITORY, Workspace

pytestmark = pytest.mark.workflow


SMOKE = yaml.safe_load((REPOSITORY / "config" / "smoke.yaml").read_text())
PARITY = [{"tasks": ["parity"], "models": ["gru"]}]
ARENA = [{"tasks": ["arena"], "models": ["arena"]}]
GRU = {"cell": "gru", "hidden": 8}
STUDIES_OFF = {"dynamics": {}, "embedding": {"n_components": 4}, "layers": {}}
BAD = {
    "unknown key": ({"seeeds": [1]}, "config: unknown key 'seeeds'; did you mean seeds?"),
    "unknown task": (
        {"runs": [{"tasks": ["tomita_8"], "models": ["gru"]}]},
        "runs[0].tasks: unknown task 'tomita_8'; did you mean tomita_7?",
    ),
    "trust alone": (
        {"reliance": {"trust": {}}},
        "reliance.trust: got sizes without `reliance.repair`",
    ),
}


def of_models(models, **changes):
    return {"networks": {"models": models}, **STUDIES_OFF} | changes


def named(*names):
    """Return changes in which networks of some names run, and no study."""
    runs = [{"tasks": ["parity"], "models": list(names)}]
    return of_models(dict.fromkeys(names, GRU), runs=runs, robustness={})


CHANGES = {name: changes for name, (changes, _) in BAD.items()} | {
    "no repairs": {"reliance": {}},
    "arena alone": of_models({"arena": {"pretrained": "arena"}, "gru": GRU}, runs=ARENA),
    "arena beside": of_models({"arena": {"pretrained": "arena"}, "gru": GRU}, runs=ARENA + PARITY),
    "other models": {"networks": {"models": {"other": GRU}}, "runs": PARITY},
    "no weights": of_models(
        {"own": {"module": "torch.nn:GRU", "weights": "nowhere.pt", "layer": "rnn.l0"}},
        runs=[{"tasks": ["parity"], "models": ["own"]}], seeds=[0], robustness={},
        embedding={"n_components": 2},
    ),
    "loop": named("ab" * 20),
    "long": named("ab" * 45 + "c" * 10, "a.b", "axb") | {"seeds": [0]},
}  # fmt: skip


@pytest.fixture(scope="module")
def dry(tmp_path_factory):
    """Return the dry run of the smoke config after each change, and its folder, by name."""
    folders = {name: tmp_path_factory.mktemp("dry") for name in CHANGES}
    for name, folder in folders.items():
        (folder / "config.yaml").write_text(yaml.safe_dump(SMOKE | CHANGES[name]))
    card = folders["no weights"] / "results/runs/parity/own/seed-0/network/card.json"
    card.parent.mkdir(parents=True)
    for file in (card, card.with_name("weights.safetensors")):
        file.touch()
    runs = dry_runs(folders.values())
    return {name: (run, folders[name]) for name, run in zip(folders, runs, strict=True)}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_config_is_named_before_any_job(dry, name):
    done, folder = dry[name]
    assert done.returncode == 1
    assert BAD[name][1] in done.stderr
    assert "Traceback" not in done.stderr
    assert "File " not in done.stderr
    assert not (folder / "results").exists()


def test_repairs_are_not_planned_without_their_key(dry):
    planned, _ = dry["no repairs"]
    assert planned.returncode == 0, planned.stderr[-2000:]
    assert "reliance_repair" not in planned.stdout


def test_without_a_folder_the_arena_is_skipped_with_a_note(dry):
    alone, _ = dry["arena alone"]
    assert alone.returncode == 0
    assert "The arena is skipped: tasks.arena.folder names no folder" in alone.stdout + alone.stderr
    others, _ = dry["arena beside"]
    assert others.returncode == 0
    assert "The arena is skipped" in others.stdout + others.stderr
    assert "tasks_make" in others.stdout + others.stderr


def test_a_config_on_the_command_line_replaces_the_default_one(dry):
    done, _ = dry["other models"]
    assert done.returncode == 1
    assert "unknown model 'gru'; the models are other" in done.stderr


def test_weights_that_are_not_there_are_named_though_a_network_of_that_name_was_made(dry):
    done, _ = dry["no weights"]
    assert done.returncode == 1
    assert "networks.models.own.weights: got 'nowhere.pt', expected a file that is there" in (
        done.stderr
    )


@pytest.mark.parametrize("program", ["snakemake", "markovlens.running.resume"])
def test_a_key_that_stands_there_twice_is_named_with_its_line(tmp_path, program):
    text = (REPOSITORY / "config" / "smoke.yaml").read_text()
    path = tmp_path / "config.yaml"
    path.write_text(f"{text}\nseeds: [3]\n")
    done = Workspace(tmp_path).snakemake("--dry-run", config=path, program=program)
    assert done.returncode == 1
    line = len(text.splitlines()) + 2
    assert f"config.yaml, line {line}, column 1: key 'seeds' stands there a second" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_target_that_is_none_is_named_before_any_job(tmp_path):
    done = Workspace(tmp_path).snakemake(
        "--dry-run",
        "tabels",
        "networks_train",
        "results/reprot.html",
        program="markovlens.running.resume",
        config=REPOSITORY / "config" / "smoke.yaml",
    )
    assert done.returncode == 1
    assert "tabels: expected a rule, or a file" in done.stderr
    (tabels,) = [line for line in done.stderr.splitlines() if line.startswith("tabels: ")]
    assert "did you mean tables? the rules are all, " in tabels
    assert "report_write" in tabels
    assert "attention_compile" not in tabels  # which this config has no network for
    assert "name one of its files, results/runs/{task}/{model}/seed-0/network/" in done.stderr
    assert "did you mean results/report.html" in done.stderr
    assert "why, and what to do: markovlens errors unknown-name" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistake_of_syntax_is_named_with_its_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("seeds: [0]\nruns:\n\t- {}\n")
    done = Workspace(tmp_path).snakemake(
        "--dry-run", config=path, program="markovlens.running.resume"
    )
    assert done.returncode == 1
    assert "config.yaml, line 3, column 1: expected YAML, found character" in done.stderr


def test_a_name_that_snakemake_takes_for_a_loop_is_refused_with_the_config(dry):
    done, _ = dry["loop"]
    assert done.returncode == 1
    assert "does not end in 20 times 'ab' (Snakemake refuses it)" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_longest_name_and_one_with_dots_are_planned(dry):
    done, _ = dry["long"]
    assert done.returncode == 0, done.stderr
    assert re.search(r"networks_train\s+3\b", done.stdout + done.stderr)
