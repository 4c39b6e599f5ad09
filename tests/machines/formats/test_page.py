import doctest
import os
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_the_page_says_what_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=OPTIONS)
    assert tried > 5
    assert failed == 0
    assert os.listdir() == ["lamp.prism"]
