"""Numbers of README and site: kept from finished runs, and written into pages from templates.

python docs/rendering.py keep results default    # what docs/numbers/default/ has of a run; which
                                                 # studies there are: docs/_ext/kept_studies.py
python docs/rendering.py write                   # docs/templates/ -> README.md, docs/*.md
python docs/rendering.py check                   # fails where a page is not what its template says
python docs/rendering.py check layers.md         # one page, or some; `write` takes names, too
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))

import kept_words as words  # noqa: E402 (its folder is no package)
from kept_beside import Beside  # noqa: E402
from kept_elsewhere import Elsewhere  # noqa: E402
from kept_runs import Run, interval  # noqa: E402
from kept_studies import STUDIES, keep  # noqa: E402
from kept_tables import StaleSentence, holds  # noqa: E402
from kept_verdicts import listed  # noqa: E402


def pages(docs: Path, wanted: Sequence[str] = ()) -> dict[Path, str]:
    """Return the text of every page that has a template, or of those wanted, by its file."""
    templates, kept = docs / "templates", docs / "numbers"
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Markdown)
    )
    environment.filters |= {
        "about": words.about, "bare": words.bare, "in_words": words.in_words,
    }  # fmt: skip
    runs = {folder.name: Run(folder) for folder in sorted(kept.iterdir()) if folder.is_dir()}
    beside = Beside(docs)  # tables that lie beside the pages, and not of one whole run
    both = Elsewhere(runs["default"], runs["elsewhere"])
    known = {
        **runs, "both": both, "beside": beside, "csv": beside.row, "interval": interval,
        "holds": holds, "written": partial(_written, docs), "verdicts": partial(listed, docs),
        "ends": words.ends, "span": words.span, "wilson": words.wilson, "counted": words.counted,
        "share": words.share,
    }  # fmt: skip
    every = (path.relative_to(templates).as_posix() for path in templates.rglob("*.md"))
    names = sorted(wanted or every)
    return {_target(docs, name): _rendered(environment, name, known) for name in names}


def _rendered(environment: Environment, name: str, known: dict[str, object]) -> str:
    try:
        return environment.get_template(name).render(**known)
    except StaleSentence as stale:
        raise StaleSentence(f"docs/templates/{name}: {stale}") from None


def _written(docs: Path, page: str, begin: str, end: str) -> str:
    """Return the part of a page that another script writes, with its marks."""
    text = (docs / page).read_text(encoding="utf-8")
    return text[text.index(begin) : text.index(end) + len(end)]


def _target(docs: Path, name: str) -> Path:
    return (docs.parent if name == "README.md" else docs) / name


def main(arguments: list[str], docs: Path = DOCS) -> None:
    """Do what the first argument says, in a folder with templates and kept numbers."""
    match arguments:
        case ["keep", results, name] if name in STUDIES:
            keep(Path(results), STUDIES[name], docs / "numbers" / name)
        case ["write", *names]:
            for path, text in pages(docs, names).items():
                path.write_text(text, encoding="utf-8")
        case ["check", *names]:
            made = pages(docs, names)
            stale = [path.name for path, text in made.items() if path.read_text() != text]
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
