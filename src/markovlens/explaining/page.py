"""An explanation as one HTML file that needs no other: the door for whatever draws it.

`page_of` is all that notebooks, `save` and `show` call. It takes an `Explanation` and returns
markup; everything in the file is made of `Explanation.plain` and of the machine's drawing.
"""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from markovlens.explaining.table import headline, lines_of
from markovlens.files.whole import replacing

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Explanation

PACKAGE = "markovlens.explaining"


def page_of(explanation: Explanation, *, whole: bool = True) -> str:
    """Return the page of an explanation; without `whole` what a notebook shows of it."""
    template = _environment().get_template("page.html" if whole else "body.html")
    figure = explanation.draw()
    return template.render(
        title=headline(explanation),
        explanation=explanation,
        lines=lines_of(explanation),
        drawing=Markup(_svg(figure._repr_svg_())),  # type: ignore[attr-defined]
    )


def write_page(path: str | Path, explanation: Explanation) -> None:
    """Write the page of an explanation."""
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


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    running = None if shell is None else shell.get_ipython()
    return running is not None and "IPKernelApp" in running.config


def _svg(drawing: str) -> str:
    """Return a drawing without what stands before its element, which HTML does not know."""
    return drawing[drawing.index("<svg") :]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
