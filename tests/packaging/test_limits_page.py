"""Each limit has a number, and each number stands on a page that it leads to."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "limits.md"
LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)(?:#[\w-]+)?\)")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-\d+)?|(?<![\w\d])\.\d+")
MADE_OF = ("claims.md", "frameworks.md", "surprises.md")


def limits():
    text = re.sub(r"\n  +", " ", PAGE.read_text())
    return [line[2:] for line in text.splitlines() if line.startswith("- **")]


def numbers_in(text):
    """Return the numbers of a text; `1,155` is one, and what stands in code or links is none."""
    plain = re.sub(r"`[^`]*`", "", LINK.sub(r"", text))
    return {float(each) for each in NUMBER.findall(re.sub(r"(\d),(\d{3})\b", r"\1\2", plain))}


def sources_of(limit):
    return [(PAGE.parent / target).resolve() for _, target in LINK.findall(limit)]


def test_there_are_limits_and_each_leads_to_its_source():
    assert len(limits()) > 20
    assert [each for each in limits() if not sources_of(each)] == []


@pytest.mark.parametrize("limit", limits(), ids=lambda limit: limit.split("**")[1][:40])
def test_each_number_stands_on_a_page_it_leads_to(limit):
    known = set().union(*(numbers_in(page.read_text()) for page in sources_of(limit)))
    assert numbers_in(limit) - known == set()
