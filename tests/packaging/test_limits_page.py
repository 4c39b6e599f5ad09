"""Each limit has a number, and each number stands on a page that it leads to."""

import re
from pathlib import Path

import pytest

from helpers.quoted import not_in_sources, sources_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "limits.md"


def limits():
    text = re.sub(r"\n  +", " ", PAGE.read_text())
    return [line[2:] for line in text.splitlines() if line.startswith("- **")]


def test_there_are_limits_and_each_leads_to_its_source():
    assert len(limits()) > 20
    assert [each for each in limits() if not sources_of(each, PAGE)] == []


@pytest.mark.parametrize("limit", limits(), ids=lambda limit: limit.split("**")[1][:40])
def test_each_number_stands_on_a_page_it_leads_to(limit):
    assert not_in_sources(limit, PAGE) == set()
