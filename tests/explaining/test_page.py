"""The page on explanations says what happens."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explain.md"


def test_the_page_runs_as_it_is_printed():
    run = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert run.failed == 0
    assert run.attempted > 15
