"""The report as one HTML page: templates, style and script that lie beside this file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from markovlens.figures.colours import METHOD_COLOURS
from markovlens.figures.style import method_name, model_name
from markovlens.figures.tables import ordered
from markovlens.report.content import Estimate, MethodScore, Network, Report
from markovlens.tables.table import Table

PACKAGE = "markovlens.report"
DASH, MINUS = "–", "−"
# Shades of a score: none up to the first, which a coin reaches, full at the second.
PALE, FULL = 0.5, 1.0


def render(report: Report) -> str:
    """Return the page; everything but captions and drawings, which are markup, is escaped."""
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "bytes": size_in_words,
        "code": with_code,
        "estimate": estimate,
        "href": quote,
        "interval": interval,
        "method": method_name,
        "model": model_name,
        "number": number,
        "p": p_value,
        "shade": shade,
    }
    script = asset("report.js")
    return environment.get_template("page.html").render(
        report=report,
        dictionary=tables_of(report),
        methods=methods_of(report.networks),
        style=Markup(asset("report.css")),
        script=Markup(script),
        script_hash=digest(script),
        tasks=list(dict.fromkeys(network.task for network in report.networks)),
        models=list(dict.fromkeys(network.model for network in report.networks)),
    )


@cache
def asset(name: str) -> str:
    """Return the text of a style or script file of the report."""
    return files(PACKAGE).joinpath("static", name).read_text(encoding="utf-8")


def digest(script: str) -> str:
    """Return what a content security policy knows a script by, so that no other may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def methods_of(networks: Iterable[Network]) -> list[str]:
    """Return the methods and floors of all networks in their usual order."""
    return ordered(
        (one.method for network in networks for one in network.methods if one.role != "ceiling"),
        METHOD_COLOURS,
    )


def tables_of(report: Report) -> tuple[Table, ...]:
    """Return the tables that the report links to, in the order in which it does."""
    links = [
        *(link for network in report.networks for link in network.links),
        *(link for study in report.studies for link in study.tables),
        *(link for s in report.studies for subject in s.subjects for link in subject.links),
        *report.tables,
    ]
    return tuple(dict.fromkeys(link.table for link in links if link.table is not None))


def number(value: float | None) -> str:
    """Return a value with three decimals, or four digits of a large one; a dash for none."""
    if value is None:
        return DASH
    text = f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return text.replace("-", MINUS)


def interval(one: Estimate) -> str:
    """Return the interval of an estimate in brackets; empty without one."""
    if one.low is None or one.high is None:
        return ""
    return f"[{number(one.low)}, {number(one.high)}]"


def estimate(one: Estimate) -> Markup:
    """Return a value with its interval, which a narrow page sets below it."""
    if one.value is None:
        return Markup("{}").format(DASH)
    return Markup('{} <span class="interval">{}</span>').format(number(one.value), interval(one))


def p_value(value: float | None) -> str:
    """Return a p-value as it is written in papers."""
    if value is None:
        return DASH
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0") if value < 1 else "1"


def shade(score: MethodScore) -> str:
    """Return how strongly a cell is coloured, 0 to 1 with two decimals."""
    value = score.fidelity.value
    share = 0.0 if value is None else (value - PALE) / (FULL - PALE)
    return f"{min(max(share, 0.0), 1.0):.2f}"


def with_code(text: str) -> Markup:
    """Return words in which names stand between backticks, these marked as names."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def size_in_words(n_bytes: int) -> str:
    """Return a number of bytes in a unit that suits it."""
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes < 1e6 else f"{n_bytes / 1e6:.1f} MB"
