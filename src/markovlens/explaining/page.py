"""An explanation as one HTML file that needs no other: the door for whatever draws it.

`page_of` is all that notebooks, `save` and `show` call. It takes an `Explanation` and returns
markup; everything in the file is made of `Explanation.plain` and of the machine's drawing.
"""

from __future__ import annotations

import re
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from markovlens.explaining.drawn import note_of
from markovlens.explaining.facts import facts_of, passing, reading
from markovlens.explaining.sentences import counted
from markovlens.explaining.table import (
    evidence_of,
    headline,
    kept_in_words,
    lines_of,
    measured_in_words,
)
from markovlens.explaining.walks import END
from markovlens.files.whole import check_folder, replacing
from markovlens.machines.colouring import in_words
from markovlens.machines.edges import START
from markovlens.machines.naming import numbered
from markovlens.machines.words import shown

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

PACKAGE = "markovlens.explaining"
HTML = (".html", ".htm")


EMPHASIS = re.compile(r"\*(.+?)\*(?!\*)")  # a name between asterisks, which may be one itself
DIGITS = 12  # of a digest that are shown


def page_of(explanation: Explanation, *, whole: bool = True) -> str:
    """Return the page of an explanation; without `whole` what a notebook shows of it."""
    template = _environment().get_template("page.html" if whole else "body.html")
    figure = explanation.draw()
    return template.render(
        title=headline(explanation),
        evidence=evidence_of(explanation),
        measured=measured_in_words(explanation),
        explanation=explanation,
        lines=lines_of(explanation),
        kept=kept_in_words(explanation),
        making=list(_making(explanation)),
        output=explanation.machine.output,
        colours=in_words(explanation.machine),
        note=note_of(explanation),
        drawing=_svg(figure._repr_svg_(), alt=_alt(explanation)),  # type: ignore[attr-defined]
    )


def write_page(path: str | Path, explanation: Explanation) -> None:
    """Write the page of an explanation; `StorageError` where that is not possible.

    `ConfigError` of a path that does not end in `HTML`.
    """
    check_folder(path, HTML)
    with replacing(path) as temporary:
        temporary.write_text(page_of(explanation), encoding="utf-8")


def show(explanation: Explanation) -> None:
    """Show an explanation where one works: in a notebook, or its page in the browser."""
    if _in_notebook():
        import_module("IPython.display").display(explanation)
        return
    path = Path(tempfile.mkdtemp(prefix="markovlens-"), "explanation.html")
    write_page(path, explanation)
    webbrowser.open(path.as_uri())


def emphasised(text: str) -> Markup:
    """Return text with what stands between asterisks set off, for HTML."""
    return Markup(EMPHASIS.sub(r"<em>\1</em>", str(escape(text))))


def _making(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield what an explanation was made of and by, each with its name."""
    settings, trace, call = explanation.settings, explanation.trace, explanation.call
    splits = ", ".join(f"{len(part)} {name}" for name, part in explanation.splits.items())
    yield "network", settings.name
    yield "sequences", f"{len(trace)}, {counted(trace.n_steps, settings.unit)} in all: {splits}"
    reads = ", ".join(map(str, trace.channels)) or shown(trace.symbols)
    yield "reads", reads
    if not settings.given:
        sizes = ", ".join(map(str, settings.sizes))
        yield "machines", f"by {', '.join(settings.methods)} with {sizes} states"
    yield "seed", str(settings.seed)
    for name, digest in call.inputs.items() if call else ():
        yield f"digest of {name}", digest[:DIGITS]
    yield "made by", f"markovlens {version('markovlens')}"


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    running = None if shell is None else shell.get_ipython()
    return running is not None and "IPKernelApp" in running.config


def _alt(explanation: Explanation) -> str:
    """Return what stands for the drawing where it is not seen."""
    size = counted(explanation.machine.n_states, "state")
    return f"The machine of {explanation.settings.name}: {size}, each told in words below."


def _svg(drawing: str, *, alt: str) -> Markup:
    """Return a drawing as an image with words in its place, without what HTML does not know."""
    element = drawing[drawing.index("<svg") + len("<svg") :]
    return Markup('<svg role="img" aria-label="{}"').format(alt) + Markup(element)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["emphasised"] = emphasised
    made.globals |= {
        "numbered": numbered,
        "facts_of": facts_of,
        "reading": reading,
        "passing": passing,
        "START": START,
        "END": END,
    }
    return made
