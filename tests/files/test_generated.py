"""A page keeps what people wrote; what code makes stands between two markers."""

import argparse

import pytest

from markovlens.errors import DataError
from markovlens.files.generated import Part, add_arguments, renew

PART = Part("list", "python -m lists")
PAGE = f"before\n{PART.begin}\n\nold\n\n{PART.end}\nafter\n"


def options(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(list(map(str, arguments)))


def test_only_what_is_between_the_markers_is_replaced():
    assert PART.put(PAGE, "new") == PAGE.replace("old", "new")


@pytest.mark.parametrize("text", ["", PART.begin, PART.end, f"{PART.end}{PART.begin}"])
def test_a_page_without_markers_is_refused(text):
    with pytest.raises(DataError, match="markers"):
        PART.put(text, "new")


def test_a_check_says_what_is_stale_and_changes_nothing(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert "--write it" in renew(PART, "new", options(page, "--check"))
    assert page.read_text() == PAGE
    assert renew(PART, "new", options(page, "--write")) == ""
    assert renew(PART, "new", options(page, "--check")) == ""
