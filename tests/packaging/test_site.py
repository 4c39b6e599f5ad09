"""The site is built without a network, and nothing in it leads nowhere."""

import re
import shutil
import subprocess
import sys

import pytest

import markovlens as ml
from helpers.pages import DOCS, copied, rendered

ROOT = DOCS.parent

pytestmark = pytest.mark.slow


def build(source, target):
    """Return what sphinx-build says, warnings counted as errors."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    return subprocess.run([*command, source, target], capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site."""
    target = tmp_path_factory.mktemp("site")
    made = build(DOCS, target)
    assert made.returncode == 0, made.stderr
    return target


def test_every_page_is_reached(site):
    written = [page.relative_to(DOCS).with_suffix("") for page in DOCS.rglob("*.md")]
    pages = [page for page in written if page.parts[0] not in ("templates", "numbers")]
    assert [page for page in pages if not (site / f"{page}.html").exists()] == []


def test_nothing_is_loaded_from_elsewhere(site):
    asked = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//")
    assert [page.name for page in site.rglob("*.html") if asked.search(page.read_text())] == []


def test_every_public_name_is_described(site):
    pages = "".join(page.read_text() for page in (site / "api").glob("*.html"))
    assert [name for name in ml.__all__ if f'id="markovlens.{name}"' not in pages] == []


def test_every_finding_stands_in_the_table(site):
    page = (site / "surprises.html").read_text()
    scripts = [path.name for path in (ROOT / "findings").glob("*.sh")]
    assert [name for name in scripts if name not in page] == []


def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    copy = tmp_path / "docs"
    copy.mkdir()
    for name in ("conf.py", "_ext"):
        (shutil.copytree if (DOCS / name).is_dir() else shutil.copy)(DOCS / name, copy / name)
    (copy / "index.md").write_text("# A page\n\n[leads nowhere](nowhere.md)\n")
    made = build(copy, tmp_path / "site")
    assert made.returncode != 0
    assert "nowhere.md" in made.stderr


def test_pages_are_what_their_templates_say():
    done = rendered(DOCS, "check")
    assert done.returncode == 0, done.stderr


def test_a_number_that_was_changed_by_hand_is_found(tmp_path):
    copy = copied(tmp_path)
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(page.replace("4, 1.000 [", "4, 0.999 ["))
    done = subprocess.run(
        [sys.executable, copy / "rendering.py", "check", "README.md"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "README.md" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_readme_is_of_one_screen_and_a_half():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 120
