"""A run that is planted: a file for each that a run would have made, a line in each."""

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import yaml

from markovlens.command.cells import find_cell
from markovlens.command.evidence import Ran, missing
from markovlens.command.project import make_project
from markovlens.config.loading import load_config
from markovlens.config.reading import read_config
from markovlens.running.shipped import workflow_folder

SCHEMA = workflow_folder() / "workflow" / "schemas" / "config.schema.yaml"
VERSIONS = {"commit": "c0ffee", "uncommitted_changes": False, "packages": {"markovlens": "0.1"}}
COMPARISON = "task,model,score,value\ncontains_000,gru,a,0.10\nsentiment,gru_small,a,0.20\n"


@dataclass(frozen=True)
class Planted:
    """A folder with a run."""

    home: Path

    @property
    def results(self):
        return self.home / "results"

    def log(self, name, text):
        path = self.home / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def write(self, name, text):
        path = self.results / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def config(self):
        return read_config(self.results / "provenance" / "config.resolved.yaml", SCHEMA)


def plant(home, cell, raw):
    """Return a finished run of a config, of which one cell has all its files."""
    config = load_config(raw, schema_path=SCHEMA)
    run = Planted(home)
    run.log(f"networks_train/{cell}.log", "trained\n")
    run.write("provenance/config.resolved.yaml", yaml.safe_dump(config))
    for name in missing(Ran.at(home), find_cell(config, cell), config):
        run.write(name, "{}" if name.endswith(".json") else f"what is in {name}\n")
    run.write("provenance/versions.json", json.dumps(VERSIONS))
    run.write("tables/comparison.csv", COMPARISON)
    return run


def unpacked(path, folder):
    """Return the one folder that is in a zip, unpacked."""
    with ZipFile(path) as file:
        file.extractall(folder)
    (inside,) = folder.iterdir()
    return inside


def shipped(name):
    """Return a config that comes with markovlens, as it is written."""
    return yaml.safe_load((workflow_folder() / "config" / f"{name}.yaml").read_text())


def project(folder):
    """Return the finished run of a new project: data and a network of somebody's own."""
    make_project(folder / "mine")
    raw = yaml.safe_load((folder / "mine" / "config" / "config.yaml").read_text())
    return plant(folder / "mine", "custom_vital_signs/alarm", raw)
