"""A bad config ends Snakemake in one clear line, before any job and without a traceback."""

from __future__ import annotations

import re

import pytest
import yaml

from helpers.workspace import REPOSITORY, Workspace

pytestmark = pytest.mark.workflow


def dry_run(tmp_path, **changes):
    config = yaml.safe_load((REPOSITORY / "config" / "smoke.yaml").read_text()) | changes
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return Workspace(tmp_path).snakemake("--dry-run", config=path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seeeds": [1]}, "config: unknown key 'seeeds'; did you mean seeds?"),
        (
            {"runs": [{"tasks": ["tomita_8"], "models": ["gru"]}]},
            "runs[0].tasks: unknown task 'tomita_8'; did you mean tomita_7?",
        ),
        ({"reliance": {"trust": {}}}, "reliance.trust: got sizes without `reliance.repair`"),
    ],
)
def test_a_bad_config_is_named_before_any_job(tmp_path, changes, expected):
    done = dry_run(tmp_path, **changes)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert "File " not in done.stderr
    assert not (tmp_path / "results").exists()


def test_repairs_are_not_planned_without_their_key(tmp_path):
    planned = dry_run(tmp_path, reliance={})
    assert planned.returncode == 0, planned.stderr[-2000:]
    assert "reliance_repair" not in planned.stdout


def test_without_a_folder_the_arena_is_skipped_with_a_note(tmp_path):
    runs = [{"tasks": ["arena"], "models": ["arena"]}]
    models = {"arena": {"pretrained": "arena"}, "gru": {"cell": "gru", "hidden": 8}}
    others_off = {"networks": {"models": models}, "dynamics": {}, "embedding": {"n_components": 4}}
    alone = dry_run(tmp_path, runs=runs, **others_off)
    assert alone.returncode == 0
    assert "The arena is skipped: tasks.arena.folder names no folder" in alone.stdout + alone.stderr
    runs = [*runs, {"tasks": ["parity"], "models": ["gru"]}]
    others = dry_run(tmp_path, runs=runs, **others_off)
    assert others.returncode == 0
    assert "The arena is skipped" in others.stdout + others.stderr
    assert "tasks_make" in others.stdout + others.stderr


def test_a_config_on_the_command_line_replaces_the_default_one(tmp_path):
    models = {"other": {"cell": "gru", "hidden": 8}}
    runs = [{"tasks": ["parity"], "models": ["gru"]}]
    done = dry_run(tmp_path, networks={"models": models}, runs=runs)
    assert done.returncode == 1
    assert "unknown model 'gru'; the models are other" in done.stderr


def test_weights_that_are_not_there_are_named_though_a_network_of_that_name_was_made(tmp_path):
    spec = {"module": "torch.nn:GRU", "weights": "nowhere.pt", "layer": "rnn.l0"}
    card = tmp_path / "results/runs/parity/own/seed-0/network/card.json"
    card.parent.mkdir(parents=True)
    for file in (card, card.with_name("weights.safetensors")):
        file.touch()
    runs = [{"tasks": ["parity"], "models": ["own"]}]
    done = dry_run(
        tmp_path, networks={"models": {"own": spec}}, runs=runs, seeds=[0], dynamics={},
        robustness={}, embedding={"n_components": 2},
    )  # fmt: skip
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


def test_a_mistake_of_syntax_is_named_with_its_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("seeds: [0]\nruns:\n\t- {}\n")
    done = Workspace(tmp_path).snakemake(
        "--dry-run", config=path, program="markovlens.running.resume"
    )
    assert done.returncode == 1
    assert "config.yaml, line 3, column 1: expected YAML, found character" in done.stderr


def test_a_name_that_snakemake_takes_for_a_loop_is_refused_with_the_config(tmp_path):
    models = {"ab" * 20: {"cell": "gru", "hidden": 8}}
    runs = [{"tasks": ["parity"], "models": list(models)}]
    others_off = {"dynamics": {}, "embedding": {"n_components": 4}, "robustness": {}}
    done = dry_run(tmp_path, networks={"models": models}, runs=runs, **others_off)
    assert done.returncode == 1
    assert "does not end in 20 times 'ab' (Snakemake refuses it)" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_longest_name_and_one_with_dots_are_planned(tmp_path):
    models = {name: {"cell": "gru", "hidden": 8} for name in ("ab" * 45 + "c" * 10, "a.b", "axb")}
    runs = [{"tasks": ["parity"], "models": list(models)}]
    others_off = {"dynamics": {}, "embedding": {"n_components": 4}, "robustness": {}}
    done = dry_run(tmp_path, networks={"models": models}, runs=runs, seeds=[0], **others_off)
    assert done.returncode == 0, done.stderr
    assert re.search(r"networks_train\s+3\b", done.stdout + done.stderr)
