import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "records.md"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_the_page_says_what_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = doctest.testfile(str(PAGE), module_relative=False, optionflags=OPTIONS)
    assert run.attempted > 8
    assert run.failed == 0
