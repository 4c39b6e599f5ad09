from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
PINS = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, flags=re.MULTILINE))


def run(*command, cwd=ROOT):
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True)


def lint_commands():
    """Return what `make lint` runs, so that tests and Makefile cannot differ."""
    lines = run("make", "--dry-run", "--no-print-directory", "lint").stdout.splitlines()
    prefix = ".venv/bin/"
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def installed(name):
    try:
        return version(name).split("+")[0]  # torch 2.13.0+cpu is torch 2.13.0
    except PackageNotFoundError:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("command", lint_commands())
def test_lint_finds_nothing(command):
    name, *arguments = command.split()
    done = run(str(Path(sys.executable).with_name(name)), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_make_lint_runs_all_tools():
    names = {" ".join(command.split()[:2]) for command in lint_commands()}
    assert len(names) == 7
    assert {"ruff check", "ruff format", "mypy", "snakefmt --check", "snakemake --lint"} <= names


# --- lock and environments -------------------------------------------------------------------


def test_the_environment_is_that_of_the_lock():
    differences = {
        name: f"locked {pin}, installed {installed(name)}"
        for name, pin in PINS.items()
        if installed(name) != pin
    }
    assert not differences, "run `make env`"


def test_the_lock_has_pins_and_comments_only():
    pattern = re.compile(r"[a-z0-9._-]+==[0-9][a-z0-9.]*( +# via .*)?|#.*|")
    assert [line for line in LOCK.splitlines() if not pattern.fullmatch(line)] == []


def test_the_lock_needs_no_gpu_and_no_private_place():
    assert not [name for name in PINS if name.startswith(("nvidia", "cuda", "triton"))]
    assert not re.search(r"://|(?<!\w)/\w+/", LOCK)


def test_the_lock_has_no_grammars_that_jsonschema_loads_at_each_start():
    assert not {"rfc3987-syntax", "lark"} & set(PINS)


def locked_extras():
    """Return the extras that are in .venv; others are large frameworks."""
    return re.search(r"^EXTRAS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()


def test_the_lock_of_the_frameworks_has_every_extra_and_agrees_with_the_other():
    lock = (ROOT / "frameworks.lock").read_text()
    pins = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, flags=re.MULTILINE))
    for text in (text for extra in PROJECT["optional-dependencies"].values() for text in extra):
        requirement = Requirement(text)
        assert pins[requirement.name] in requirement.specifier
    assert {name: pins.get(name) for name in PINS} == PINS


def test_the_lock_meets_every_requirement_of_the_project():
    extras = [PROJECT["optional-dependencies"][name] for name in locked_extras()]
    for text in [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]:
        requirement = Requirement(text)
        assert PINS[requirement.name] in requirement.specifier


def test_the_conda_environments_follow_the_lock():
    done = run(sys.executable, "envs/sync.py", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.name)
def test_a_conda_environment_pins_exactly_from_conda_forge(path):
    environment = yaml.safe_load(path.read_text())
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    entries = environment["dependencies"]
    pins = [entry for entry in entries if isinstance(entry, str) and entry != "pip"]
    assert all(re.fullmatch(r"[a-z0-9._-]+=[0-9.]+", pin) for pin in pins)
    by_pip = [pin for entry in entries if isinstance(entry, dict) for pin in entry["pip"]]
    assert all(re.fullmatch(r"[a-z0-9._-]+==[0-9.]+", pin) for pin in by_pip)


def test_a_stale_environment_is_found(tmp_path):
    shutil.copytree(ROOT / "envs", tmp_path / "envs")
    (tmp_path / "requirements.lock").write_text(LOCK.replace("torch==2", "torch==9"))
    done = run(sys.executable, "envs/sync.py", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert "neural.yaml not as in requirements.lock" in done.stderr


def test_the_list_of_what_is_locked_names_all_of_it(tmp_path):
    command = next(
        line for line in run("make", "--dry-run", "audit").stdout.splitlines() if "sbom" in line
    )
    _, *arguments, _ = command.split()
    path = tmp_path / "sbom.json"
    done = run(sys.executable, *arguments, str(path))
    assert done.returncode == 0, done.stderr
    parts = json.loads(path.read_text())["components"]
    assert {part["name"]: part["version"] for part in parts} == PINS


# --- what stands beside the code -------------------------------------------------------------


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"] == version("markovlens")
    sources = (ROOT / "src").rglob("*.py")
    assert not [path for path in sources if f'"{PROJECT["version"]}"' in path.read_text()]


def test_the_citation_says_what_its_format_wants():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == PROJECT["license"] == "BSD-3-Clause"
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text()


def yaml_files():
    names = run("git", "ls-files", "*.yaml", "*.yml", "*.cff").stdout.split()
    return [ROOT / name for name in names]


def test_every_yaml_file_can_be_read():
    for path in yaml_files():
        assert yaml.safe_load(path.read_text()) is not None, path


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_every_line_of_a_profile_is_explained(profile):
    lines = (ROOT / "profiles" / profile / "config.yaml").read_text().splitlines()
    keys = [i for i, line in enumerate(lines) if re.match(r"[a-z]", line)]
    assert keys
    assert all(lines[i - 1].startswith("#") for i in keys)


# --- make ------------------------------------------------------------------------------------


def test_clean_removes_generated_files_and_nothing_else(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    kept = ["results/README.md", "resources/data.txt", ".venv/bin/python", "config/config.yaml"]
    made = ["results/runs/a.json", "results/.hidden", "logs/a.log", ".snakemake/log/a.log"]
    for name in kept + made:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert run("make", "clean", cwd=tmp_path).returncode == 0
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert [name for name in made if (tmp_path / name).exists()] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("estimate CONFIG=nofile.yaml", "nofile.yaml: expected a config, got no file; name one by"),
        ("estimate MEASURED=nowhere", "nowhere: expected a finished run, got none; finish one, su"),
        ("compare", "OTHER: expected the results of another machine, got none; name their folder"),
    ],
)
def test_a_target_says_in_a_line_which_setting_it_lacks(tmp_path, words, said):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "requirements.lock", "envs/venv.py", "config/config.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".ready").touch()
    done = run("make", *words.split(), cwd=tmp_path)
    assert done.returncode == 2
    first, *rest = done.stderr.splitlines()
    assert first.startswith(said)
    assert "  " not in first
    assert len(rest) == 1, "make's own"


def test_ci_runs_the_test_command_and_nothing_after_it():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make --no-print-directory test"


def test_an_old_python_is_refused_in_one_line():
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 2);"
        "sys.argv = ['venv.py', 'x']; runpy.run_path('envs/venv.py', run_name='__main__')"
    )
    done = run(sys.executable, "-c", code)
    assert (
        done.stderr == "markovlens needs Python 3.11 or newer, got 3.9.2: make PYTHON=python3.11\n"
    )
