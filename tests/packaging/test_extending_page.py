"""What the page on extending adds works, with its files and its lines as they are printed."""

import doctest
import importlib
import re
import sys
from pathlib import Path

import pytest

from markovlens import abstractions, tasks
from markovlens.adapters import registry as adapters
from markovlens.machines.formats import registry as formats

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", TEXT, re.M | re.S))
LINES = re.findall(r"^```text\n(.*?)^```", TEXT, re.M | re.S)


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Write the files of the page, and add its lines to the registries."""
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    method, task, form = (re.sub(r"markovlens\.\w+\.", "", line) for line in LINES)
    for name, home in eval(f"dict({{{method}}})").items():
        monkeypatch.setitem(abstractions.METHODS._modules, name, home)
    for name, spec in eval(f"{{{task}}}", {"_family": tasks._family}).items():
        monkeypatch.setitem(tasks.TASKS, name, spec)
    known = vars(formats) | {"_home": str}
    (made,) = eval(f"[{form}]", known)
    monkeypatch.setitem(formats.FORMATS, made.name, made)
    offer_adapter(tmp_path)
    adapters.adapters.cache_clear()
    yield
    adapters.adapters.cache_clear()
    for name in FILES:
        sys.modules.pop(name.removesuffix(".py"), None)


def offer_adapter(folder):
    """Write what an installed package has of the entry point on the page."""
    toml = re.search(r"^```toml\n(.*?)^```", TEXT, re.M | re.S)[1]
    head, line = toml.splitlines()
    info = folder / "countnet-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: countnet\nVersion: 1.0\n")
    group = re.search(r'"(.+)"', head)[1]
    (info / "entry_points.txt").write_text(f"[{group}]\n" + line.replace('"', "") + "\n")
    importlib.invalidate_caches()


@pytest.mark.usefixtures("added")
def test_the_page_runs_as_it_is_printed():
    run = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert run.failed == 0
    assert run.attempted > 15


def test_files_and_lines_are_those_the_page_speaks_of():
    assert len(LINES) == 3
    homes = re.findall(r"`src/markovlens/([\w/]+\.py)`, with a line in", TEXT)
    assert all((ROOT / "src/markovlens" / home).parent.is_dir() for home in homes)
    assert {Path(home).name for home in homes} <= FILES.keys()


def test_the_description_of_an_adapter_imports_no_framework():
    imported = re.findall(r"^(?:from|import) (\S+)", FILES["countnet_known.py"], re.M)
    assert imported == ["markovlens.adapters.registry"]
