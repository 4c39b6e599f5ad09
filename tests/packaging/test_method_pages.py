"""Each method has a page, which runs as printed, names real options and shows what was measured."""

import doctest
import re
import runpy
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest

from helpers.quoted import not_in_sources
from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Options

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "methods"
PAGES = sorted(page for page in FOLDER.glob("*.md") if page.stem != "index")
WIDEST = 74  # characters in the site's column
PARTS = ["Options that matter", "When it wins", "When it fails", "Measured", "Example"]


def test_each_method_has_a_page_and_each_page_a_method():
    assert {page.stem for page in PAGES} == set(METHODS)


def test_the_table_and_the_contents_name_every_method():
    index = (FOLDER / "index.md").read_text()
    in_table = re.findall(r"^\| \[`(\w+)`\]", index, re.M)
    assert in_table == re.findall(r"^(\w+)$", index, re.M) == list(METHODS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_runs_as_it_is_printed(page):
    run = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert run.failed == 0
    assert run.attempted >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_its_parts_and_names_options_that_exist(page):
    text = page.read_text()
    assert re.findall(r"^## (.+)$", text, re.M) == PARTS
    options = text.split("## Options that matter")[1].split("## When it wins")[0]
    bullets = re.findall(r"^- (`.+?)(?:: |$)", options, re.M)
    named = set(re.findall(r"`(\w+)` ?(?:\(|,|:|$)", "\n".join(bullets)))
    assert named <= {field.name for field in fields(Options)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_equation_is_read_without_scrolling(page):
    (equation,) = re.findall(r"^```text\n(.*?)^```", page.read_text(), re.M | re.S)
    assert max(map(len, equation.splitlines())) <= WIDEST


def test_defaults_are_those_of_the_options():
    said = re.compile(r"^- .*?`(\w+)` \((?:`(\w+)`|(\.?\d[\d.]*))\)", re.M)
    found = [(page, *each) for page in PAGES for each in said.findall(page.read_text())]
    assert len(found) >= len(METHODS)
    for page, name, word, number in found:
        value = getattr(Options(), name)
        if word:
            assert word == value or (word,) == tuple(value), (page.stem, name)
        else:
            assert float(number) == value, (page.stem, name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_was_measured_is_the_table(page):
    measured, text = pd.read_csv(FOLDER / "measured.csv"), page.read_text()
    with_tables = runpy.run_path(str(ROOT / "benchmarks" / "methods.py"))["with_tables"]
    assert with_tables(text, measured[measured["method"] == page.stem]) == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_shares_that_a_page_quotes_stand_where_it_leads(page):
    told = page.read_text().split("## When it wins")[1].split("## Example")[0]
    told = re.sub(r"<!-- measured -->.*<!-- end -->", "", told, flags=re.S)
    quoted = [each.replace("\n", " ") for each in re.split(r"\n\n|\n- ", told)]
    shares = {number for each in quoted for number in not_in_sources(each, page)}
    assert {number for number in shares if number != int(number)} == set()
