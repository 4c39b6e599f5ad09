"""Numbers of README and site: kept from finished runs, and written into pages from templates.

python docs/rendering.py keep results default    # what docs/numbers/default/ has of a run; which
                                                 # studies there are: docs/_ext/kept_studies.py
python docs/rendering.py write                   # docs/templates/ -> README.md, docs/*.md
python docs/rendering.py check                   # fails where a page is not what its template says
"""

from __future__ import annotations

import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

DOCS = Path(__file__).resolve().parent
KEPT, TEMPLATES = DOCS / "numbers", DOCS / "templates"
sys.path.insert(0, str(DOCS / "_ext"))

import kept_words as words  # noqa: E402 (its folder is no package)
from kept_beside import Beside  # noqa: E402
from kept_runs import Run, interval  # noqa: E402
from kept_studies import STUDIES, keep  # noqa: E402
from kept_tables import StaleSentence, holds  # noqa: E402
from kept_verdicts import listed  # noqa: E402


def pages() -> dict[Path, str]:
    """Return the text of every page that has a template."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Markdown)
    )
    environment.filters |= {
        "about": words.about, "bare": words.bare, "in_words": words.in_words,
    }  # fmt: skip
    runs = {folder.name: Run(folder) for folder in sorted(KEPT.iterdir()) if folder.is_dir()}
    beside = Beside(DOCS)  # tables that lie beside the pages, and not of one whole run
    known = {
        **runs, "beside": beside, "csv": beside.row, "interval": interval, "holds": holds,
        "written": _written, "verdicts": lambda: listed(DOCS), "ends": words.ends,
        "span": words.span, "wilson": words.wilson, "counted": words.counted,
        "share": words.share,
    }  # fmt: skip
    names = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.md"))
    return {_target(name): _rendered(environment, name, known) for name in names}


def _rendered(environment: Environment, name: str, known: dict[str, object]) -> str:
    try:
        return environment.get_template(name).render(**known)
    except StaleSentence as stale:
        raise StaleSentence(f"docs/templates/{name}: {stale}") from None


def _written(page: str, begin: str, end: str) -> str:
    """Return the part of a page that another script writes, with its marks."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return text[text.index(begin) : text.index(end) + len(end)]


def _target(name: str) -> Path:
    return (DOCS.parent if name == "README.md" else DOCS) / name


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    match arguments:
        case ["keep", results, name] if name in STUDIES:
            keep(Path(results), STUDIES[name], KEPT / name)
        case ["write"]:
            for path, text in pages().items():
                path.write_text(text, encoding="utf-8")
        case ["check"]:
            stale = [path.name for path, text in pages().items() if path.read_text() != text]
            if stale:
                sys.exit(
                    f"expected pages as their templates say, got others: {', '.join(stale)}; run "
                    "`python docs/rendering.py write`"
                )
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except StaleSentence as stale:
        sys.exit(str(stale))
