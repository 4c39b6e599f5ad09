"""Studies beside what else a config may ask for: each is planned, its params found."""

from __future__ import annotations

from copy import deepcopy

import pytest
import yaml

from helpers.arena import write_network
from helpers.planner import dry_runs
from helpers.studies import EXPERT, STUDIES, prepared
from helpers.workspace import REPOSITORY

pytestmark = pytest.mark.workflow

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


def alone(study):
    """Return the config with one study and no network whose machines are sought."""
    others = dict.fromkeys(set(ALONE) - {study}, {})
    section = STUDIES[study] | ({"rest": False} if study == "dynamics" else {})
    return STUDIES | WITHOUT_RUNS | others | {study: section}


def beside_all():
    """Return the config with one's own machine and network, the arena, a network a layer, parts."""
    config = deepcopy(STUDIES)
    others = {"custom_vital_signs": "alarm", "parity": "deep", "arena": "arena"}
    config["runs"] += [{"tasks": [task], "models": [model]} for task, model in others.items()]
    config["networks"]["models"] |= {
        "alarm": ALARM, "arena": {"pretrained": "arena"},
        "deep": {"cell": "gru", "layers": 2, "layer": "all"},
    }  # fmt: skip
    config["tasks"]["custom"]["vital_signs"] = VITAL_SIGNS
    config["tasks"]["arena"] = {"folder": "arena"}
    config["abstractions"] |= {"parts": 3}
    return config | {"seeds": [3, 5], "figures": {"format": "png"}}


COMBINED = {
    "beside all": beside_all(),
    "one's own machine alone": STUDIES
    | {"abstractions": STUDIES["abstractions"] | {"methods": [{"file": EXPERT}]}},
} | {f"{study} alone": alone(study) for study in ALONE}


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return the dry run of each combination by name."""
    folders = {name: tmp_path_factory.mktemp("combined") for name in COMBINED}
    for name, folder in folders.items():
        prepared(folder)
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
