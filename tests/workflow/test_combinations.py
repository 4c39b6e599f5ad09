"""Studies beside what else a config may ask for: each is planned, its params found."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import yaml

from helpers.arena import write_network
from helpers.planner import dry_runs
from helpers.studies import STUDIES, prepared
from helpers.workspace import REPOSITORY
from markovlens.machines.formats.registry import write_machine
from markovlens.machines.machine import automaton

pytestmark = pytest.mark.workflow

EXPERT, OWN = "expert.jff", "custom_vital_signs"
CUSTOM = REPOSITORY / "config" / "custom"
ALARM = {
    "module": f"{CUSTOM}/network.py:Alarm", "kwargs": {"hidden": 16, "layers": 1},
    "weights": f"{CUSTOM}/alarm.safetensors", "layer": "rnn.l0",
}  # fmt: skip
VITAL_SIGNS = {
    "data": f"{CUSTOM}/vital_signs.csv", "sequence": "subject", "step": "minute",
    "inputs": ["heart_rate", "spo2"], "units": {"heart_rate": "/min", "spo2": "%"},
    "target": "state",
}  # fmt: skip
WITHOUT_RUNS = {"runs": [], "reliance": {}, "dynamics": {}, "attractors": None}
ALONE = ("attention", "dynamics", "formation", "hybrids")


def with_run(task, model, spec, **tasks):
    """Return the config with one more network of its own, and what its task needs."""
    changed = deepcopy(STUDIES)
    changed["runs"].append({"tasks": [task], "models": [model]})
    changed["networks"]["models"][model] = spec
    for family, section in tasks.items():
        changed["tasks"].setdefault(family, {}).update(section)
    return changed


def alone(study):
    """Return the config with one study and no network whose machines are sought."""
    others = dict.fromkeys(set(ALONE) - {study}, {})
    section = STUDIES[study] | ({"rest": False} if study == "dynamics" else {})
    return STUDIES | WITHOUT_RUNS | others | {study: section}


def of_methods(**changes):
    return STUDIES | {"abstractions": STUDIES["abstractions"] | changes}


METHODS = STUDIES["abstractions"]["methods"]
COMBINED = {
    "own machine": of_methods(methods=[*METHODS, {"file": EXPERT}]),
    "own machine alone": of_methods(methods=[{"file": EXPERT}]),
    "parts": of_methods(parts=3),
    "more seeds": STUDIES | {"seeds": [3, 5]},
    "own network": with_run(OWN, "alarm", ALARM, custom={"vital_signs": VITAL_SIGNS}),
    "every layer": with_run("parity", "deep", {"cell": "gru", "layers": 2, "layer": "all"}),
    "arena": with_run("arena", "arena", {"pretrained": "arena"}, arena={"folder": "arena"}),
    "png": STUDIES | {"figures": {"format": "png"}},
} | {f"{study} alone": alone(study) for study in ALONE}  # fmt: skip


def expert():
    """Return an automaton of strings that contain 000."""
    successor = np.array([[1, 0], [2, 0], [3, 0], [3, 3]])
    accepting = np.array([False, False, False, True])
    return automaton(successor, accepting, start=0, symbols=("0", "1"))


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return the dry run of each combination by name."""
    folders = {name: tmp_path_factory.mktemp("combined") for name in COMBINED}
    for name, folder in folders.items():
        prepared(folder)
        write_machine(folder / EXPERT, expert())
        (folder / "arena").mkdir()
        write_network(folder / "arena", "one", cell="gru", layers=1, kind="binary")
        (folder / "config.yaml").write_text(yaml.safe_dump(COMBINED[name]))
    return dict(zip(COMBINED, dry_runs(folders.values()), strict=True))


@pytest.mark.parametrize("name", list(COMBINED))
def test_it_is_planned_up_to_the_report(planned, name):
    done = planned[name]
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "report_write" in done.stdout


@pytest.mark.parametrize("study", ALONE)
def test_a_study_alone_trains_no_network_whose_machines_are_sought(planned, study):
    said = planned[f"{study} alone"].stdout
    assert f"{study}_compile" in said
    assert "abstractions_fit" not in said
