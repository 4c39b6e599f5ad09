import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "formation.md"
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_the_page_says_what_happens():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=OPTIONS)
    assert tried > 5
    assert failed == 0
