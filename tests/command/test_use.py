"""The command line as it is seen: its help, what it says of mistakes, its exit codes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.command import is_one_sentence, said
from markovlens.command.app import app
from markovlens.running import resume

HEAVY = ("torch", "numpy", "pandas", "sklearn", "matplotlib", "yaml", "snakemake")


def test_the_help_fits_one_screen_and_names_every_command(capsys):
    code, out, _ = said(capsys, "--help")
    lines = out.splitlines()
    assert code == 0
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "..." not in out.replace("[ARGS]...", "")  # no sentence is cut
    assert [name for name in app.commands if f"\n  {name} " not in out] == []


@pytest.mark.parametrize("name", app.commands)
def test_the_help_of_a_command_fits_one_screen(name, capsys):
    code, out, _ = said(capsys, name, "--help")
    assert code == 0
    assert len(out.splitlines()) <= 24


def test_the_help_loads_nothing_heavy():
    code = (
        "import sys; from markovlens.command.app import main\n"
        "try: main(['--help'])\n"
        f"finally: print(sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_the_version_is_that_of_the_package(capsys):
    import markovlens

    assert said(capsys, "--version")[1] == f"markovlens, version {markovlens.__version__}\n"


LONG = 300 * "n"
MISTAKES = {
    "rnu": (2, "Did you mean 'run'?"),
    "run --coers 3": (2, "Did you mean '--cores'?"),
    "run --cores none": (2, "whole number, 1 or more, or all, got 'none'"),
    "run --cores 0": (2, "whole number, 1 or more, or all, got '0'"),
    "run": (1, "no config/config.yaml here; `markovlens new NAME`"),
    "run smok": (1, "did you mean smoke?"),
    "run mine.yaml": (1, "mine.yaml: expected a file"),
    "run config/mine.yaml": (1, "config/mine.yaml: expected a file"),
    "run full --dry-run": (1, "full: expected a file"),
    "run twice.yaml": (1, "key 'seed' stands there a second time"),
    "run -- --configfile mine.yaml": (1, "mine.yaml: no such config file"),
    "new": (2, "Missing argument 'NAME'"),
    "new full": (1, "full: expected a folder that is new or empty"),
    "new twice.yaml": (2, "Directory 'twice.yaml' is a file"),
    "show": (1, "expected a results folder"),
    "show full": (1, "full: expected a results folder, or one with `results` in it, got a folder"),
    "show nowhere": (1, "got no folder"),
    "show half": (1, "the run is not finished"),
    **dict.fromkeys(
        (f"show {LONG}", f"run {LONG}.yaml", f"run smoke -n -d {LONG}", f"bundle a/b -r {LONG}"),
        (1, "nnn...: expected a path that this system takes, got one with a name that is too long"),
    ),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Be in a folder with a folder that is no run, half a run, and a config with a mistake."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    (tmp_path / "half" / "results" / "runs").mkdir(parents=True)
    (tmp_path / "twice.yaml").write_text("seed: 1\nseed: 2\n")
    return tmp_path


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_sentence_and_an_exit_code(words, here, capsys):
    code, sentence = MISTAKES[words]
    before = sorted(here.rglob("*"))
    got, out, err = said(capsys, *words.split())
    assert (got, out) == (code, "")
    assert sentence in err
    assert is_one_sentence(err)
    assert err.startswith("markovlens: ")
    assert sorted(here.rglob("*")) == before


def test_a_folder_with_a_blank_is_quoted_where_it_is_to_be_typed(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my proj").mkdir()
    _, out, _ = said(capsys, "new", "my proj/alarm x")
    assert "cd 'my proj/alarm x', then" in out


def test_a_folder_that_cannot_be_written_is_one_sentence(here, capsys, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(13, "no")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    code, out, err = said(capsys, "new", "mine")
    assert (code, out, is_one_sentence(err)) == (1, "", True)
    assert "cannot be written (Permission denied)" in err


def test_results_go_where_a_folder_can_be(here, capsys, monkeypatch):
    monkeypatch.setattr("os.execv", lambda *command: pytest.fail("Snakemake was started"))
    folder = str(here / "full" / "note.txt" / "within")
    code, out, err = said(capsys, "run", "smoke", "--directory", folder)
    assert (code, out, is_one_sentence(err)) == (1, "", True)
    assert f"{folder}: expected a folder for results, cannot make one (Not a directory);" in err
    with pytest.raises(SystemExit, match="give another place by --directory"):
        resume.main(["--directory", folder])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell, capsys, monkeypatch):
    monkeypatch.setenv("_MARKOVLENS_COMPLETE", f"{shell}_source")
    script = said(capsys)[1]
    assert "_MARKOVLENS_COMPLETE" in script
    monkeypatch.setenv("_MARKOVLENS_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "markovlens sh")
    monkeypatch.setenv("COMP_CWORD", "sh" if shell == "fish" else "1")
    assert "show" in said(capsys)[1].split("\n")[0 if shell != "zsh" else 1]


def test_what_ctrl_c_stops_exits_with_130(capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("markovlens.command.pages.page_of", stop)
    code, out, err = said(capsys, "show")
    assert (code, out, err.strip()) == (130, "", "markovlens: stopped")


def test_the_page_has_every_exit_code():
    page = (Path(__file__).parents[2] / "docs" / "command.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert [int(code) for code, _ in rows] == [0, 1, 2, 130]
    assert {code for code, _ in MISTAKES.values()} == {1, 2}


def completed(shell, words, capsys, monkeypatch):
    """Return what a shell offers for the last of some words."""
    monkeypatch.setenv("_MARKOVLENS_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    return said(capsys)[1].split()


@pytest.mark.parametrize(
    ("words", "offered"),
    {
        "markovlens b": "plain,bundle",
        "markovlens bundle --wi": "plain,--with-own",
        "markovlens explain --rec": "plain,--record",
        "markovlens bundle a/b --config con": "file,con",
        "markovlens new al": "dir,al",
    }.items(),
)
def test_bash_completes_commands_options_files_and_folders(words, offered, capsys, monkeypatch):
    assert completed("bash", words, capsys, monkeypatch) == [offered]


def test_the_script_for_bash_is_one_that_bash_reads(capsys, monkeypatch):
    monkeypatch.setenv("_MARKOVLENS_COMPLETE", "bash_source")
    script = said(capsys)[1]
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_page_without_a_browser_is_told_in_one_line(here, capfd, monkeypatch):
    (here / "page.html").touch()
    monkeypatch.setattr("webbrowser._tryorder", [])
    code, out, err = said(capfd, "show", "page.html")
    assert (code, err.count("\n")) == (0, 1)
    assert out.strip().endswith("page.html")
    assert "found no browser here" in err
