"""The page on properties says what happens."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "properties.md"


def test_the_page_runs_as_it_is_printed():
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    run = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert run.failed == 0
    assert run.attempted > 8
