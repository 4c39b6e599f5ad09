"""Errors that users meet name a page, and every page says what happens."""

import ast
import re
from pathlib import Path

import pytest

from helpers.command import said
from helpers.error_pages import FIXTURES, FOLDER, HEADINGS, Run
from markovlens.command.errors import registered

SOURCE = FOLDER.parents[1] / "src" / "markovlens"
GIVEN = Path(__file__).with_name("error_identifiers.txt")  # lines are added, and never taken away
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.stem != "index")
RAISED = {"DataError", "ConfigError", "StorageError", "MissingError"}
HANDED_ON = ("error.page",)  # the page of the error that is told again


def raised():
    """Yield file, line and page of each error that is made in the package."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED:
                page = [each.value for each in node.keywords if each.arg == "page"]
                where = path.relative_to(SOURCE).as_posix()
                yield where, node.lineno, ast.unparse(page[0]) if page else None


def test_every_identifier_is_registered_once_and_has_a_page():
    names = [name for name, _ in registered()]
    assert len(set(names)) == len(names)
    assert sorted(names) == [path.stem for path in PAGES]


def test_no_identifier_vanishes_or_comes_to_mean_something_else():
    given = [tuple(line.split(": ", 1)) for line in GIVEN.read_text().splitlines()]
    assert given == sorted(set(given))
    assert sorted(registered()) == given, "a new one is added to the file; none is ever removed"


# torch's own, of tracing (2.13) and of exporting a recurrent module.
@pytest.mark.filterwarnings("ignore:`torch.jit.* is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The tensor attributes self:UserWarning")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_what_happens(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    FIXTURES.get(path.stem, lambda folder: None)(tmp_path)
    text = path.read_text()
    assert text.startswith(f"# {path.stem}\n")
    assert re.findall("^## (.*)", text, re.MULTILINE) == HEADINGS
    assert text.split("\n\n")[1].replace("\n", " ") == dict(registered())[path.stem] + "."
    run = Run(capsys).page(text)
    assert run.differences == []
    assert run.unshown == []
    assert set(run.pages) == {path.stem}


def test_errors_name_pages_that_are_there():
    named = {page for _, _, page in raised() if page} - set(HANDED_ON)
    assert named == {repr(path.stem) for path in PAGES}


def test_most_errors_name_a_page():
    """Of what the tables' writer says of a programmer's mistake there is none: it is for us."""
    pages = [page for _, _, page in raised()]
    share = sum(page is not None for page in pages) / len(pages)
    assert share > 0.99, f"{share:.0%} of {len(pages)} errors name a page"


def test_the_command_line_names_and_prints_the_page(capsys):
    code, _, err = said(capsys, "show", "nowhere")
    assert code == 1
    assert err.endswith("why, and what to do: markovlens errors run-unfinished\n")
    code, out, _ = said(capsys, "errors", "run-unfinished")
    assert (code, out) == (0, (FOLDER / "run-unfinished.md").read_text())


def test_the_command_line_lists_all_pages(capsys):
    code, out, _ = said(capsys, "errors")
    assert code == 0
    assert all(f"  {name} " in out for name, _ in registered())
    code, _, err = said(capsys, "errors", "run-unfinishd")
    assert code == 1
    assert "did you mean run-unfinished?" in err
