"""`show`: inline where a kernel runs, in the browser where none does.

IPython is no dependency; its shell is stood in for by what `show` asks of it. In a real kernel
(ipykernel 7, driven by nbclient) the cell has the page as `text/html`, which was looked at by hand.
"""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from markovlens.explaining import page

EXPLANATION = object()


@pytest.fixture
def opened(monkeypatch):
    """Return the pages that are opened in the browser, and write none."""
    found = []
    monkeypatch.setattr(page, "write_page", lambda path, what: Path(path).write_text("page"))
    monkeypatch.setattr("webbrowser.open", found.append)
    return found


def running(monkeypatch, config):
    """Be in IPython with a config, and return what it is told to display."""
    shown = []
    shell, display = ModuleType("IPython"), ModuleType("IPython.display")
    shell.get_ipython = lambda: None if config is None else SimpleNamespace(config=config)
    display.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_in_a_notebook_it_is_shown_inline(opened, monkeypatch):
    shown = running(monkeypatch, {"IPKernelApp": {}})
    page.show(EXPLANATION)
    assert (shown, opened) == ([EXPLANATION], [])


@pytest.mark.parametrize("config", [None, {"TerminalIPythonApp": {}}])
def test_where_ipython_has_no_notebook_the_page_is_opened(config, opened, monkeypatch):
    shown = running(monkeypatch, config)
    page.show(EXPLANATION)
    assert shown == []
    assert [url.startswith("file://") for url in opened] == [True]


def test_without_ipython_the_page_is_opened(opened, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    page.show(EXPLANATION)
    assert [url.rpartition("/")[2] for url in opened] == ["explanation.html"]
