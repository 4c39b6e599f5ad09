"""docs/command.md does what it says."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from markovlens.command.app import app, main

PAGE = (Path(__file__).parents[2] / "docs" / "command.md").read_text(encoding="utf-8")


def examples():
    """Return every command on the page with what it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    blocks = [block.replace("\\\n", "") for block in blocks]
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)]
    return [part.split("\n", 1) for part in parts if part]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Be where the page begins: nothing is opened, and Snakemake only makes a report."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda url: True)
    monkeypatch.setattr("markovlens.command.start.become", _as_if_run)
    return tmp_path


def _as_if_run(arguments):
    config = Path(arguments[arguments.index("--configfile") + 1])
    assert config.is_file()
    report = Path("alarm" if Path("alarm").is_dir() else ".", "results", "report.html")
    report.parent.mkdir(exist_ok=True)
    report.touch()


def test_the_examples_do_what_the_page_says(page, monkeypatch, capsys):
    checker = doctest.OutputChecker()
    for command, expected in examples():
        program, *arguments = shlex.split(command)
        assert program == "markovlens"
        with monkeypatch.context() as inside:
            if arguments[0] == "run" and (page / "alarm").is_dir():
                inside.chdir(page / "alarm")
            with pytest.raises(SystemExit):
                main(arguments)
        got = "".join(capsys.readouterr())
        wanted = got if arguments[0] == "run" and not expected else expected
        assert checker.check_output(wanted, got, doctest.ELLIPSIS), f"{command}\n{got}"


def test_every_command_has_an_example():
    assert {command.split()[1] for command, _ in examples()} >= set(app.commands)
