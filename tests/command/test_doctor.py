"""`markovlens doctor`: what is missing is named, and only what is required is a failure."""

import pytest

from helpers.command import is_one_sentence, said
from markovlens.command import checkup
from markovlens.hmm import compiling

ASKED = [
    "packaging>=20",
    "pytest>=8; python_version < '3'",
    'nowhere-to-be-found>=2; extra == "far"',
    'packaging>=20; extra == "near"',
    'nowhere-to-be-found; extra == "dev"',
]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Be where all that is required is there, and an extra is not."""
    monkeypatch.chdir(tmp_path)
    about = {"Requires-Python": ">=3.11"}
    extras = {"Provides-Extra": ["near", "far", "dev"]}
    told = type("About", (dict,), {"get_all": lambda self, name: extras[name]})(about)
    monkeypatch.setattr(checkup, "metadata", lambda name: told)
    monkeypatch.setattr(checkup, "requires", lambda name: list(ASKED))
    monkeypatch.setattr(checkup.shutil, "which", lambda name: f"/bin/{name}")
    return monkeypatch


def lines(capsys):
    """Return the exit code, and the lines that are not ok."""
    code, out, err = said(capsys, "doctor")
    assert err == ""
    assert all(line.startswith(("ok ", "MISSING ", "without ")) for line in out.splitlines())
    return code, [line for line in out.splitlines() if not line.startswith("ok ")]


def test_an_extra_is_no_failure_and_how_to_get_it_is_said(machine, capsys):
    code, (line,) = lines(capsys)
    assert code == 0
    assert line.startswith("without extra far: no nowhere-to-be-found; python")
    assert line.endswith("-m pip install 'markovlens[far]'")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("absent>=1.5", "no absent; "),
        ("packaging<2", "packaging "),
    ],
)
def test_a_package_that_is_required_is_a_failure(asked, said, machine, capsys):
    machine.setattr(checkup, "requires", lambda name: [asked, *ASKED])
    code, (line, _) = lines(capsys)
    assert code == 1
    assert line.startswith(f"MISSING 1 of 2 packages: {said}")
    assert line.endswith(f"-m pip install '{asked}'")


def test_an_old_python_is_a_failure(machine, capsys):
    machine.setattr(checkup.platform, "python_version", lambda: "3.9.1")
    code, (line, _) = lines(capsys)
    assert (code, line.partition(";")[0]) == (1, "MISSING Python 3.9.1: expected >=3.11")


def test_a_folder_that_cannot_be_written_is_a_failure(machine, capsys):
    def refuse(**named):
        raise PermissionError(13, "Permission denied")

    machine.setattr(checkup, "TemporaryFile", refuse)
    code, (line, _) = lines(capsys)
    assert code == 1
    assert line.startswith("MISSING this folder: cannot be written (Permission denied)")


def test_graphviz_and_a_cache_of_compiled_code_are_optional(machine, capsys):
    def nowhere(function):
        raise RuntimeError("no locator available")

    machine.setattr(checkup.shutil, "which", lambda name: None)
    machine.setattr(compiling, "Cache", nowhere)
    code, (_, graphviz, cache) = lines(capsys)
    assert code == 0
    assert "apt install graphviz" in graphviz
    assert "set NUMBA_CACHE_DIR" in cache


def test_files_that_nobody_installed_are_one_sentence(machine, capsys):
    def unknown(name):
        raise checkup.PackageNotFoundError(name)

    machine.setattr(checkup, "requires", unknown)
    code, out, err = said(capsys, "doctor")
    assert (code, out, is_one_sentence(err)) == (1, "", True)
    assert "expected markovlens to be installed" in err
