"""The pages on explanations say what happens."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "least"), [("explain.md", 15), ("quickstart.md", 4)])
def test_the_page_runs_as_it_is_printed(page, least):
    run = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert run.failed == 0
    assert run.attempted > least
