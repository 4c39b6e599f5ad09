"""An installed wheel is enough: `markovlens new` and `run` work in an empty folder, no clone."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from helpers.workspace import ONE_THREAD, REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.workflow]
PARTS = ("Snakefile", "config", "docs/errors", "envs/*.yaml", "profiles", "scripts", "workflow")


@dataclass(frozen=True)
class Installed:
    """A virtual environment with a wheel of this package, and with what it depends on."""

    venv: Path

    def markovlens(self, *arguments, cwd):
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        command = [str(self.venv / "bin" / "markovlens"), *arguments]
        return subprocess.run(
            command, cwd=cwd, env=clean | ONE_THREAD, capture_output=True, text=True
        )

    @property
    def package(self):
        return next(self.venv.glob("lib/python*/site-packages/markovlens"))


def tracked(*paths):
    """Return the files of the repository that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (REPOSITORY / name).is_file()]


def copy_of_sources(folder):
    for name in tracked("pyproject.toml", "README.md", "LICENSE", "src", *PARTS, "envs"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((REPOSITORY / name).read_bytes())


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    copy_of_sources(folder / "source")
    # By way of a source distribution, which has to hold all that a wheel is made of.
    command = [sys.executable, "-c", "from setuptools.build_meta import *; build_sdist('..')"]
    subprocess.run(command, cwd=folder / "source", check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    pip("wheel", str(sdist), "--no-deps", "--no-build-isolation", "-w", str(folder))
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    venv = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    # A .pth in a folder that a .pth names is not read: the editable install stays outside.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip("--python", str(venv / "bin" / "python"), "install", "--no-deps", str(wheel))
    return Installed(venv)


def test_a_wheel_has_every_file_of_the_workflow_and_only_our_package(wheel):
    names = ZipFile(wheel).namelist()
    inside = {name.removeprefix("markovlens/_workflow/") for name in names if "_workflow/" in name}
    assert inside == set(tracked(*PARTS))
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"markovlens"}


def test_a_config_that_comes_with_the_wheel_runs_in_an_empty_folder(installed, tmp_path):
    done = installed.markovlens("run", "smoke", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "report_write" in done.stdout + done.stderr


def test_a_new_project_runs_to_its_report(installed, tmp_path):
    assert installed.markovlens("new", "mine", cwd=tmp_path).returncode == 0
    project = tmp_path / "mine"
    path = project / "config" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["abstractions"] |= {"methods": ["kmeans", "majority"], "n_states": [2], "restarts": 1}
    config["faithfulness"] = {"bootstraps": 50, "interventions": 20}
    path.write_text(yaml.safe_dump(config))
    done = installed.markovlens("run", "--cores", "2", cwd=project)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    page = (project / "results" / "report.html").read_text()
    assert "custom_vital_signs" in page
    versions = yaml.safe_load((project / "results" / "provenance" / "versions.json").read_text())
    assert versions["commit"] is None
    assert sorted(path.name for path in project.iterdir() if path.name[0] != ".") == [
        "README.md", "config", "data", "logs", "network", "results",
    ]  # fmt: skip
    assert not list((installed.package / "_workflow").rglob("*.part"))
    zipped = tmp_path / "alarm.zip"
    done = installed.markovlens(
        "bundle", "custom_vital_signs/alarm", "-o", str(zipped), cwd=project
    )
    assert done.returncode == 0, done.stderr
    assert "missing" not in done.stdout
    assert "custom_vital_signs-alarm/config.yaml" in ZipFile(zipped).namelist()
