"""The page on hybrids runs as it is printed, and says which measure a column is."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hybrids.md"


def test_the_page_shows_what_comes():
    run = doctest.testfile(str(PAGE), module_relative=False)
    assert (run.failed, run.attempted > 0) == (0, True)


def test_each_measure_has_a_column_and_its_meaning():
    text = PAGE.read_text(encoding="utf-8")
    for name in ("divergence explained", "balanced agreement"):
        assert f"| {name} |" in text
        assert f"**{name}**: " in text
