"""Numbers that a page quotes, and the pages that it leads to for them."""

import re

LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)(?:#[\w-]+)?\)")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-\d+)?|(?<![\w\d])\.\d+")

FILLED = re.compile(r"(?s)```.*?```|{%.*?%}|{{.*?}}|`[^`\n]*`|\]\([^)]*\)|<[^>\n]*>")  # or is code
MEASURED = re.compile(
    r"(?<![\w.])\d*\.\d{2,}(?![\w.]*\w)"
    r"|\d[\d,.]* (?:processor )?(?:ms|s|seconds|minutes|hours)\b"
)


def numbers_in(text):
    """Return the numbers of a text; `1,155` is one, and what stands in code or links is none."""
    plain = re.sub(r"`[^`]*`", "", LINK.sub(r"", text))
    return {float(each) for each in NUMBER.findall(re.sub(r"(\d),(\d{3})\b", r"\1\2", plain))}


def sources_of(text, page):
    """Return the files that a text of a page leads to."""
    return [(page.parent / target).resolve() for _, target in LINK.findall(text)]


def not_in_sources(text, page):
    """Return the numbers of a text that stand on none of the pages it leads to."""
    known = [numbers_in(source.read_text(encoding="utf-8")) for source in sources_of(text, page)]
    return numbers_in(text) - set().union(*known)


def typed_in(template):
    """Return what a template types that looks measured: two digits behind a point, and times."""
    return set(MEASURED.findall(FILLED.sub(" ", template)))
