"""Python on the pages names nothing that the page has not made, imported or asked for before."""

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def pages():
    own = [ROOT / name for name in ("README.md", "config/README.md", "benchmarks/README.md")]
    return [*own, *sorted((ROOT / "docs").rglob("*.md"))]


def code_of(page):
    """Return the Python of a page in one piece, in which every line stands where it stood."""
    text = page.read_text()
    lines = [""] * text.count("\n")
    for block in BLOCK.finditer(text):
        first = text[: block.start(1)].count("\n")
        for place, line in python_in(block[1]):
            lines[first + place] = line
    return "\n".join(lines) + "\n"


def python_in(block):
    """Yield the place and the words of each line of code in a block, printed sessions included."""
    if ">>>" not in block:
        yield from enumerate(block.splitlines())
        return
    for example in doctest.DocTestParser().get_examples(block):
        yield from enumerate(example.source.splitlines(), start=example.lineno)


def undefined(folder):
    """Return where names stand that nothing defines, and what cannot be read, as ruff says."""
    command = ["check", "--isolated", "--select", "F821", "--output-format", "json", str(folder)]
    run = subprocess.run([sys.executable, "-m", "ruff", *command], capture_output=True, text=True)
    return [
        f"{Path(each['filename']).stem}:{each['location']['row']} {each['message']}"
        for each in json.loads(run.stdout)
    ]


def test_no_snippet_names_what_the_page_has_not_defined(tmp_path):
    found = {page: code_of(page) for page in pages()}
    assert sum("import" in code for code in found.values()) > 20
    for page, code in found.items():
        name = str(page.relative_to(ROOT)).replace("/", "|")
        (tmp_path / f"{name}.py").write_text(code)
    assert undefined(tmp_path) == []


def test_an_undefined_name_is_found_where_it_stands(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Words\n\n```python\n>>> import os\n>>> os.sep + made\n'/'\n```\n")
    (tmp_path / "page.md.py").write_text(code_of(page))
    assert undefined(tmp_path) == ["page.md:5 Undefined name `made`"]


def test_what_is_defined_only_later_is_not_defined(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(later)\n```\n\n```python\nlater = 1\nprint(later)\n```\n")
    (tmp_path / "page.md.py").write_text(code_of(page))
    assert undefined(tmp_path) == ["page.md:2 Undefined name `later`"]
