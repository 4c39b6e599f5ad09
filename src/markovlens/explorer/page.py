"""The explorer as one HTML file: data, look and scripts inside, nothing asked of any server.

The libraries that it could have been drawn with were compared on 10^5 points and by their size
(docs/explorer.md has the numbers). Curves along time are drawn by uPlot 1.6.32 (MIT, 51 kB,
released all the time since 2019), which lies in `static/vendor` with its licence. It draws scatter
plots too slowly for an answer within 100 ms, as did every other library that was tried, so that the
embedding is set pixel by pixel by `static/embedding.js`. The graph is laid out by
`machines.layout`, as all drawings of machines are, so that it needs no library in the page.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from markovlens.arguments import check_kind, with_known_arguments
from markovlens.explaining.explanation import Explanation
from markovlens.explaining.page import HTML, page_of
from markovlens.explorer.payload import payload_of
from markovlens.files.whole import check_folder, replacing
from markovlens.report.page import asset as report_asset
from markovlens.report.page import digest

PACKAGE = "markovlens.explorer"
LIBRARY = "vendor/uPlot.iife.min.js"
STYLES = ("report.css", "vendor/uPlot.min.css", "explorer.css")
# In the order in which they use each other; each is a module of its own, joined to one here, since
# a page that is opened from a disk may load none.
MODULES = (
    "data.js", "spelling.js", "page.js", "selection.js", "graph.js", "embedding.js", "reading.js",
    "chart.js", "timeline.js", "cards.js", "prediction.js", "search.js", "main.js",
)  # fmt: skip


@with_known_arguments
def write_explorer(path: str | Path, explanation: Explanation) -> None:
    """Write the explorer of an explanation: one HTML file that needs no other and no network.

    Its views are linked: what is chosen in the graph of the machine, the embedding of the network's
    states, a sequence along time, the cards or a search is shown in all others. Without JavaScript
    it is the page that `Explanation.save` writes. The same explanation gives the same bytes.

    Args:
        path: where to write it; ends in .html.
        explanation: from `explain` or `load_explanation`.

    Raises:
        ConfigError: another ending of `path`.
        DataError: the network has changed since it was explained.
        StorageError: it cannot be written there.
    """
    check_kind(
        "explanation", explanation, Explanation, advice="give what `explain` returns, second"
    )
    check_folder(path, HTML)
    with replacing(path) as temporary:
        temporary.write_text(explorer_of(explanation), encoding="utf-8", newline="\n")


def explorer_of(explanation: Explanation) -> str:
    """Return the page of the explorer."""
    payload = payload_of(explanation)
    code = script()
    return environment().get_template("explorer.html").render(
        payload=payload,
        data=Markup(as_data(payload)),
        style=Markup("\n".join(map(_style, STYLES))),
        script=Markup(code),
        script_hash=digest(code),
        still=Markup(page_of(explanation, whole=False)),
    )  # fmt: skip


def as_data(payload: object) -> str:
    """Return JSON that no HTML parser takes for the end of its element."""
    text = json.dumps(payload, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def script() -> str:
    """Return the library and all modules as one script, which leaves no name outside of itself."""
    return "\n".join([_asset(LIBRARY), *(_joined(name) for name in MODULES)])


def _joined(name: str) -> str:
    """Return a module as a function that is called once and returns what the module exports."""
    text = _asset(name)
    imports = r"^import (\{[^}]*\}) from \"\./(\w+)\.js\";$"
    inside = re.sub(imports, r"const \1 = from_\2;", text, flags=re.MULTILINE)
    exported = ", ".join(re.findall(r"^export const (\w+)", text, flags=re.MULTILINE))
    inside = re.sub(r"^export ", "", inside, flags=re.MULTILINE)
    whole = f"(() => {{\n{inside}return {{ {exported} }};\n}})()"
    return f"const from_{name.removesuffix('.js')} = {whole};"


def _style(name: str) -> str:
    return report_asset(name) if name == "report.css" else _asset(name)


@cache
def _asset(name: str) -> str:
    return files(PACKAGE).joinpath("static", name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Return what fills the templates; all that is put into them is escaped."""
    return Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
